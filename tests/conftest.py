"""Fixtures every suite shares: a cluster per test process, a database or a gateway per test."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.cluster import TestCluster, TestDatabase
from tests.support.gateway import TestGateway

# A shell starts its background jobs deaf to it; so would be every command that is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster() -> Iterator[TestCluster]:
    """A Postgres cluster with the templates `template_platform` and `template_bdh`."""
    cluster = TestCluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
async def database(cluster: TestCluster) -> AsyncIterator[TestDatabase]:
    """A fresh database with platform and migrations."""
    database = cluster.clone("template_bdh")
    yield database
    await database.close()
    cluster.drop(database)


@pytest.fixture
async def platform_database(cluster: TestCluster) -> AsyncIterator[TestDatabase]:
    """A fresh database with the platform only, for tests that bring their own tables."""
    database = cluster.clone("template_platform")
    yield database
    await database.close()
    cluster.drop(database)


@pytest.fixture
def gateway(database: TestDatabase) -> Iterator[TestGateway]:
    """A gateway process over `database`."""
    with TestGateway(database) as gateway:
        yield gateway


@pytest.fixture
def platform_gateway(platform_database: TestDatabase) -> Iterator[TestGateway]:
    """A gateway process over `platform_database`."""
    with TestGateway(platform_database) as gateway:
        yield gateway
