"""The command line of today against the schema of another day."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bdh.cli.human import login_store
from tests.integration.messaging.conftest import Agent, Office, folder, office, session
from tests.support.cluster import TestCluster, TestDatabase, run_aside
from tests.support.gateway import TestGateway
from tests.support.shared_database import sql

__all__ = ["folder", "office", "sql"]


@contextmanager
def changed(cluster: TestCluster, change: Callable[..., Any]) -> Iterator[TestDatabase]:
    """A database whose schema is `change`d."""
    database = cluster.clone()

    async def apply() -> None:
        connection = await database.connect()
        try:
            await change(connection)
        finally:
            await connection.close()

    try:
        run_aside(apply())
        yield database
    finally:
        cluster.drop(database)


@pytest.fixture(scope="module")
def gateway(database: TestDatabase) -> Iterator[TestGateway]:
    with TestGateway(database) as gateway:
        yield gateway


@pytest.fixture
def alice(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Agent:
    """The workspace alice-dev, in whose terminal the project's owner is signed in too."""
    alice = office.agents["alice-dev"]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hidden = ("CLAUDE", "CODEX", "CURSOR", "GEMINI")
    kept = {name: value for name, value in alice.environment.items() if not name.startswith(hidden)}
    alice.environment = kept | {"XDG_CONFIG_HOME": os.environ["XDG_CONFIG_HOME"]}
    owner = session(office.gateway, office.project.owner)
    login_store(office.gateway.url).save(owner)
    return alice
