"""realtime.md 3.5: stored broadcasts on request."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import asyncpg

from tests.support.realtime import RealtimeServer


def config(since: Any, **more: Any) -> dict[str, Any]:
    return {"private": True, "broadcast": {"replay": {"since": since, **more}}}


async def store(sql: asyncpg.Connection, topic: str, *events: str) -> None:
    for event in events:
        await sql.execute("select realtime.send('{}', $1, $2, true)", event, topic)


async def test_the_newest_come_oldest_first(
    realtime: RealtimeServer, sql: asyncpg.Connection, version: int
) -> None:
    topic = f"room:{uuid4()}"
    async with realtime.raw(version, realtime.token()) as client:
        await client.join(topic, {"private": True})
        await sql.execute("select realtime.send('{}', 'public', $1, false)", topic)
        await sql.execute("select realtime.send('{}', 'other', 'room:other', true)")
        await store(sql, topic, "a", "b", "c")
        # Fanned out: what comes from now on is the replay.
        assert [(await client.take()).payload["event"] for _ in range(3)] == ["a", "b", "c"]
        await client.join(topic, config(int(time.time() * 1000) - 60_000, limit=2))
        got = [await client.take(), await client.take()]
        assert [frame.payload["event"] for frame in got] == ["b", "c"]
        for frame in got:
            assert frame.payload["meta"] == {"id": frame.payload["payload"]["id"], "replayed": True}
            # A replayed JSON row is text in both versions.
            assert frame.join_ref is None
        await client.silent()
        await store(sql, topic, "live")
        assert (await client.take()).payload["event"] == "live"


async def test_replayed_bytes_are_binary_and_not_for_version_1(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    topic, token = f"room:{uuid4()}", realtime.token()
    await sql.execute(r"select realtime.send_binary('\x01', 'e', $1)", topic)
    async with realtime.raw(1, token) as v1, realtime.raw(2, token) as v2:
        for client in (v1, v2):
            await client.join(topic, config(0))
        got = await v2.take()
        assert (got.payload["payload"], got.payload["meta"]["replayed"]) == (b"\x01", True)
        await v1.silent()


async def test_nothing_older_than_asked_for(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    topic = f"room:{uuid4()}"
    async with realtime.raw(2, realtime.token()) as client:
        await client.join(topic, {"private": True})
        await store(sql, topic, "a")
        await client.take()
        await client.join(topic, config(int(time.time() * 1000) + 1000))
        await client.silent()


async def test_replays_that_are_refused(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version, realtime.token()) as client:
        public = await client.join("x", {"broadcast": {"replay": {"since": 1}}})
        reason = "UnableToReplayMessages: Replay is not allowed for public channels"
        assert public["response"] == {"reason": reason}
        many = await client.join("room:x", config(1, limit=26))
        reason = "UnableToReplayMessages: Replay params are not valid"
        assert many["response"] == {"reason": reason}


async def test_rows_that_arrive_meanwhile_come_once(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    """However a live message and its replay cross, the client sees each message once."""
    for _ in range(10):
        topic = f"room:{uuid4()}"
        async with realtime.raw(2, realtime.token()) as client:
            events = [str(number) for number in range(20)]
            writing = asyncio.create_task(store(sql, topic, *events))
            await client.join(topic, config(0))
            await writing
            await store(sql, topic, "end")
            seen: list[str] = []
            while not seen or seen[-1] != "end":
                seen.append((await client.take()).payload["event"])
            assert seen == [*events, "end"]
