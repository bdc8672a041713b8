"""One gateway over a world of its own for all REST tests; what a test writes is put back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from bdh.stack.tokens import Tokens
from tests.support.cluster import TestCluster, run_aside
from tests.support.gateway import TestGateway

HERE = Path(__file__).parent
SEED = (HERE / "seed.sql").read_text()
ALICE = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class World:
    """A gateway with the tables of schema.sql, and the keys to it."""

    gateway: TestGateway
    tokens: Tokens

    @property
    def key(self) -> str:
        return self.gateway.secrets.publishable_key

    @property
    def secret_key(self) -> str:
        return self.gateway.secrets.secret_key

    def token(self, **claims: Any) -> str:
        return self.tokens.sign({"role": "authenticated", "sub": ALICE, **claims})

    def execute(self, sql: str, role: str = "postgres") -> None:
        """Run a script on the gateway's database."""
        run_aside(self._with_connection(role, lambda connection: connection.execute(sql)))

    def value(self, sql: str, role: str = "postgres") -> Any:
        """The first value of a query on the gateway's database."""
        return run_aside(self._with_connection(role, lambda each: each.fetchval(sql)))

    async def _with_connection(
        self, role: str, work: Callable[[asyncpg.Connection], Awaitable[Any]]
    ) -> Any:
        connection = await asyncpg.connect(self.gateway.database.address.dsn(role))
        try:
            return await work(connection)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def world(cluster: TestCluster) -> Iterator[World]:
    """The gateway, started once the tables are there."""
    database = cluster.clone("template_platform")
    gateway = TestGateway(database)
    world = World(gateway, Tokens(gateway.secrets))
    try:
        world.execute((HERE / "schema.sql").read_text())
        world.execute("insert into numbers select g, g::bigint * g from generate_series(1, 2500) g")
        world.execute("analyze numbers")
        world.execute(SEED)
        gateway.start()
        yield world
    finally:
        gateway.close()
        cluster.drop(database)


@pytest.fixture
def fresh_data(world: World) -> Iterator[None]:
    """For tests that write: the data is as it was again when they end."""
    yield
    world.execute(SEED)


@pytest.fixture
def anon(world: World) -> Iterator[httpx.Client]:
    """A client with the publishable key."""
    with httpx.Client(
        base_url=f"{world.gateway.url}/rest/v1", headers={"apikey": world.key}, timeout=20
    ) as client:
        yield client


@pytest.fixture
def alice(world: World) -> Iterator[httpx.Client]:
    """A client that is signed in."""
    headers = {"apikey": world.key, "authorization": f"Bearer {world.token()}"}
    with httpx.Client(base_url=f"{world.gateway.url}/rest/v1", headers=headers) as client:
        yield client


@pytest.fixture
def service(world: World) -> Iterator[httpx.Client]:
    """A client with the secret key."""
    with httpx.Client(
        base_url=f"{world.gateway.url}/rest/v1", headers={"apikey": world.secret_key}
    ) as client:
        yield client


Ids = Callable[[str], list[int]]


@pytest.fixture
def ids(anon: httpx.Client) -> Ids:
    """The ids of the tasks a query string finds, in the order they come."""

    def find(query: str) -> list[int]:
        response = anon.get(f"/tasks?select=id&{query}")
        assert response.status_code == 200, response.text
        return [row["id"] for row in response.json()]

    return find
