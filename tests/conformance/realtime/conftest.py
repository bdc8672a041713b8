"""A Realtime server per test, over one database with the platform and a few policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.support.cluster import TestCluster, TestDatabase, run_aside
from tests.support.realtime import POLICIES, RealtimeServer


@pytest.fixture(scope="session")
def realtime_database(cluster: TestCluster) -> Iterator[TestDatabase]:
    """Shared by the tests: each has a server, so topics of its own, and leaves only messages."""
    database = cluster.clone("template_platform")

    async def add_policies() -> None:
        connection = await asyncpg.connect(database.address.dsn("postgres"))
        await connection.execute(POLICIES)
        await connection.close()

    run_aside(add_policies())
    yield database
    cluster.drop(database)


@pytest.fixture
async def realtime(realtime_database: TestDatabase) -> AsyncIterator[RealtimeServer]:
    """A server whose policies let any signed-in user read `room:…`."""
    async with RealtimeServer(realtime_database) as server:
        yield server


@pytest.fixture
async def sql(realtime_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A session as `postgres` that is not the gateway's, as psql would be."""
    connection = await asyncpg.connect(realtime_database.address.dsn("postgres"))
    yield connection
    await connection.close()


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)
