"""
Sixteen at once by every way in that is not the plain one: none leads past a limit.

The plain ones (join, register, accept, create) are in test_plans.py, invitations by e-mail in
test_invitations.py.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.sql.team.test_plans import outcomes
from tests.support.sql import Caller, Project, Sql

MANY = 16


@pytest.fixture
async def small(sql: Sql) -> Project:
    """A project on the free plan: 15 workspaces, 10 repos, 3 members, one project a human."""
    await sql.execute("update private.settings set value = '\"free\"' where key = 'default_plan'")
    return await sql.project("small", plan="free")


async def count(sql: Sql, table: str, project: Project) -> int:
    live = " and removed_at is null" if table == "workspaces" else ""
    query = f"select count(*) from public.{table} where project_id = $1{live}"
    return int(await sql.value(query, project.id))


async def test_siblings(sql: Sql, small: Project) -> None:
    """Each was promised a place while there was one left."""
    workspaces = [await sql.workspace(small) for _ in range(14)]
    tokens = [(await sql.call(workspaces[0], "add_sibling"))["token"] for _ in range(MANY)]
    users = [await sql.user(anonymous=True) for _ in range(MANY)]

    results = await sql.race(
        sql.call(user, "join_project", token=token)
        for user, token in zip(users, tokens, strict=True)
    )

    assert outcomes(results) == {"done": 1, "limit_exceeded": 15}
    assert await count(sql, "workspaces", small) == 15


async def test_siblings_and_guests_together(sql: Sql, small: Project) -> None:
    workspaces = [await sql.workspace(small) for _ in range(10)]
    invite = await sql.call(small.owner, "create_invite", uses=100)
    tokens = [invite["token"]] * 8
    tokens += [(await sql.call(workspaces[0], "add_sibling"))["token"] for _ in range(8)]
    users = [await sql.user(anonymous=True) for _ in tokens]

    results = await sql.race(
        sql.call(user, "join_project", token=token, repo_origin="example.com/acme/small")
        for user, token in zip(users, tokens, strict=True)
    )

    assert outcomes(results) == {"done": 5, "limit_exceeded": 11}
    assert await count(sql, "workspaces", small) == 15


async def test_repos_that_come_with_a_workspace(sql: Sql, small: Project) -> None:
    for n in range(7):
        await sql.repo(small.id, f"example.com/acme/old{n}")
    invite = await sql.call(small.owner, "create_invite", uses=100)
    users = [await sql.user(anonymous=True) for _ in range(MANY)]

    results = await sql.race(
        sql.call(user, "join_project", token=invite["token"], repo_origin=f"example.com/acme/{n}")
        for n, user in enumerate(users)
    )

    assert outcomes(results) == {"done": 2, "limit_exceeded": 14}
    assert await count(sql, "repos", small) == 10
    assert await count(sql, "workspaces", small) == 2


async def test_projects_that_are_handed_over(sql: Sql, small: Project) -> None:
    """Sixteen owners give theirs to one human, who may own one."""
    heir = await sql.user("heir")
    projects = [await sql.project(plan="free") for _ in range(MANY)]
    members = [await enrol(sql, one, heir) for one in projects]

    results = await sql.race(
        sql.call(one.owner, "transfer_ownership", member_id=member)
        for one, member in zip(projects, members, strict=True)
    )

    assert outcomes(results) == {"done": 1, "limit_exceeded": 15}
    owned = "select count(*) from public.members where user_id = $1 and role = 'owner'"
    assert await sql.value(owned, heir.user_id) == 1


async def test_projects_that_are_imported_and_made(sql: Sql, small: Project) -> None:
    human = await sql.user()

    results = await sql.race(
        sql.call(human, "create_project", slug=f"new{n}")
        if n % 2
        else sql.call(human, "begin_import", project=moved(f"moved{n}"))
        for n in range(MANY)
    )

    assert outcomes(results) == {"done": 1, "limit_exceeded": 15}


@pytest.mark.parametrize(("table", "limit"), [("repos", 10), ("workspaces", 15)])
async def test_rows_of_an_import(sql: Sql, small: Project, table: str, limit: int) -> None:
    """One too many of a batch, and none of it is stored."""
    human = await sql.user()
    project = await sql.call(human, "begin_import", project=moved("moved"))
    rows = [{"id": str(uuid4()), "origin": f"h/a/{n}"} for n in range(limit + 1)]

    [result] = await sql.race([
        sql.call(human, "import_rows", batch=0, table=table, rows=rows, project_id=project["id"])
    ])  # fmt: skip

    assert outcomes([result]) == {"limit_exceeded": 1}
    query = f"select count(*) from public.{table} where project_id::text = $1"
    assert await sql.value(query, project["id"]) == 0


def moved(slug: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "slug": slug, "name": slug, "prefix": "bd", "next_bead": 1,
        "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip


async def enrol(sql: Sql, project: Project, user: Caller) -> Any:
    return await sql.value(
        "insert into public.members (project_id, user_id, role, name)"
        " values ($1, $2, 'member', 'heir') returning id",
        project.id, user.user_id,
    )  # fmt: skip
