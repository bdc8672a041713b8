"""
Two calls that meet halfway: whatever one holds and the other wants, nobody hears of a deadlock.

`held` stops a call in its middle at a lock that the test holds, so that each meeting is certain.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from tests.support.sql import Caller, Project, Refused, Sql

ORIGIN = "example.com/acme/acme"


@asynccontextmanager
async def held(sql: Sql, query: str, *args: Any) -> AsyncIterator[asyncpg.Transaction]:
    """A transaction of nobody's that has run the query; undone at the end at the latest."""
    async with (await sql.pool()).acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(query, *args)
        try:
            yield transaction
        finally:
            await transaction.rollback()


def advisory(sql: Sql, thing: object, number: int) -> Any:
    """Hold one of bdh's advisory locks."""
    query = f"select pg_advisory_xact_lock(hashtextextended('{thing}', {number}))"
    return held(sql, query)


async def test_a_removal_meets_a_reattachment(sql: Sql) -> None:
    """The one holds the workspace and wants its invites, the other its invite and the workspace."""
    project = await sql.project()
    alice = await sql.workspace(project, "alice-developer")
    await sql.call(alice, "reserve_paths", paths=["src/a.py"])
    token = (await sql.call(project.owner, "reattach_workspace", alias="alice"))["token"]
    newcomer = await sql.user(anonymous=True)

    async with advisory(sql, project.repo_id, 3):
        removal = sql.start(sql.call(project.owner, "remove_workspace", alias="alice"))
        await sql.until_blocked()
        joining = sql.start(sql.call(newcomer, "join_project", token=token))
        await sql.until_blocked(2)

    removed, joined = await sql.race([removal, joining])
    assert removed["removed_at"]
    assert isinstance(joined, Refused)
    assert joined.code == "invite_invalid"


async def test_a_leaving_member_meets_who_joins_by_its_invite(sql: Sql) -> None:
    """The one holds the member and wants its invites, the other the invite and its member."""
    project = await sql.project()
    member = await sql.member(project)
    token = (await sql.call(member, "create_invite"))["token"]
    newcomer = await sql.user(anonymous=True)

    async with advisory(sql, project.id, 2):
        joining = sql.start(
            sql.call(newcomer, "join_project", token=token, repo_origin=ORIGIN, alias="bob-dev")
        )
        await sql.until_blocked()
        removal = sql.start(sql.call(project.owner, "remove_member", member_id=member.id))
        await sql.until_blocked(2)

    joined, removed = await sql.race([joining, removal])
    assert joined["workspace"]["alias"] == "bob-dev"
    assert removed["removed"]


async def test_who_joins_with_a_new_repo_meets_who_joins_with_a_known_one(sql: Sql) -> None:
    """On a plan with limits: the one counts repos and picks an alias, the other counts after."""
    project = await sql.project(plan="free")
    first, second = [
        (await sql.call(project.owner, "create_invite"))["token"] for _ in range(2)
    ]  # fmt: skip
    one, other = [await sql.user(anonymous=True) for _ in range(2)]
    known = await sql.value("select origin from public.repos where id = $1", project.repo_id)

    new = (
        "insert into public.repos (project_id, origin, name) values ($1, 'example.com/a/new', 'n')"
    )
    async with held(sql, new, project.id):
        adding = sql.start(
            sql.call(one, "join_project", token=first, repo_origin="example.com/a/new")
        )
        await sql.until_blocked()
        joining = sql.start(sql.call(other, "join_project", token=second, repo_origin=known))
        await sql.until_blocked(2)

    outcomes = await sql.race([adding, joining])
    assert len({o["workspace"]["alias"] for o in outcomes}) == 2


async def test_the_same_join_twice_at_once_is_one_workspace(sql: Sql) -> None:
    project = await sql.project()
    token = (await sql.call(project.owner, "create_invite", uses=2))["token"]
    newcomer = await sql.user(anonymous=True)
    args = {"token": token, "repo_origin": ORIGIN}

    async with advisory(sql, project.id, 2):
        calls = [sql.start(sql.call(newcomer, "join_project", **args)) for _ in range(2)]
        await sql.until_blocked(2)

    first, second = await sql.race(calls)
    assert first == second
    left = await sql.value("select uses_left from public.invites where project_id = $1", project.id)
    assert left == 1


async def test_nobody_becomes_a_workspace_and_a_member_at_once(sql: Sql) -> None:
    project = await sql.project()
    token = (await sql.call(project.owner, "create_invite"))["token"]
    invited = (await sql.call(project.owner, "create_invite", kind="member"))["token"]
    human = await sql.user()

    async with advisory(sql, project.id, 2):
        joining = sql.start(sql.call(human, "join_project", token=token, repo_origin=ORIGIN))
        await sql.until_blocked()
        accepting = sql.start(sql.call(human, "accept_invite", token=invited))
        await sql.until_blocked(2)

    joined, accepted = await sql.race([joining, accepting])
    assert joined["workspace"]
    assert isinstance(accepted, Refused)
    assert accepted.code == "human_only"


async def test_a_reattachment_whose_answer_was_lost_is_asked_for_again(sql: Sql) -> None:
    project = await sql.project()
    await sql.workspace(project, "alice-developer")
    token = (await sql.call(project.owner, "reattach_workspace", alias="alice"))["token"]
    newcomer = await sql.user(anonymous=True)

    first = await sql.call(newcomer, "join_project", token=token)

    assert await sql.call(newcomer, "join_project", token=token) == first


@pytest.mark.parametrize("at_the_limit", [False, True])
async def test_the_same_new_repo_twice_at_once_is_one(sql: Sql, at_the_limit: bool) -> None:
    """Who had to wait for the last place finds the repo there, and needs no place."""
    project = await sql.project(plan="free")
    alice = await sql.workspace(project)
    if at_the_limit:
        for n in range(8):
            await sql.repo(project.id, f"example.com/a/{n}")

    async with advisory(sql, project.id, 6):
        calls = [
            sql.start(sql.call(alice, "register_repo", origin="example.com/a/new"))
            for _ in range(2)
        ]
        await sql.until_blocked(2)

    first, second = await sql.race(calls)
    assert first == second


async def locked_by(sql: Sql, project: Project, caller: Caller, path: str) -> list[dict[str, Any]]:
    return (await sql.call(caller, "reserve_paths", paths=[path]))["conflicts"]  # type: ignore[no-any-return]


async def test_a_repo_that_stops_telling_case_apart_meets_a_reservation(sql: Sql) -> None:
    """The path is folded as the repo is when it is written, not as it was when it was looked up."""
    project = await sql.project()
    alice, bob, carol = [
        await sql.workspace(project, f"{n}-dev") for n in ("alice", "bob", "carol")
    ]
    assert await locked_by(sql, project, carol, "src/Api.py") == []

    async with sql.acting(bob) as connection:
        await connection.fetchval(
            "select public.register_repo(origin, null, true) from public.repos where id = $1",
            project.repo_id,
        )
        reserving = sql.start(locked_by(sql, project, alice, "SRC/api.py"))
        await sql.until_blocked()

    [conflict] = await reserving
    assert conflict["holder"]["name"] == "carol-dev"


async def test_a_leaving_member_meets_the_removal_of_its_workspace(sql: Sql) -> None:
    """The one holds the workspace and wants the graph, the other the graph and the workspace."""
    project = await sql.project()
    member = await sql.member(project)
    alice = await sql.workspace(project, "alice-developer")
    own = "update public.workspaces set member_id = $2 where id = $1"
    await sql.execute(own, alice.id, member.id)

    async with held(sql, "select 1 from public.workspaces where id = $1 for update", alice.id):
        leaving = sql.start(sql.call(member, "leave_project"))
        await sql.until_blocked()
        removal = sql.start(sql.call(project.owner, "remove_workspace", alias="alice"))
        await sql.until_blocked(2)

    left, removed = await sql.race([leaving, removal])
    assert left["removed"]
    assert removed["removed_at"]


async def test_a_call_of_a_lost_session_does_not_outlive_its_workspace(sql: Sql) -> None:
    """While it waits its workspace is re-attached to another user, and then removed."""
    project = await sql.project()
    alice = await sql.workspace(project, "alice-developer")
    bead = await sql.call(alice, "create_bead", title="x")
    token = (await sql.call(project.owner, "reattach_workspace", alias="alice"))["token"]
    newcomer = await sql.user(anonymous=True)

    async with advisory(sql, project.id, 1):
        removal = sql.start(sql.call(project.owner, "remove_workspace", alias="alice"))
        await sql.until_blocked()
        claim = sql.start(sql.call(alice, "claim_bead", bead_id=bead["id"]))
        await sql.until_blocked(2)
        await sql.call(newcomer, "join_project", token=token)

    removed, late = await sql.race([removal, claim])
    assert removed["removed_at"]
    assert isinstance(late, Refused)
    assert late.code == "workspace_gone"
    assert await sql.value("select count(*) from public.claims where ended_at is null") == 0
