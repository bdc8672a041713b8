"""realtime.md 1.2 and 1.7: who gets a broadcast, in which shape, and what the sender learns."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from bdh.stack.realtime import Limits
from bdh.stack.realtime.frames import Inbound, UserPush
from tests.support.cluster import TestDatabase
from tests.support.realtime import Raw, RealtimeServer, encode_user_push

HELLO = {"type": "broadcast", "event": "hello", "payload": {"n": 1}}


async def push_binary(client: Raw, topic: str, payload: bytes, *, is_json: bool) -> None:
    user = UserPush("hello", payload, is_json)
    await client.socket.send(
        encode_user_push(Inbound(f"realtime:{topic}", "broadcast", None, "9", "j1", user))
    )


async def test_text_is_relayed_verbatim_to_the_others(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as sender, realtime.raw(1) as v1, realtime.raw(2) as v2:
        for client in (sender, v1, v2):
            await client.join("x")
        odd = {**HELLO, "payload": ["an", {"array": None}], "extra": "kept ✓"}
        await sender.send("realtime:x", "broadcast", odd)
        for client in (v1, v2):
            got = await client.take()
            assert got[:4] == ("realtime:x", "broadcast", odd, None)
            assert got.join_ref is None
        await sender.silent()


async def test_the_sender_gets_it_with_self(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", {"broadcast": {"self": True}})
        await client.send("realtime:x", "broadcast", HELLO)
        assert (await client.take()).payload == HELLO


async def test_an_acknowledgement_comes_after_the_fan_out(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", {"broadcast": {"self": True, "ack": True}})
        ref = await client.send("realtime:x", "broadcast", HELLO)
        first, second = await client.take(), await client.take()
        assert first.event == "broadcast"
        assert (second.event, second.ref) == ("phx_reply", ref)
        assert second.payload == {"status": "ok", "response": {}}


@pytest.mark.parametrize(
    ("payload", "is_json", "expected"),
    [(b'{"n": 1}', True, {"n": 1}), (b"[1]", True, [1]), (b"\x00\xff", False, b"\x00\xff")],
)
async def test_binary_pushes(
    realtime: RealtimeServer, payload: bytes, is_json: bool, expected: Any
) -> None:
    async with realtime.raw(2) as sender, realtime.raw(1) as v1, realtime.raw(2) as v2:
        for client in (sender, v1, v2):
            await client.join("x", {"broadcast": {"ack": True}})
        await push_binary(sender, "x", payload, is_json=is_json)
        got = await v2.take()
        assert got.join_ref == "kind4"
        assert got.payload["payload"] == (
            {"n": 1} if b"n" in payload else [1] if is_json else payload
        )
        if is_json:
            assert (await v1.take()).payload == got.payload
        await v1.silent()
        reply = await sender.take()
        assert (reply.event, reply.ref, reply.join_ref) == ("phx_reply", "9", "j1")


async def test_a_binary_push_that_is_not_the_json_it_claims_is_dropped(
    realtime: RealtimeServer,
) -> None:
    async with realtime.raw(2) as sender, realtime.raw(1) as v1:
        for client in (sender, v1):
            await client.join("x")
        await push_binary(sender, "x", b"{oops", is_json=True)
        await push_binary(sender, "x", b"\xff", is_json=True)
        await sender.silent()
        await v1.silent()


async def test_public_and_private_are_separate_worlds(
    realtime: RealtimeServer, version: int
) -> None:
    token = realtime.token()
    async with realtime.raw(version, token) as public, realtime.raw(version, token) as private:
        await public.join("room:open", {"broadcast": {"self": True}})
        await private.join("room:open", {"private": True, "broadcast": {"self": True}})
        await public.send("realtime:room:open", "broadcast", HELLO)
        await private.silent()
        await public.until("broadcast")
        await private.send("realtime:room:open", "broadcast", HELLO)
        await private.until("broadcast")
        await public.silent()


async def test_without_a_right_to_write_nothing_is_sent_and_nothing_said(
    realtime: RealtimeServer, version: int
) -> None:
    token = realtime.token()
    async with realtime.raw(version, token) as sender, realtime.raw(version, token) as reader:
        for client in (sender, reader):
            await client.join("room:closed", {"private": True, "broadcast": {"ack": True}})
        for _ in range(2):
            await sender.send("realtime:room:closed", "broadcast", HELLO)
        await sender.silent()
        await reader.silent()


async def test_with_the_right_it_is(realtime: RealtimeServer, version: int) -> None:
    token = realtime.token()
    async with realtime.raw(version, token) as sender, realtime.raw(version, token) as reader:
        for client in (sender, reader):
            await client.join("room:open", {"private": True, "broadcast": {"ack": True}})
        assert (await sender.call("realtime:room:open", "broadcast", HELLO))["status"] == "ok"
        assert (await reader.take()).payload == HELLO


async def test_too_large_payloads_are_refused_with_an_object(
    realtime_database: TestDatabase, version: int
) -> None:
    async with (
        RealtimeServer(realtime_database, Limits(payload_bytes=200)) as server,
        server.raw(version) as client,
    ):
        await client.join("x", {"broadcast": {"ack": True, "self": True}})
        large = {**HELLO, "payload": {"x": "y" * 300}}
        assert await client.call("realtime:x", "broadcast", large) == {
            "status": "error", "response": {"error": "payload_size_exceeded"},
        }  # fmt: skip
        await client.silent()


async def test_too_many_messages_close_the_channel(
    realtime_database: TestDatabase, version: int
) -> None:
    async with (
        RealtimeServer(realtime_database, Limits(events_per_second=0.01)) as server,
        server.raw(version) as client,
    ):
        await client.join("x")
        await client.send("realtime:x", "broadcast", HELLO)
        await client.send("realtime:x", "broadcast", HELLO)
        system = await client.take()
        assert system.payload == {
            "extension": "system", "status": "error", "channel": "x",
            "message": "Too many messages per second",
        }  # fmt: skip
        assert (await client.take()).event == "phx_close"


async def sent(sql: asyncpg.Connection, *arguments: Any) -> str:
    await sql.execute("select realtime.send($1, $2, $3, $4)", *arguments)
    return str(
        await sql.fetchval(
            "select id from realtime.messages where topic = $1 order by inserted_at desc limit 1",
            arguments[2],
        )
    )


async def test_the_database_sends_with_an_id(
    realtime: RealtimeServer, sql: asyncpg.Connection, version: int
) -> None:
    async with realtime.raw(version, realtime.token()) as client:
        await client.join("room:db", {"private": True})
        id_ = await sent(sql, '{"a": "ü"}', "changed", "room:db", True)
        got = await client.take()
        assert got.payload == {
            "type": "broadcast", "event": "changed", "payload": {"a": "ü", "id": id_},
            "meta": {"id": id_},
        }  # fmt: skip
        assert got.join_ref == ("kind4" if version == 2 else None)


async def test_the_database_sends_bytes_to_version_2_only(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    token = realtime.token()
    async with realtime.raw(1, token) as v1, realtime.raw(2, token) as v2:
        for client in (v1, v2):
            await client.join("room:bytes", {"private": True})
        await sql.execute(r"select realtime.send_binary('\x00ff', 'e', 'room:bytes')")
        assert (await v2.take()).payload["payload"] == b"\x00\xff"
        await v1.silent()


async def test_the_database_sends_to_public_topics_when_told_so(
    realtime: RealtimeServer, sql: asyncpg.Connection, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("news")
        await sent(sql, "{}", "private one", "news", True)
        await sent(sql, "{}", "public one", "news", False)
        assert (await client.take()).payload["event"] == "public one"


async def test_a_rolled_back_message_is_never_sent(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    async with realtime.raw(2) as client:
        await client.join("news")
        transaction = sql.transaction()
        await transaction.start()
        await sent(sql, "{}", "undone", "news", False)
        await transaction.rollback()
        await sent(sql, "{}", "done", "news", False)
        assert (await client.take()).payload["event"] == "done"


async def test_replication_is_ready_at_once(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version, realtime.token()) as client:
        await client.join("room:x", {"private": True, "broadcast": {"replication_ready": True}})
        got = await client.take()
        assert (got.event, got.payload["status"]) == ("system", "ok")
        assert got.payload["message"] == "Replication connection established"
