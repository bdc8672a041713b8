"""
One database for all tests of a module, emptied after each: a clone for every test costs more.

A conftest.py imports both fixtures to use them in its folder.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bdh.stack.postgres import SUPERUSER
from tests.support.cluster import TestCluster, TestDatabase

EMPTY = """
delete from public.projects;
delete from auth.users;
delete from realtime.messages;
delete from private.api_calls;
delete from private.idempotency_keys;
"""


@pytest.fixture(scope="module")
def module_database(cluster: TestCluster) -> Iterator[TestDatabase]:
    """The module's database; tests ask for `database`."""
    database = cluster.clone("template_bdh")
    yield database
    cluster.drop(database)


@pytest.fixture
async def database(module_database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """The module's database without projects and users."""
    yield module_database
    await module_database.close()
    connection = await module_database.connect(SUPERUSER)
    # Whatever a failed test left open must not hold the next one up.
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await connection.execute(EMPTY)
    await connection.close()
