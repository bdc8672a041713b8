"""A Realtime server over a database with the platform and a few policies."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.cluster import TestDatabase
from tests.support.realtime import POLICIES, RealtimeServer


@pytest.fixture
async def realtime(platform_database: TestDatabase) -> AsyncIterator[RealtimeServer]:
    """A server whose policies let any signed-in user read `room:…`."""
    connection = await platform_database.connect("postgres")
    await connection.execute(POLICIES)
    async with RealtimeServer(platform_database) as server:
        yield server
