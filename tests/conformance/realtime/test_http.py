"""realtime.md 1.11: broadcasting over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bdh.stack.realtime import Limits
from tests.support.cluster import TestDatabase
from tests.support.realtime import RealtimeServer

HELLO = {"topic": "x", "event": "hello", "payload": {"n": 1}}


@pytest.fixture
async def http(realtime: RealtimeServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"apikey": realtime.secrets.publishable_key}
    async with httpx.AsyncClient(base_url=realtime.url, headers=headers) as client:
        yield client


def batch(*messages: Any) -> dict[str, Any]:
    return {"messages": list(messages)}


async def test_a_batch_reaches_both_versions_as_text(
    realtime: RealtimeServer, http: httpx.AsyncClient, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("x")
        id_ = "8d5b8a7e-4f0b-4f0e-9d8a-111111111111"
        answer = await http.post("/api/broadcast", json=batch(HELLO, {**HELLO, "id": id_}))
        assert (answer.status_code, answer.content) == (202, b"")
        first, second = await client.take(), await client.take()
        assert first.payload == {"type": "broadcast", "event": "hello", "payload": {"n": 1}}
        assert second.payload["meta"] == {"id": id_}
        assert first.join_ref is None


async def test_a_batch_needs_a_key(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/broadcast", json=batch(HELLO), headers={"apikey": "no"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, ["can't be blank"]),
        (batch({"topic": "x", "event": "e"}), [{"payload": ["can't be blank"]}]),
        (batch({**HELLO, "payload": [1]}), [{"payload": ["is invalid"]}]),
        (batch({**HELLO, "id": "x"}), [{"id": ["is invalid"]}]),
        (batch(1), [{"message": ["is invalid"]}]),
        (batch(HELLO, {**HELLO, "topic": ""}), [{}, {"topic": ["can't be blank"]}]),
    ],
)
async def test_an_invalid_batch_is_explained_and_not_sent(
    realtime: RealtimeServer, http: httpx.AsyncClient, body: Any, errors: Any
) -> None:
    async with realtime.raw(2) as client:
        await client.join("x")
        answer = await http.post("/api/broadcast", json=body)
        assert (answer.status_code, answer.json()) == (422, {"errors": {"messages": errors}})
        await client.silent()


async def test_a_body_that_is_no_json(http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/broadcast", content=b"{")).status_code == 400


async def test_private_messages_without_permission_vanish(
    realtime: RealtimeServer, http: httpx.AsyncClient, version: int
) -> None:
    token = realtime.token()
    async with realtime.raw(version, token) as client:
        for topic in ("room:open", "room:closed"):
            await client.join(topic, {"private": True})
        headers = {"Authorization": f"Bearer {token}"}
        messages = [
            {**HELLO, "topic": topic, "private": True} for topic in ("room:closed", "room:open")
        ]
        answer = await http.post("/api/broadcast", json=batch(*messages), headers=headers)
        assert answer.status_code == 202
        assert (await client.take()).topic == "realtime:room:open"
        await client.silent()


async def test_a_single_message(
    realtime: RealtimeServer, http: httpx.AsyncClient, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("a/b ü")
        path = "/api/broadcast/a%2Fb%20%C3%BC/events/c%2Fd"
        assert (await http.post(path, json={"n": 1})).status_code == 202
        got = await client.take()
        assert got.payload == {"type": "broadcast", "event": "c/d", "payload": {"n": 1}}
        assert got.join_ref == ("kind4" if version == 2 else None)
        await http.post(path, json=[1])
        assert (await client.take()).payload["payload"] == {"_json": [1]}


async def test_a_single_binary_message(realtime: RealtimeServer, http: httpx.AsyncClient) -> None:
    async with realtime.raw(1) as v1, realtime.raw(2) as v2:
        for client in (v1, v2):
            await client.join("x")
        headers = {"content-type": "application/octet-stream"}
        answer = await http.post("/api/broadcast/x/events/e", content=b"\x00", headers=headers)
        assert answer.status_code == 202
        assert (await v2.take()).payload["payload"] == b"\x00"
        await v1.silent()


async def test_a_single_private_message_needs_the_right(
    realtime: RealtimeServer, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {realtime.token()}"}

    async def send(topic: str) -> int:
        path = f"/api/broadcast/{topic}/events/e"
        answer = await http.post(path, json={}, params={"private": "true"}, headers=headers)
        return answer.status_code

    assert await send("room:open") == 202
    assert await send("room:closed") == 403


async def test_what_a_single_message_may_not_be(
    realtime: RealtimeServer, http: httpx.AsyncClient
) -> None:
    path = "/api/broadcast/x/events/e"
    answer = await http.post(path, content="x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert answer.json()["error"].startswith("Unsupported Media Type. Use application/json or")
    json_type = {"content-type": "application/json"}
    assert (await http.post(path, content="{", headers=json_type)).status_code == 400
    assert (await http.post(path, json={}, headers={"apikey": ""})).status_code == 401
    assert (await http.get(path)).status_code == 404
    assert (await http.post("/api/broadcast/x/others/e", json={})).status_code == 404
    async with realtime.raw(1) as client:
        await client.join("x")
        await client.silent()


async def test_health(http: httpx.AsyncClient) -> None:
    for path in ("/api/ping", "/healthcheck"):
        assert (await http.get(path)).status_code == 200


async def test_rates_and_sizes(realtime_database: TestDatabase) -> None:
    limits = Limits(events_per_second=0.01, payload_bytes=100)
    async with RealtimeServer(realtime_database, limits) as server:
        headers = {"apikey": server.secrets.publishable_key}
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as http:
            path = "/api/broadcast/x/events/e"
            assert (await http.post(path, json={"a": "b" * 200})).status_code == 413
            assert (await http.post(path, json={})).status_code == 202
            limited = await http.post(path, json={})
            assert limited.status_code == 429
            assert limited.json() == {"message": "You have exceeded your rate limit"}
            assert (await http.post("/api/broadcast", json=batch(HELLO))).status_code == 429
