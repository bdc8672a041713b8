"""Humans among themselves."""

from __future__ import annotations

import pytest

from tests.support.sql import Project, Refused, Sql


async def test_an_invited_human_becomes_a_member(sql: Sql, project: Project) -> None:
    ada = await sql.user("ada")
    made = await sql.call(
        project.owner, "create_invite", kind="member", role="admin", email="Ada@Example.com"
    )

    with pytest.raises(Refused, match="invite_invalid"):
        await sql.call(await sql.user("eve"), "accept_invite", token=made["token"])
    with pytest.raises(Refused, match="human_only"):
        await sql.call(await sql.user(anonymous=True), "accept_invite", token=made["token"])
    accepted = await sql.call(ada, "accept_invite", token=made["token"], name="Ada L.")

    assert (accepted["role"], accepted["project"]["slug"]) == ("admin", "acme")
    members = (await sql.call(ada, "list_members"))["members"]
    assert [(m["name"], m["role"]) for m in members] == [
        ("owner-acme", "owner"), ("Ada L.", "admin"),
    ]  # fmt: skip


async def test_a_member_cannot_join_twice(sql: Sql, project: Project) -> None:
    made = await sql.call(project.owner, "create_invite", kind="member", uses=2)
    ada = await sql.user("ada")

    await sql.call(ada, "accept_invite", token=made["token"])
    with pytest.raises(Refused, match="conflict"):
        await sql.call(ada, "accept_invite", token=made["token"])


async def test_the_plan_limits_members(sql: Sql) -> None:
    project = await sql.project("small", plan="free")
    made = await sql.call(project.owner, "create_invite", kind="member", uses=5)
    users = [await sql.user() for _ in range(4)]

    outcomes = await sql.race(
        sql.call(user, "accept_invite", token=made["token"]) for user in users
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [r.code for r in refused] == ["limit_exceeded"] * 2


async def test_roles_are_the_owners_business(sql: Sql, project: Project) -> None:
    admin, member = await sql.member(project, "admin"), await sql.member(project)

    promoted = await sql.call(project.owner, "update_member", member_id=member.id, role="admin")
    assert promoted["role"] == "admin"
    with pytest.raises(Refused, match="role_required"):
        await sql.call(admin, "update_member", member_id=member.id, role="member")
    with pytest.raises(Refused, match="role_required"):
        await sql.call(admin, "remove_member", member_id=member.id)
    with pytest.raises(Refused, match="bad_role"):
        await sql.call(project.owner, "update_member", member_id=member.id, role="owner")
    with pytest.raises(Refused, match="conflict"):
        await sql.call(project.owner, "update_member", member_id=project.owner.id, role="member")


async def test_a_removed_member_is_a_stranger(sql: Sql, project: Project) -> None:
    admin, member = await sql.member(project, "admin"), await sql.member(project)
    made = await sql.call(member, "create_invite")
    bob = await sql.workspace(project, "bob-backend")
    await sql.execute(
        "update public.workspaces set member_id = $1 where id = $2", member.id, bob.id
    )

    removed = await sql.call(admin, "remove_member", member_id=member.id)

    assert (removed["removed"], removed["workspaces"]) == (True, ["bob-backend"])
    with pytest.raises(Refused, match="not_member"):
        await sql.call(member, "list_members", project_id=project.id)
    with pytest.raises(Refused, match="invite_invalid"):
        await sql.call(await sql.user(anonymous=True), "join_project", token=made["token"])


async def test_a_project_always_has_one_owner(sql: Sql, project: Project) -> None:
    ada = await sql.member(project)

    with pytest.raises(Refused, match="conflict"):
        await sql.call(project.owner, "leave_project")
    handed_over = await sql.call(project.owner, "transfer_ownership", member_id=ada.id)
    assert handed_over["role"] == "owner"
    assert (await sql.call(project.owner, "leave_project"))["removed"] is True
    roles = await sql.fetch("select role from public.members where project_id = $1", project.id)
    assert [row["role"] for row in roles] == ["owner"]


async def test_members_acting_on_each_other_do_not_deadlock(sql: Sql, project: Project) -> None:
    """Two owners-to-be at once: one transfer counts, the others are refused, nothing hangs."""
    people = [await sql.member(project, "admin") for _ in range(4)]
    for person in people:
        await sql.execute("update public.members set role = 'owner' where id = $1", person.id)

    await sql.race(
        sql.call(person, "transfer_ownership", member_id=other.id)
        for person in people for other in people if person is not other
    )  # fmt: skip

    owners = "select count(*) from public.members where project_id = $1 and role = 'owner'"
    assert await sql.value(owners, project.id) >= 1


async def test_strangers_members_are_not_found(sql: Sql, project: Project) -> None:
    other = await sql.project("other")

    for fn in ("update_member", "remove_member", "transfer_ownership"):
        args = {"role": "admin"} if fn == "update_member" else {}
        with pytest.raises(Refused, match="not_found"):
            await sql.call(project.owner, fn, member_id=other.owner.id, **args)
