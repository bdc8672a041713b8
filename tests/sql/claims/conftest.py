"""Two workspaces, beads, and knowing when a call waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Sql

__all__ = ["database", "sql"]


@pytest.fixture
async def alice(sql: Sql, project: Project) -> Caller:
    return await sql.workspace(project, "alice-frontend", human_name="Alice Ample")


@pytest.fixture
async def bob(sql: Sql, project: Project) -> Caller:
    return await sql.workspace(project, "bob-backend", human_name="Bob Smith")


async def bead(sql: Sql, caller: Caller, title: str = "work", **fields: Any) -> str:
    """The id of a new bead."""
    created = await sql.call(caller, "create_bead", title=title, **fields)
    return str(created["id"])


async def beads(sql: Sql, project: Project, count: int) -> list[str]:
    """Ids of many new beads, inserted at once."""
    rows = await sql.fetch(
        "insert into public.beads (project_id, id, title, priority)"
        " select $1, 'bd-' || n, 'bead ' || n, n % 5 from generate_series(1, $2::int) as n"
        " returning id",
        project.id, count,
    )  # fmt: skip
    await sql.execute(
        "update public.projects set next_bead = $2 where id = $1", project.id, count + 1
    )
    return [row["id"] for row in rows]


async def until_waiting(sql: Sql, call: Awaitable[Any], calls: int = 1) -> asyncio.Future[Any]:
    """`call` as a running task, once so many calls wait for a lock of somebody else."""
    task = asyncio.ensure_future(call)
    while not task.done():
        waiting = await sql.value(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        if waiting >= calls:
            break
        await asyncio.sleep(0.005)
    return task
