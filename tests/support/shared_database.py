"""
Fixtures for suites of many small tests: one database per module, emptied after each test.

A conftest imports both names. Emptying takes milliseconds, cloning a tenth of a second or more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.cluster import TestCluster, TestDatabase
from tests.support.sql import Sql

# All that tests make hangs off projects and users, but for these.
EMPTY = """
    update public.projects set created_by = null;
    delete from public.projects;
    delete from auth.users;
    delete from realtime.messages;
    delete from private.idempotency_keys;
    delete from private.attendance;
    delete from private.settings
    where key not in (
        'default_plan', 'log_generation', 'answer_secret', 'invite_secret', 'relay_token');
    update private.settings set value = '"self_hosted"' where key = 'default_plan';
"""


@pytest.fixture(scope="module")
def database(cluster: TestCluster) -> Iterator[TestDatabase]:
    """A database shared by the tests of one module."""
    database = cluster.clone()
    yield database
    cluster.drop(database)


@pytest.fixture
async def sql(database: TestDatabase) -> AsyncIterator[Sql]:
    """Users and calls on a database without projects and users."""
    sql = Sql(database)
    yield sql
    await sql.execute(EMPTY)
    await sql.close()
