"""realtime.md 1.2 to 1.4: frames, routing, joining and leaving, in both versions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bdh.stack.realtime import Limits
from tests.support.cluster import TestDatabase
from tests.support.realtime import QUICK, RealtimeServer

OK: dict[str, Any] = {"status": "ok", "response": {}}
JOINED = {"status": "ok", "response": {"postgres_changes": []}}
UNMATCHED = {"status": "error", "response": {"reason": "unmatched topic"}}


def error(reason: str) -> dict[str, Any]:
    return {"status": "error", "response": {"reason": reason}}


async def test_heartbeats_are_answered(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        assert await client.call("phoenix", "heartbeat", {}) == OK
        await client.send("phoenix", "heartbeat", {}, ref=None)
        assert (await client.take()).ref is None


async def test_a_join_is_answered_with_an_empty_list_of_changes(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        assert await client.join("x") == JOINED
        assert await client.join("y", {"broadcast": None, "presence": None}) == JOINED


@pytest.mark.parametrize("payload", [None, "x", [], {}, {"config": 5}, {"version": "x"}])
async def test_an_invalid_join_payload_still_joins(
    realtime: RealtimeServer, version: int, payload: Any
) -> None:
    async with realtime.raw(version) as client:
        assert await client.call("realtime:x", "phx_join", payload) == JOINED


async def test_topics_need_the_prefix_and_a_name(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        assert await client.call("room", "phx_join", {}) == UNMATCHED
        required = error("TopicNameRequired: You must provide a topic name")
        assert await client.call("realtime:", "phx_join", {"config": {}}) == required


async def test_events_on_unjoined_topics(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        assert await client.call("realtime:x", "broadcast", {}) == UNMATCHED
        assert await client.call("realtime:x", "phx_leave", {}) == OK
        await client.silent()


async def test_unknown_events_are_ignored(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x")
        await client.send("realtime:x", "dance", {})
        await client.silent()


async def test_leaving_is_answered_and_then_closed(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x")
        ref = await client.send("realtime:x", "phx_leave", {})
        reply, close = await client.take(), await client.take()
        assert (reply.event, reply.payload, reply.ref) == ("phx_reply", OK, ref)
        assert (close.event, close.payload, close.ref) == ("phx_close", {}, "j1")
        assert await client.call("realtime:x", "broadcast", {}) == UNMATCHED


async def test_a_second_join_closes_the_first(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.send("realtime:x", "phx_join", {"config": {}}, ref="1", join_ref="1")
        assert (await client.take()).ref == "1"
        await client.send("realtime:x", "phx_join", {"config": {}}, ref="2", join_ref="2")
        close, reply = await client.take(), await client.take()
        assert (close.event, close.ref) == ("phx_close", "1")
        assert (reply.event, reply.ref, reply.payload) == ("phx_reply", "2", JOINED)


async def test_a_stale_join_ref_is_forgiven(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", {"broadcast": {"ack": True}})
        for join_ref in ("stale", None):
            payload = {"type": "broadcast", "event": "e", "payload": {}}
            ref = await client.send("realtime:x", "broadcast", payload, join_ref=join_ref)
            assert (await client.until("phx_reply", ref)).payload == OK


async def test_malformed_frames_are_dropped_and_the_socket_stays(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        frames: list[str | bytes] = ["", "x", "{}", "[]", "[1,2,3,4,5]", "null", b"", b"\x03"]
        frames += [b"\x03\xff\xff\xff\xff\xff\x01x", b"\x00\x01", "[" * 50_000]
        frames.append(json.dumps({"topic": "phoenix", "event": "heartbeat", "payload": {}}))
        for frame in frames:
            await client.socket.send(frame)
        await client.silent()


async def test_postgres_changes_are_refused_by_name(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        changes = [{"event": "*", "schema": "public"}]
        reply = await client.join("x", {"postgres_changes": changes})
        assert reply["response"]["reason"].startswith("PostgresChangesNotSupported: ")
        assert await client.join("x", {"postgres_changes": [None]}) == JOINED


async def test_too_many_channels_on_a_socket(realtime: RealtimeServer) -> None:
    async with realtime.raw(2) as client:
        for number in range(100):
            assert (await client.join(f"t{number}"))["status"] == "ok"
        assert await client.join("one more") == error("ChannelRateLimitReached: Too many channels")
        await client.call("realtime:t0", "phx_leave", {})
        assert await client.join("one more") == JOINED


async def test_a_project_may_allow_private_channels_only(realtime_database: TestDatabase) -> None:
    async with (
        RealtimeServer(realtime_database, Limits(private_only=True)) as server,
        server.raw(2, server.token()) as client,
    ):
        reason = "PrivateOnly: This project only allows private channels"
        assert await client.join("room:x") == error(reason)
        assert await client.join("room:x", {"private": True}) == JOINED


async def test_too_many_joins_close_the_socket(realtime_database: TestDatabase) -> None:
    async with (
        RealtimeServer(realtime_database, Limits(joins_per_second=0.03)) as server,
        server.raw(2) as client,
    ):
        assert await client.join("a") == JOINED
        reason = "ClientJoinRateLimitReached: Too many joins per second"
        assert await client.join("b") == error(reason)
        assert (await client.closed())[0] == 1001


@pytest.mark.parametrize(
    "limits",
    [replace(QUICK, idle_seconds=0.2), replace(QUICK, no_channel_seconds=0.2)],
    ids=["idle", "no channel"],
)
async def test_unused_sockets_are_closed(realtime_database: TestDatabase, limits: Limits) -> None:
    async with RealtimeServer(realtime_database, limits) as server, server.raw(2) as client:
        if limits.idle_seconds < 1:
            await client.join("x")
        assert (await client.closed())[0] == 1001


async def test_a_stopping_server_says_that_it_restarts(realtime_database: TestDatabase) -> None:
    async with RealtimeServer(realtime_database) as server, server.raw(2) as client:
        await client.join("x")
        await server.app.stop()
        assert (await client.closed())[0] == 1012
