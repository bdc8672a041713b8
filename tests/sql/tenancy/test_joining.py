"""Invites let workspaces and members in, exactly as often as they say."""

from __future__ import annotations

import pytest

from tests.support.sql import Caller, Project, Refused, Sql

ORIGIN = "git@Example.com:Acme/acme.git"


async def invite(sql: Sql, project: Project, **args: object) -> str:
    """A fresh token."""
    token = (await sql.call(project.owner, "create_invite", **args))["token"]
    assert isinstance(token, str)
    return token


async def newcomer(sql: Sql) -> Caller:
    return await sql.user(anonymous=True)


async def test_a_workspace_joins_and_is_somebody(sql: Sql, project: Project) -> None:
    token = await invite(sql, project)
    user = await newcomer(sql)

    joined = await sql.call(
        user, "join_project", token=token, repo_origin=ORIGIN, role="backend",
        human_name="Bob  Smith\n", hostname="laptop", path="/src/acme", branch="main", host="codex",
    )  # fmt: skip

    workspace = joined["workspace"]
    assert (workspace["alias"], workspace["short"]) == ("alice-backend", "alice")
    assert (workspace["human_name"], workspace["presence"]) == ("Bob Smith", "active")
    assert workspace["repo"]["origin"] == "example.com/acme/acme"
    assert workspace["repo"]["id"] == str(project.repo_id)
    assert joined["project"]["slug"] == "acme"
    me = await sql.call(user, "whoami")
    assert (me["workspace"], me["actor"]["name"]) == (workspace, "alice-backend")
    [event] = await sql.events(project, "workspace.joined")
    assert event["entity"] == {"type": "workspace", "id": workspace["id"]}


async def test_a_repeated_join_returns_the_same_workspace(sql: Sql, project: Project) -> None:
    token, user = await invite(sql, project), await newcomer(sql)

    first = await sql.call(user, "join_project", token=token, repo_origin=ORIGIN)
    assert await sql.call(user, "join_project", token=token, repo_origin=ORIGIN) == first

    with pytest.raises(Refused, match="conflict"):
        await sql.call(user, "join_project", token=await invite(sql, project), repo_origin=ORIGIN)


async def test_joiners_at_once_get_different_aliases(sql: Sql, project: Project) -> None:
    token = await invite(sql, project, uses=32)
    users = [await newcomer(sql) for _ in range(32)]

    outcomes = await sql.race(
        sql.call(user, "join_project", token=token, repo_origin=ORIGIN) for user in users
    )

    shorts = {outcome["workspace"]["short"] for outcome in outcomes}
    assert len(shorts) == 32
    assert "alice" in shorts


async def test_an_invite_with_one_use_has_one_winner(sql: Sql, project: Project) -> None:
    token = await invite(sql, project)
    users = [await newcomer(sql) for _ in range(16)]

    outcomes = await sql.race(
        sql.call(user, "join_project", token=token, repo_origin=ORIGIN) for user in users
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [(r.code, r.status) for r in refused] == [("invite_invalid", 403)] * 15
    assert await sql.value("select count(*) from public.workspaces") == 1


async def test_new_repos_are_found_by_any_form_of_their_origin(sql: Sql, project: Project) -> None:
    forms = [
        "https://user:secret@github.com/Acme/Web.git", "git@github.com:acme/web",
        "ssh://git@github.com:22/acme/web/", "github.com/acme/web?x=1",
    ]  # fmt: skip

    repos = [await sql.call(project.owner, "register_repo", origin=form) for form in forms]

    assert {repo["id"] for repo in repos} == {repos[0]["id"]}
    assert (repos[0]["origin"], repos[0]["name"]) == ("github.com/acme/web", "web")
    for nothing in ("", " \n", "https://", ".git"):
        with pytest.raises(Refused, match="bad_origin"):
            await sql.call(project.owner, "register_repo", origin=nothing)


async def test_an_invalid_invite_is_refused_without_a_reason(sql: Sql, project: Project) -> None:
    expired = await invite(sql, project)
    await sql.execute("update public.invites set expires_at = now() - interval '1 second'")
    revoked = await sql.call(project.owner, "create_invite")
    await sql.call(project.owner, "revoke_invite", invite_id=revoked["id"])
    for_a_member = await invite(sql, project, kind="member")

    messages = set()
    for token in (expired, revoked["token"], for_a_member, "bdhi_nonsense", "", None):
        with pytest.raises(Refused, match="invite_invalid") as refusal:
            await sql.call(await newcomer(sql), "join_project", token=token, repo_origin=ORIGIN)
        messages.add(refusal.value.message)
    assert len(messages) == 1


async def test_a_failed_join_takes_no_use(sql: Sql, project: Project) -> None:
    token, user = await invite(sql, project), await newcomer(sql)
    await sql.workspace(project, "bob-backend")

    for alias in ("Bob-Backend", "bob backend", "-"):
        with pytest.raises(Refused, match="alias_taken" if alias[0] == "B" else "bad_alias"):
            await sql.call(user, "join_project", token=token, repo_origin=ORIGIN, alias=alias)

    joined = await sql.call(user, "join_project", token=token, repo_origin=ORIGIN, alias="bob")
    assert (joined["workspace"]["alias"], joined["workspace"]["short"]) == ("bob", "bob")


async def test_an_invite_may_fix_the_role(sql: Sql, project: Project) -> None:
    token, user = await invite(sql, project, role="reviewer"), await newcomer(sql)

    with pytest.raises(Refused, match="role_required"):
        await sql.call(user, "join_project", token=token, repo_origin=ORIGIN, role="developer")
    joined = await sql.call(user, "join_project", token=token, repo_origin=ORIGIN)
    assert joined["workspace"]["alias"] == "alice-reviewer"


async def test_a_sibling_shares_repo_and_human(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend", human_name="Bob Smith")
    made = await sql.call(bob, "add_sibling", role="frontend")
    other = {"token": made["token"], "repo_origin": "example.com/acme/other"}

    with pytest.raises(Refused, match="wrong_repo"):
        await sql.call(await newcomer(sql), "join_project", **other)
    joined = await sql.call(
        await newcomer(sql), "join_project", token=made["token"], human_name="Eve"
    )

    workspace = joined["workspace"]
    assert (workspace["alias"], workspace["human_name"]) == ("alice-frontend", "Bob Smith")
    assert workspace["repo"]["id"] == str(project.repo_id)
    [event] = await sql.events(project, "workspace.joined")
    assert event["data"]["via"] == "sibling"
    assert event["data"]["invited_by"] == bob.actor
    with pytest.raises(Refused, match="invite_invalid"):
        await sql.call(await newcomer(sql), "join_project", token=made["token"])


async def test_siblings_can_be_switched_off(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")
    await sql.call(project.owner, "project_settings", changes={"allow_siblings": False})

    with pytest.raises(Refused, match="human_only"):
        await sql.call(bob, "add_sibling")


async def test_names_of_the_removed_are_reused_last(sql: Sql, project: Project) -> None:
    names = []
    for _ in range(3):
        token, user = await invite(sql, project), await newcomer(sql)
        joined = await sql.call(user, "join_project", token=token, repo_origin=ORIGIN)
        names.append(joined["workspace"]["short"])
        await sql.call(project.owner, "remove_workspace", alias=names[-1])

    assert names == ["alice", "bob", "carol"]


async def test_a_used_up_pool_goes_on_with_numbers(sql: Sql, project: Project) -> None:
    pool = await sql.value("select private.name_pool()")
    assert len(pool) == len(set(pool)) >= 60
    for name in pool:
        await sql.workspace(project, f"{name}-developer")

    token, user = await invite(sql, project), await newcomer(sql)
    joined = await sql.call(user, "join_project", token=token, repo_origin=ORIGIN)
    assert joined["workspace"]["alias"] == "alice2-developer"


async def test_a_plan_limits_workspaces_also_in_a_race(sql: Sql) -> None:
    project = await sql.project("small", plan="free")
    for _ in range(13):
        await sql.workspace(project)
    token = await invite(sql, project, uses=8)
    users = [await newcomer(sql) for _ in range(8)]

    outcomes = await sql.race(
        sql.call(user, "join_project", token=token, repo_origin="example.com/acme/small")
        for user in users
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [(r.code, r.status) for r in refused] == [("limit_exceeded", 402)] * 6
    assert refused[0].details == {"what": "workspaces", "limit": 15, "used": 15, "plan": "free"}


async def test_a_humans_sign_in_is_no_workspace(sql: Sql, project: Project) -> None:
    with pytest.raises(Refused, match="conflict"):
        await sql.call(
            project.owner, "join_project", token=await invite(sql, project), repo_origin=ORIGIN
        )


async def test_workspaces_do_not_invite(sql: Sql, project: Project) -> None:
    agent, member = await sql.workspace(project), await sql.member(project)

    with pytest.raises(Refused, match="human_only"):
        await sql.call(agent, "create_invite")
    with pytest.raises(Refused, match="role_required"):
        await sql.call(member, "create_invite", kind="member")
    assert (await sql.call(member, "create_invite"))["uses"] == 1


async def test_a_reattached_workspace_keeps_what_it_was(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend", human_name="Bob")
    token = (await sql.call(project.owner, "reattach_workspace", alias="bob"))["token"]
    user = await newcomer(sql)

    joined = await sql.call(user, "join_project", token=token, path="/new/place")

    assert (joined["workspace"]["id"], joined["workspace"]["alias"]) == (str(bob.id), "bob-backend")
    assert joined["workspace"]["path"] == "/new/place"
    assert (await sql.call(user, "whoami"))["workspace"]["id"] == str(bob.id)
    with pytest.raises(Refused, match="not_member"):
        await sql.call(bob, "heartbeat")
