"""One call tells who does what, also in a large team."""

from __future__ import annotations

import time

import pytest

from tests.support.sql import Project, Refused, Sql


async def test_the_team_and_oneself(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend", human_name="Bob Smith")
    alice = await sql.workspace(project, "alice-frontend")
    await sql.seen(alice, "10 minutes")
    other = await sql.project("other")
    await sql.workspace(other, "eve-developer")

    status = await sql.call(bob, "team_status")

    assert [w["alias"] for w in status["workspaces"]] == ["alice-frontend", "bob-backend"]
    assert status["you"] == status["workspaces"][1]
    assert (status["you"]["claims"], status["you"]["locks"]) == ([], [])
    assert status["escalations"] == []
    counts = {key: status["counts"][key] for key in ("workspaces", "active", "idle", "offline")}
    assert counts == {"workspaces": 2, "active": 1, "idle": 1, "offline": 0}
    assert (await sql.call(project.owner, "team_status"))["you"] == project.owner.actor


async def test_a_limit_keeps_those_seen_last(sql: Sql, project: Project) -> None:
    for n in range(4):
        await sql.seen(await sql.workspace(project, f"agent{n}"), f"{n} minutes")

    status = await sql.call(project.owner, "team_status", limit=2)

    assert [w["alias"] for w in status["workspaces"]] == ["agent0", "agent1"]
    assert status["counts"]["workspaces"] == 4


async def test_500_workspaces_take_one_fast_call(sql: Sql, project: Project) -> None:
    await sql.execute(
        "with w as (insert into public.workspaces (project_id, repo_id, alias, role)"
        "   select $1, $2, 'agent' || n || '-developer', 'developer'"
        "   from generate_series(1, 500) as n returning id)"
        " insert into public.presence (workspace_id) select id from w",
        project.id, project.repo_id,
    )  # fmt: skip
    await sql.call(project.owner, "team_status")

    started = time.perf_counter()
    status = await sql.call(project.owner, "team_status")

    assert len(status["workspaces"]) == 500
    assert time.perf_counter() - started < 0.5


async def test_whoami_answers_every_signed_in_user(sql: Sql, project: Project) -> None:
    human = await sql.user("ada")
    nobody = await sql.call(human, "whoami")
    assert (nobody["actor"], nobody["project"], nobody["projects"]) == (None, None, [])

    one = await sql.call(human, "create_project", slug="one")
    me = await sql.call(human, "whoami")
    assert (me["actor"]["kind"], me["project"]["slug"]) == ("member", "one")
    assert me["member"]["email"] == "ada@example.com"

    await sql.call(human, "create_project", slug="two")
    several = await sql.call(human, "whoami")
    assert (several["actor"], [p["slug"] for p in several["projects"]]) == (None, ["one", "two"])
    me = await sql.call(human, "whoami", project_id=one["id"])
    assert me["project"]["slug"] == "one"
    with pytest.raises(Refused, match="project_required"):
        await sql.call(human, "team_status")
    with pytest.raises(Refused, match="not_member"):
        await sql.call(human, "whoami", project_id=project.id)


async def test_the_schema_version_is_public(sql: Sql) -> None:
    from tests.support.sql import ANONYMOUS

    version = await sql.call(ANONYMOUS, "schema_version")

    assert version["version"] >= 1
    assert version["min_client"].count(".") == 2
