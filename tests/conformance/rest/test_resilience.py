"""Restarts of Postgres, changes of the schema, broken connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bdh.stack.tokens import Tokens
from tests.conformance.rest.conftest import World
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway

TABLE = """
create table things (id int primary key);
create function slow_write(seconds float) returns int language plpgsql as $$
begin
    insert into things values (1);
    perform pg_sleep(seconds);
    return 1;
end $$;
create function slow_read(seconds float) returns int language plpgsql stable as $$
begin
    perform pg_sleep(seconds);
    return 1;
end $$;
"""


SLEEPING = """
select pid from pg_stat_activity
where usename = 'authenticator' and wait_event = 'PgSleep' and datname = current_database()
"""


@pytest.fixture
def own(platform_gateway: TestGateway) -> World:
    """A gateway that a test may break."""
    own = World(platform_gateway, Tokens(platform_gateway.secrets))
    own.execute(TABLE)
    return own


@pytest.fixture
def client(own: World) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{own.gateway.url}/rest/v1", headers={"apikey": own.key}, timeout=20
    ) as client:
        eventually(lambda: client.get("/things").status_code == 200)
        yield client


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


def break_call(own: World, client: httpx.Client, function: str, seconds: float) -> httpx.Response:
    """The answer to a call whose server process is ended while it sleeps."""
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.post, f"/rpc/{function}", json={"seconds": seconds})
        pid = eventually(lambda: own.value(SLEEPING, "supabase_admin"))
        own.execute(f"select pg_terminate_backend({pid})", "supabase_admin")
        return call.result()


def test_the_schema_follows_ddl(own: World, client: httpx.Client) -> None:
    own.execute("alter table things add column color text")
    eventually(lambda: client.get("/things?select=color").status_code == 200)
    own.execute("create function f() returns int language sql as 'select 1'")
    eventually(lambda: client.post("/rpc/f").status_code == 200)
    own.execute("drop function f()")
    eventually(lambda: client.post("/rpc/f").status_code == 404)
    own.execute("notify pgrst, 'reload schema'")
    assert client.get("/things").status_code == 200


def test_requests_wait_for_a_restart_of_postgres(
    cluster: TestCluster, client: httpx.Client
) -> None:
    assert client.get("/things").status_code == 200
    cluster.kill()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.get, "/things") for _ in range(8)]
        cluster.restart()
        assert [answer.result().status_code for answer in answers] == [200] * 8
    assert client.post("/things", json={"id": 5}).status_code == 201


def test_without_postgres_the_answer_is_503_in_time(
    cluster: TestCluster, client: httpx.Client
) -> None:
    cluster.kill()
    try:
        started = time.monotonic()
        response = client.get("/things")
        assert response.status_code == 503
        assert response.json()["code"] == "PGRST000"
        assert int(response.headers["retry-after"]) > 0
        assert 3 < time.monotonic() - started < 12
    finally:
        cluster.restart()
    eventually(lambda: client.get("/things").status_code == 200)


def test_a_write_whose_connection_breaks_is_not_repeated(own: World, client: httpx.Client) -> None:
    answer = break_call(own, client, "slow_write", 20)
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert client.get("/things").json() == []


def test_a_read_whose_connection_breaks_is_repeated(own: World, client: httpx.Client) -> None:
    answer = break_call(own, client, "slow_read", 0.8)
    assert (answer.status_code, answer.json()) == (200, 1)


def test_more_requests_than_connections_all_get_an_answer(client: httpx.Client) -> None:
    with ThreadPoolExecutor(40) as pool:
        calls = [
            pool.submit(client.post, "/rpc/slow_read", json={"seconds": 0.05}) for _ in range(80)
        ]
        assert {call.result().status_code for call in calls} == {200}


def test_the_process_ends_cleanly(platform_gateway: TestGateway) -> None:
    started = time.monotonic()
    assert platform_gateway.terminate() == 0
    assert time.monotonic() - started < 4
