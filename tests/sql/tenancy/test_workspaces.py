"""Workspaces: presence, what they say of themselves, removal."""

from __future__ import annotations

import pytest

from tests.support.sql import Project, Refused, Sql


async def test_presence_follows_the_time_last_heard_of(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")

    for ago, presence in (
        ("4 minutes", "active"),
        ("6 minutes", "idle"),
        ("31 minutes", "offline"),
    ):
        await sql.seen(bob, ago)
        [listed] = (await sql.call(project.owner, "list_workspaces"))["workspaces"]
        assert listed["presence"] == presence

    await sql.call(bob, "heartbeat")
    assert (await sql.call(bob, "whoami"))["workspace"]["presence"] == "active"


async def test_presence_is_written_at_most_every_five_seconds(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project)
    version = "select xmin::text from public.presence"

    before = await sql.value(version)
    await sql.call(bob, "heartbeat")
    assert await sql.value(version) == before
    await sql.seen(bob, "6 seconds")
    before = await sql.value(version)
    await sql.call(bob, "heartbeat")
    assert await sql.value(version) != before


async def test_calls_of_one_workspace_do_not_wait_for_each_other(
    sql: Sql, project: Project
) -> None:
    bob = await sql.workspace(project)
    await sql.seen(bob, "1 minute")

    async with sql.acting(bob) as connection:
        await connection.fetchval("select public.heartbeat()")
        await connection.execute("set local lock_timeout = '2s'")
        assert (await sql.call(bob, "heartbeat"))["renewed_locks"] == 0


async def test_a_workspace_describes_itself(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")
    secret = "ghp_" + "a" * 36

    said = await sql.call(bob, "update_workspace", branch="main", focus=f"use {secret}", path="/a")
    assert (said["branch"], said["path"]) == ("main", "/a")
    assert said["focus"] == "use [secret removed by bdh]"
    said = await sql.call(bob, "update_workspace", focus="")
    assert (said["branch"], said["focus"]) == ("main", None)
    await sql.call(bob, "heartbeat", branch="topic", host="cursor")
    workspace = (await sql.call(bob, "whoami"))["workspace"]
    assert (workspace["branch"], workspace["host"]) == ("topic", "cursor")
    for fn in ("update_workspace", "heartbeat"):
        with pytest.raises(Refused, match="workspace_only"):
            await sql.call(project.owner, fn)


async def test_a_removed_workspace_is_gone_for_ever(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")
    sibling = await sql.call(bob, "add_sibling")

    removed = await sql.call(project.owner, "remove_workspace", alias="bob")

    assert removed["removed_at"] is not None
    for fn in ("whoami", "heartbeat", "team_status", "list_workspaces"):
        with pytest.raises(Refused, match="workspace_gone") as refusal:
            await sql.call(bob, fn)
        assert refusal.value.status == 410
    assert await sql.rows(bob, "select * from public.projects") == []
    with pytest.raises(Refused, match="invite_invalid"):
        await sql.call(await sql.user(anonymous=True), "join_project", token=sibling["token"])
    [event] = await sql.events(project, "workspace.removed")
    assert event["actor"] == project.owner.actor
    assert event["data"]["alias"] == "bob-backend"
    listed = await sql.call(project.owner, "list_workspaces", include_removed=True)
    assert [w["presence"] for w in listed["workspaces"]] == ["offline"]


async def test_the_alias_of_a_removed_workspace_is_free(sql: Sql, project: Project) -> None:
    await sql.workspace(project, "bob-backend")
    await sql.call(project.owner, "remove_workspace", alias="bob-backend")

    await sql.workspace(project, "bob-backend")


async def test_only_humans_remove_and_reattach(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")

    for fn in ("remove_workspace", "reattach_workspace"):
        with pytest.raises(Refused, match="human_only"):
            await sql.call(bob, fn, alias="bob-backend")
        with pytest.raises(Refused, match="not_found"):
            await sql.call(project.owner, fn, alias="nobody")


async def test_aliases_are_found_by_an_unambiguous_part(sql: Sql, project: Project) -> None:
    await sql.workspace(project, "bob-backend")
    await sql.workspace(project, "bob-backend-two")
    await sql.workspace(project, "bobby")
    await sql.workspace(project, "carol-front-end")
    shorts = {
        w["alias"]: w["short"]
        for w in (await sql.call(project.owner, "list_workspaces"))["workspaces"]
    }

    assert shorts == {
        "bob-backend": "bob-backend", "bob-backend-two": "bob-backend-two",
        "bobby": "bobby", "carol-front-end": "carol",
    }  # fmt: skip
    for alias, short in shorts.items():
        work = await sql.value("select id from public.workspaces where alias = $1", alias)
        assert await sql.value("select private.short_alias($1)", work) == short
        for text in (alias, short, f" {alias.upper()} "):
            found = "select (private.resolve_alias($1, $2)).alias"
            assert await sql.value(found, project.id, text) == alias
    with pytest.raises(Refused, match="ambiguous_alias") as refusal:
        await sql.call(project.owner, "remove_workspace", alias="bob")
    assert refusal.value.details == {"candidates": ["bob-backend", "bob-backend-two"]}


async def test_listings_page_by_alias(sql: Sql, project: Project) -> None:
    for n in range(7):
        await sql.workspace(project, f"agent{n}-developer")

    seen: list[str] = []
    cursor = None
    while True:
        page = await sql.call(project.owner, "list_workspaces", limit=3, cursor=cursor)
        seen += [w["alias"] for w in page["workspaces"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [f"agent{n}-developer" for n in range(7)]


async def test_a_workspace_removed_meanwhile_claims_nothing(sql: Sql, project: Project) -> None:
    """It was let in, waited for the graph's lock that its removal held, and was gone."""
    bob = await sql.workspace(project, "bob-backend")
    bead = await sql.call(project.owner, "create_bead", title="work")

    async with sql.acting(project.owner) as connection:
        await connection.fetchval("select public.remove_workspace('bob')")
        claiming = sql.start(sql.call(bob, "claim_bead", bead_id=bead["id"]))
        await sql.until_blocked()

    with pytest.raises(Refused, match="workspace_gone"):
        await claiming
    assert await sql.value("select count(*) from public.claims") == 0
