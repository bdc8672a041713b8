"""The database as its users call it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.cluster import TestDatabase
from tests.support.sql import Project, Sql


@pytest.fixture
async def sql(database: TestDatabase) -> AsyncIterator[Sql]:
    """Users and calls on a fresh database."""
    sql = Sql(database)
    yield sql
    await sql.close()


@pytest.fixture
async def project(sql: Sql) -> Project:
    """A project with an owner and one repo."""
    return await sql.project("acme")
