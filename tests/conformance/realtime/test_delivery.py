"""What fan-out promises: order, nothing lost on the way, nobody delayed by a slow reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import asyncpg
import pytest

from bdh.stack.realtime import Limits
from tests.support.cluster import TestCluster, TestDatabase
from tests.support.realtime import Raw, RealtimeServer


async def numbers(client: Raw, last: int) -> list[int]:
    seen: list[int] = []
    while not seen or seen[-1] != last:
        seen.append((await client.take()).payload["payload"]["n"])
    return seen


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def send(sql: asyncpg.Connection, topic: str, start: int, stop: int) -> None:
    await sql.execute(
        "select realtime.send(jsonb_build_object('n', n), 'e', $1, false)"
        " from generate_series($2::int, $3::int - 1) as n",
        topic, start, stop,
    )  # fmt: skip


async def test_ten_thousand_messages_arrive_in_order(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    async with realtime.raw(1) as v1, realtime.raw(2) as v2:
        for client in (v1, v2):
            await client.join("many")
        reading = asyncio.gather(numbers(v1, 9_999), numbers(v2, 9_999))
        for start in range(0, 8_000, 1_000):
            await send(sql, "many", start, start + 1_000)
        for start in range(8_000, 10_000, 20):
            await send(sql, "many", start, start + 20)
        assert await reading == [list(range(10_000))] * 2


async def test_messages_of_the_gateway_keep_their_order_too(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    """The ids come from the setting `bdh.sent`, as after a REST request, and not by NOTIFY."""
    async with realtime.raw(2) as client:
        await client.join("gateway")
        for start in range(0, 500, 50):
            async with sql.transaction():
                await sql.execute("select set_config('bdh.gateway', 'on', true)")
                await send(sql, "gateway", start, start + 50)
                sent = await sql.fetchval("select current_setting('bdh.sent')")
            realtime.app.publish_ids(sent.split(","))
        assert await numbers(client, 499) == list(range(500))
        await client.silent()


async def test_a_slow_reader_is_closed_and_delays_nobody(realtime_database: TestDatabase) -> None:
    limits = Limits(queue_frames=50, queue_bytes=200_000)
    async with (
        RealtimeServer(realtime_database, limits) as server,
        server.raw(2) as quick,
        server.raw(2) as slow,
        server.raw(2) as sender,
    ):
        for client in (quick, slow, sender):
            await client.join("x", {"broadcast": {"ack": True}})
        # A reader that stops reading: its kernel's buffer fills, then ours, then the queue.
        slow.socket.transport.pause_reading()  # type: ignore[attr-defined]
        payload = {"type": "broadcast", "event": "e", "payload": {"x": "y" * 50_000}}
        for _ in range(300):
            assert (await sender.call("realtime:x", "broadcast", payload))["status"] == "ok"
            await quick.take()
        channels = {id(channel.connection) for channel in server.app.core.hub.channels()}
        assert len(channels) == 2, "the slow reader has left the topic"
        slow.socket.transport.resume_reading()  # type: ignore[attr-defined]
        code, reason = await slow.closed()
        assert code == 1013
        assert "slow consumer" in str(reason)


async def test_a_reader_that_never_reads_again_is_abandoned(
    realtime_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bdh.stack.realtime.socket.ABANDON_SECONDS", 0.1)
    limits = Limits(queue_frames=50, queue_bytes=200_000)
    async with (
        RealtimeServer(realtime_database, limits) as server,
        server.raw(2) as dead,
        server.raw(2) as sender,
    ):
        for client in (dead, sender):
            await client.join("x", {"broadcast": {"ack": True}})
        dead.socket.transport.pause_reading()  # type: ignore[attr-defined]
        payload = {"type": "broadcast", "event": "e", "payload": {"x": "y" * 50_000}}
        for _ in range(300):
            await sender.call("realtime:x", "broadcast", payload)
        await until(lambda: server.app.socket_count == 1)
        dead.socket.transport.abort()


async def test_broadcasts_go_on_after_postgres_was_killed() -> None:
    """Sockets and channels survive; the listener comes back and private joins work again."""
    cluster = TestCluster()
    cluster.start()
    try:
        database = cluster.clone("template_platform")
        async with RealtimeServer(database) as server, server.raw(2) as client:
            await client.join("x")
            cluster.kill()
            await until(lambda: not server.app.feed.listening.is_set())
            key = server.secrets.secret_key
            async with server.raw(2, key) as late:
                joining = asyncio.create_task(late.join("private", {"private": True}))
                cluster.restart()
                assert (await joining)["status"] == "ok"
            await asyncio.wait_for(server.app.feed.listening.wait(), 5)
            sql = await database.connect("postgres")
            await send(sql, "x", 1, 2)
            assert await numbers(client, 1) == [1]
        await database.close()
    finally:
        cluster.stop()


async def test_ids_wait_while_postgres_is_away() -> None:
    cluster = TestCluster()
    cluster.start()
    try:
        # A crash must not lose the row itself.
        database = cluster.clone("template_platform")
        sql = await database.connect("postgres")
        async with RealtimeServer(database) as server, server.raw(1) as client:
            await client.join("x")
            async with sql.transaction():
                await sql.execute("select set_config('bdh.gateway', 'on', true)")
                await send(sql, "x", 7, 8)
                sent = await sql.fetchval("select current_setting('bdh.sent')")
            cluster.kill()
            server.app.publish_ids(sent.split(","))
            await client.silent()
            cluster.restart()
            assert await numbers(client, 7) == [7]
        await database.close()
    finally:
        cluster.stop()


async def test_a_frame_of_three_megabytes_passes(realtime: RealtimeServer) -> None:
    async with realtime.raw(2) as sender, realtime.raw(2) as reader:
        for client in (sender, reader):
            await client.join("x", {"broadcast": {"ack": True}})
        payload = {"type": "broadcast", "event": "e", "payload": {"x": "y" * 2_900_000}}
        assert len(json.dumps(payload)) < 3_000_000
        await sender.send("realtime:x", "broadcast", payload)
        assert (await reader.take()).payload == payload
