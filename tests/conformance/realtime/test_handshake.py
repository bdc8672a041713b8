"""realtime.md 1.1: the endpoint, its query, and handshakes that fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bdh.stack.realtime import Limits
from tests.support.cluster import TestDatabase
from tests.support.realtime import Raw, RealtimeServer


async def refused(url: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught:
        await connect(url.replace("http", "ws", 1), proxy=None, **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}").get("error", "")


@pytest.mark.parametrize("prefix", ["/realtime/v1/websocket", "/socket/websocket"])
async def test_both_prefixes_are_served(realtime: RealtimeServer, prefix: str) -> None:
    root = realtime.url.removesuffix("/realtime/v1")
    async with Raw(root, 2, realtime.secrets.publishable_key, prefix) as client:
        await client.silent()


async def test_keys_and_tokens_are_accepted(realtime: RealtimeServer, version: int) -> None:
    for key in (realtime.secrets.publishable_key, realtime.secrets.secret_key, realtime.token()):
        async with realtime.raw(version, key) as client:
            assert (await client.join("x"))["status"] == "ok"


async def test_version_1_is_the_default_and_unknown_parameters_are_ignored(
    realtime: RealtimeServer,
) -> None:
    key = realtime.secrets.publishable_key
    url = f"{realtime.url}/websocket?apikey={key}&log_level=info&x=1".replace("http", "ws", 1)
    async with connect(url, proxy=None) as socket:
        await socket.send('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"7"}')
        assert json.loads(await socket.recv()) == {
            "topic": "phoenix", "event": "phx_reply", "ref": "7",
            "payload": {"status": "ok", "response": {}},
        }  # fmt: skip


async def test_a_header_wins_over_the_query(realtime: RealtimeServer) -> None:
    header = {"x-api-key": realtime.secrets.publishable_key}
    url = f"{realtime.url}/websocket?apikey=nonsense".replace("http", "ws", 1)
    async with connect(url, proxy=None, additional_headers=header):
        pass


async def test_nothing_is_compressed(realtime: RealtimeServer) -> None:
    async with realtime.raw(2) as client:
        assert "Sec-WebSocket-Extensions" not in client.socket.response.headers


async def test_bad_keys_are_told_why(realtime: RealtimeServer) -> None:
    base = f"{realtime.url}/websocket"
    sign = realtime.tokens.sign
    late = realtime.token(seconds=-60)
    assert await refused(base) == (401, "API key is missing")
    assert (await refused(f"{base}?apikey=sb_publishable_other"))[0] == 401
    assert await refused(f"{base}?apikey=abc") == (401, "The token provided is not a valid JWT")
    assert (await refused(f"{base}?apikey={late}"))[1].startswith("Token has expired 60 seconds")
    fields = "Fields `role` and `exp` are required in JWT"
    for claims in ({"role": "anon"}, {"exp": 9_999_999_999}, {"role": 1, "exp": 9_999_999_999}):
        assert await refused(f"{base}?apikey={sign(claims)}") == (401, fields)
    forged = realtime.token()[:-4] + "AAAA"
    assert await refused(f"{base}?apikey={forged}") == (401, "Failed to validate JWT signature")


async def test_a_cap_on_sockets_is_answered_with_429(realtime_database: TestDatabase) -> None:
    async with RealtimeServer(realtime_database, Limits(max_sockets=1)) as server:
        key = server.secrets.publishable_key
        async with server.raw(1):
            answer = await refused(f"{server.url}/websocket?apikey={key}")
            assert answer == (429, "Too many connected users")


async def test_other_paths_are_refused(realtime: RealtimeServer) -> None:
    key = realtime.secrets.publishable_key
    assert (await refused(f"{realtime.url}/other?apikey={key}"))[0] == 403


async def test_pings_are_answered(realtime: RealtimeServer) -> None:
    async with realtime.raw(2) as client:
        await (await client.socket.ping())
