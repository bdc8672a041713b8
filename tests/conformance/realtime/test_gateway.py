"""Realtime inside the gateway: REST commits fan out, and clients outlive a crash."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bdh.stack.tokens import Tokens
from tests.support.cluster import TestDatabase
from tests.support.gateway import TestGateway
from tests.support.python_client import start_python
from tests.support.realtime import POLICIES, Raw, sign

TELL = """
create function public.tell(p_user text) returns text language plpgsql security definer
set search_path = '' as $$
begin
    perform realtime.send('{"n": 1}', 'told', 'room:open');
    perform realtime.send('{"n": 2}', 'told', 'room:open');
    perform set_config('bdh.revoked', p_user, true);
    delete from public.members where who = p_user;
    return current_setting('bdh.sent');
end $$;
create table public.members (who text);
create policy member on realtime.messages for select to authenticated using (
    realtime.topic() = 'club' and exists (
        select 1 from public.members where who = (select auth.uid())::text));
notify pgrst, 'reload schema';
"""


@pytest.fixture
async def served(platform_database: TestDatabase, platform_gateway: TestGateway) -> TestGateway:
    connection = await platform_database.connect("postgres")
    await connection.execute(POLICIES)
    await connection.execute(TELL)
    return platform_gateway


def raw(gateway: TestGateway, version: int, token: str) -> Raw:
    return Raw(f"{gateway.url}/realtime/v1", version, token)


def read(path: Path) -> str:
    return path.read_text()


def call(gateway: TestGateway, function: str, **arguments: Any) -> Any:
    request = urllib.request.Request(
        f"{gateway.url}/rest/v1/rpc/{function}",
        json.dumps(arguments).encode(),
        {"apikey": gateway.secrets.secret_key, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


async def test_what_a_request_commits_is_fanned_out_without_notify(
    served: TestGateway, platform_database: TestDatabase, version: int
) -> None:
    heard: list[object] = []
    listener = await platform_database.connect("realtime_gateway")
    await listener.add_listener("realtime_messages", lambda *parts: heard.append(parts[-1]))
    user = "3f0f3c5e-0000-4000-8000-000000000001"
    await listener.execute("select 1")
    owner = await platform_database.connect("postgres")
    await owner.execute("insert into members values ($1)", user)
    token = sign(Tokens(served.secrets), user)
    async with raw(served, version, token) as client:
        assert (await client.join("room:open", {"private": True}))["status"] == "ok"
        assert (await client.join("club", {"private": True}))["status"] == "ok"
        ids = call(served, "tell", p_user=user).split(",")
        frames = [await client.take() for _ in range(4)]
        told = [frame.payload["meta"]["id"] for frame in frames if frame.event == "broadcast"]
        assert told == ids
        # The user whose rights the same request took away has lost the channel.
        ended = [frame.event for frame in frames if frame.topic == "realtime:club"]
        assert ended == ["system", "phx_close"]
    await listener.execute("select 1")
    assert heard == []


async def test_keys_are_not_logged(served: TestGateway) -> None:
    async with raw(served, 2, served.secrets.secret_key) as client:
        await client.silent()
    log = read(served.log)
    assert served.secrets.secret_key not in log


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_python_client_outlives_a_restart(
    served: TestGateway, sql_of: asyncpg.Connection, how: signal.Signals
) -> None:
    script = await start_python(
        """
        client = AsyncRealtimeClient(url, key, max_retries=1000, initial_backoff=0.1)
        heard, states = [], []
        channel = client.channel("room:open", {"config": {
            "broadcast": None, "presence": None, "private": True}})
        channel.on_broadcast("told", heard.append)
        await channel.subscribe(lambda state, error: states.append(state.value))
        report(states)
        await soon(lambda: states.count("SUBSCRIBED") == 2, 30)
        report(states)
        await soon(lambda: heard)
        await client.close()
        report(heard[0]["payload"]["n"])
        """,
        url=f"{served.url}/realtime/v1", key=served.secrets.secret_key,
    )  # fmt: skip
    assert await script.line() == ["SUBSCRIBED"]
    if how is signal.SIGKILL:
        served.kill()
        served.start()
    else:
        assert served.terminate() == 0
        served.start()
    assert await script.line() == ["SUBSCRIBED", "CHANNEL_ERROR", "SUBSCRIBED"]
    await sql_of.execute("select realtime.send('{\"n\": 7}', 'told', 'room:open')")
    assert await script.line() == 7
    await script.end()


@pytest.fixture
async def sql_of(platform_database: TestDatabase) -> asyncpg.Connection:
    return await platform_database.connect("postgres")
