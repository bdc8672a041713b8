"""What humans do to a project is in its log: one event each, with who and what, never a secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sql import Caller, Project, Refused, Sql


class Log:
    """The project's events since the test began."""

    def __init__(self, sql: Sql, project: Project) -> None:
        self.sql, self.project, self._seen = sql, project, 0

    async def new(self) -> list[dict[str, Any]]:
        """Events since the last look."""
        events = await self.sql.events(self.project)
        fresh, self._seen = events[self._seen :], len(events)
        return fresh

    async def one(self, type: str, actor: Caller) -> dict[str, Any]:
        """The data of the only new event, which is of this type and actor."""
        [event] = await self.new()
        assert (event["type"], event["actor"]) == (type, actor.actor)
        data: dict[str, Any] = event["data"]
        return data


@pytest.fixture
async def log(sql: Sql, project: Project) -> Log:
    found = Log(sql, project)
    await found.new()
    return found


async def test_settings_say_what_changed(sql: Sql, project: Project, log: Log) -> None:
    changes = {"guard_mode": "block", "allow_siblings": True}
    await sql.call(project.owner, "project_settings", changes=changes)

    data = await log.one("project.updated", project.owner)
    assert data == {"settings": {"guard_mode": {"from": "warn", "to": "block"}}}
    await sql.call(project.owner, "project_settings", changes=changes)
    await sql.call(project.owner, "project_settings")
    assert await log.new() == []


async def test_a_members_role(sql: Sql, project: Project, log: Log) -> None:
    ada = await sql.member(project, name="Ada")
    for _ in range(2):
        await sql.call(project.owner, "update_member", member_id=ada.id, role="admin")

    data = await log.one("member.role_changed", project.owner)
    assert data == {"name": "Ada", "from": "member", "to": "admin"}


async def test_handing_over(sql: Sql, project: Project, log: Log) -> None:
    ada = await sql.member(project, name="Ada")
    await sql.call(project.owner, "transfer_ownership", member_id=project.owner.id)
    assert await log.new() == []
    await sql.call(project.owner, "transfer_ownership", member_id=ada.id)

    data = await log.one("project.transferred", project.owner)
    assert data == {"from": project.owner.actor, "to": ada.actor}


async def test_who_is_removed_and_who_leaves(sql: Sql, project: Project, log: Log) -> None:
    ada, ben = await sql.member(project, name="Ada"), await sql.member(project, name="Ben")
    await sql.call(ada, "create_invite")
    await log.new()

    await sql.call(project.owner, "remove_member", member_id=ada.id)
    data = await log.one("member.removed", project.owner)
    assert data == {"name": "Ada", "role": "member", "left": False, "invites_revoked": 1}
    await sql.call(ben, "leave_project")
    assert (await log.one("member.removed", ben))["left"] is True


async def test_a_humans_invitation_from_first_to_last(sql: Sql, project: Project, log: Log) -> None:
    owner = project.owner
    args = {"kind": "member", "role": "admin", "email": "ada@example.com"}
    made = await sql.call(owner, "create_invite", **args)
    data = await log.one("invite.created", owner)
    assert {key: data[key] for key in args} == args
    await sql.call(owner, "resend_invite", invite_id=made["id"])
    await log.one("invite.resent", owner)
    await sql.call(owner, "revoke_invite", invite_id=made["id"])
    await log.one("invite.revoked", owner)

    ada = await sql.user("ada")
    made = await sql.call(owner, "create_invite", **args)
    await log.new()
    await sql.call(ada, "accept_invite", token=made["token"], name="Ada")
    [event] = await log.new()
    assert (event["type"], event["actor"]["name"]) == ("member.joined", "Ada")
    assert event["data"]["invited_by"] == owner.actor
    assert event["entity"] == {"type": "member", "id": event["actor"]["id"]}


async def test_workspaces_are_let_in_and_reattached(sql: Sql, project: Project, log: Log) -> None:
    owner = project.owner
    made = await sql.call(owner, "create_invite", role="ops", uses=2)
    data = await log.one("invite.created", owner)
    assert (data["kind"], data["role"], data["uses"]) == ("workspace", "ops", 2)
    agent = await sql.user(anonymous=True)
    joined = await sql.call(agent, "join_project", token=made["token"], repo_origin="h/a/b")
    [event] = await log.new()
    assert (event["type"], event["data"]["invited_by"]) == ("workspace.joined", owner.actor)

    alias = joined["workspace"]["alias"]
    again = await sql.call(owner, "reattach_workspace", alias=alias)
    data = await log.one("invite.created", owner)
    assert (data["kind"], data["alias"]) == ("reattach", alias)
    await sql.call(await sql.user(anonymous=True), "join_project", token=again["token"])
    [event] = await log.new()
    assert (event["type"], event["data"]["via"]) == ("workspace.joined", "reattach")


async def test_what_a_human_takes_from_an_agent(sql: Sql, project: Project, log: Log) -> None:
    alice = await sql.workspace(project, "alice-dev")
    bead = await sql.call(alice, "create_bead", title="Parser")
    await sql.call(alice, "claim_bead", bead_id=bead["id"])
    await sql.call(alice, "reserve_paths", paths=["a.py"])
    await log.new()

    reason = {"for_alias": "alice", "reason": "away"}
    await sql.call(project.owner, "release_bead", bead_id=bead["id"], **reason)
    events = {event["type"]: event for event in await log.new()}
    assert events["claim.released"]["actor"] == project.owner.actor
    await sql.call(project.owner, "release_paths", paths=["a.py"], for_alias="alice",
                   repo_id=project.repo_id)  # fmt: skip
    await log.one("lock.released", project.owner)


async def test_messages_given_up_and_tried_again(sql: Sql, project: Project, log: Log) -> None:
    owner, alice = project.owner, await sql.workspace(project, "alice-dev")
    await sql.call(owner, "set_channel", type="ntfy", address="https://ntfy.sh/secret-topic")
    await sql.call(alice, "escalate", subject="What?", situation="So")
    await sql.execute("update private.outbox set attempts = 8 where status = 'pending'")
    await log.new()

    await sql.value("select public.lease_outbox()")
    [event] = await log.new()
    assert (event["type"], event["actor"]["kind"]) == ("delivery.parked", "system")
    assert event["data"]["recipient"] == owner.actor
    assert "secret-topic" not in str(event)
    for _ in range(2):
        await sql.call(owner, "retry_outbox")
    assert await log.one("delivery.retried", owner) == {"count": 1, "ids": [event["entity"]["id"]]}


async def test_a_plan(sql: Sql, project: Project, log: Log) -> None:
    await sql.value("select public.change_plan($1, 'pro')", project.id)

    [event] = await log.new()
    assert (event["type"], event["data"]) == (
        "plan.changed", {"from": "self_hosted", "to": "pro"},
    )  # fmt: skip


async def test_what_is_refused_leaves_no_trace(sql: Sql, project: Project, log: Log) -> None:
    member, alice = await sql.member(project), await sql.workspace(project, "alice-dev")
    invite = await sql.call(project.owner, "create_invite", kind="member", email="a@b.c")
    stranger = await sql.user()
    await log.new()
    tries: list[tuple[Caller, str, dict[str, Any]]] = [
        (alice, "project_settings", {"changes": {"guard_mode": "off"}}),
        (member, "project_settings", {"changes": {"guard_mode": "off"}}),
        (project.owner, "project_settings", {"changes": {"guard_mode": "odd"}}),
        (member, "update_member", {"member_id": member.id, "role": "admin"}),
        (member, "remove_member", {"member_id": project.owner.id}),
        (member, "transfer_ownership", {"member_id": member.id}),
        (project.owner, "leave_project", {}),
        (alice, "create_invite", {}),
        (member, "revoke_invite", {"invite_id": invite["id"]}),
        (member, "resend_invite", {"invite_id": invite["id"]}),
        (stranger, "accept_invite", {"token": invite["token"]}),
        (alice, "reattach_workspace", {"alias": "alice"}),
        (alice, "remove_workspace", {"alias": "alice"}),
        (alice, "retry_outbox", {}),
    ]

    for caller, fn, args in tries:
        with pytest.raises(Refused):
            await sql.call(caller, fn, **args)

    assert await log.new() == []


async def test_the_project_sees_them_and_nobody_else(sql: Sql, project: Project) -> None:
    other = await sql.project()
    alice = await sql.workspace(project, "alice-dev")
    await sql.call(project.owner, "project_settings", changes={"guard_mode": "off"})
    await sql.call(project.owner, "create_invite")

    for caller, count in ((alice, 2), (project.owner, 2), (other.owner, 0)):
        rows = await sql.rows(
            caller, "select type from public.events where project_id = $1", project.id
        )
        assert len(rows) == count
        if caller is not other.owner:
            listed = (await sql.call(caller, "list_events"))["events"]
            assert [one["type"] for one in listed] == ["project.updated", "invite.created"]
