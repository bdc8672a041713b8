"""Two workspaces and short ways to make beads."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Sql

__all__ = ["database", "sql"]


class MakeBead(Protocol):
    async def __call__(self, title: str = "work", **fields: Any) -> str: ...


@pytest.fixture
async def alice(sql: Sql, project: Project) -> Caller:
    return await sql.workspace(project, "alice-frontend", human_name="Alice Ample")


@pytest.fixture
async def bob(sql: Sql, project: Project) -> Caller:
    return await sql.workspace(project, "bob-backend", human_name="Bob Smith")


@pytest.fixture
def make(sql: Sql, alice: Caller) -> MakeBead:
    """`await make("title", **fields)` is the id of a new bead by alice."""

    async def make(title: str = "work", **fields: Any) -> str:
        created = await sql.call(alice, "create_bead", title=title, **fields)
        return str(created["id"])

    return make
