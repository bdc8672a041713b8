"""
How long from a commit to its subscribers, and what an open socket costs.

For 1, 100 and 500 subscribers of one topic, for 2,000 sockets, and how much 16 writers suffer from
each other's notifications. Subscribers are bare sockets that only look at the clock, so that the
figures are the gateway's and not a client library's; they share the machine with it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg
import uvloop

from bdh.stack.tokens import Tokens
from tests.bench.sql_claims import Figure
from tests.support.cluster import TestCluster, TestDatabase
from tests.support.gateway import TestGateway
from tests.support.realtime import POLICIES, sign

TOPIC = "room:open"
SIZES = (1, 100, 500)
SOCKETS = 2_000
MARK = b'"sent_at": '


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from just before the writer's call (its commit included) to a subscriber."""

    subscribers: int
    messages: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, subscribers: int, messages: int, seconds: Sequence[float]) -> Latency:
        cuts = statistics.quantiles(seconds, n=100)
        p50, p99, worst = (value * 1000 for value in (cuts[49], cuts[98], max(seconds)))
        return cls(subscribers, messages, p50, p99, worst)


@dataclass(frozen=True, slots=True)
class Memory:
    """The gateway's proportional set size in MB: with no socket, and with `sockets` joined."""

    sockets: int
    idle_mb: float
    joined_mb: float


class Subscriber(asyncio.Protocol):
    """Upgrades, joins, and calls `heard` with each message's latency; reads nothing else."""

    def __init__(self, key: str, token: str, heard: Callable[[float], None]) -> None:
        self._key = key
        self._token = token
        self._heard = heard
        self._buffer = b""
        self._upgraded = False
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no instances of asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /realtime/v1/websocket?apikey={self._key}&vsn=2.0.0 HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        place = data.find(MARK)
        while place >= 0:
            number = data[place + len(MARK) : place + len(MARK) + 24]
            self._heard(now - float(number.partition(b",")[0].partition(b"}")[0]))
            place = data.find(MARK, place + 1)
        if self.joined.done():
            return
        self._buffer += data
        if not self._upgraded and b"\r\n\r\n" in self._buffer:
            self._upgraded = True
            self._join()
        elif b'"status":"ok"' in self._buffer:
            self.joined.set_result(None)
        elif b'"status":"error"' in self._buffer or b" 401 " in self._buffer:
            self.joined.set_exception(AssertionError(self._buffer.decode(errors="replace")))

    def _join(self) -> None:
        payload = {"config": {"private": True}, "access_token": self._token}
        frame = json.dumps(["1", "1", f"realtime:{TOPIC}", "phx_join", payload]).encode()
        # Masked with zeros: allowed, and it saves the arithmetic.
        self.transport.write(
            bytes([0x81, 0xFE]) + len(frame).to_bytes(2, "big") + b"\0" * 4 + frame
        )


class Crowd:
    """Subscribers of one topic, and the latencies they measured."""

    def __init__(self, gateway: TestGateway) -> None:
        self._gateway = gateway
        self._members: list[Subscriber] = []
        self._seconds: list[float] = []
        self._wanted = 0
        self._complete = asyncio.Event()

    async def grow(self, size: int) -> None:
        """Join until there are `size`, 50 at a time."""
        while len(self._members) < size:
            count = min(50, size - len(self._members))
            await asyncio.gather(*(self._add() for _ in range(count)))

    async def _add(self) -> None:
        key = self._gateway.secrets.publishable_key
        token = sign(Tokens(self._gateway.secrets))
        _transport, member = await asyncio.get_running_loop().create_connection(
            lambda: Subscriber(key, token, self._heard), "127.0.0.1", self._gateway.port
        )
        await asyncio.wait_for(member.joined, 30)
        self._members.append(member)

    def _heard(self, seconds: float) -> None:
        self._seconds.append(seconds)
        if len(self._seconds) == self._wanted:
            self._complete.set()

    async def measure(
        self, connection: asyncpg.Connection, messages: int, pause_seconds: float
    ) -> Latency:
        """Send `messages`, one transaction each, and wait until everybody has heard all."""
        size = len(self._members)
        self._seconds, self._wanted = [], messages * size
        self._complete.clear()
        for _ in range(messages):
            await connection.execute(
                "select realtime.send(jsonb_build_object('sent_at', $1::float8), 'tick', $2)",
                time.perf_counter(), TOPIC,
            )  # fmt: skip
            await asyncio.sleep(pause_seconds)
        await asyncio.wait_for(self._complete.wait(), 60)
        return Latency.of(size, messages, self._seconds)

    def leave(self) -> None:
        for member in self._members:
            member.transport.close()
        self._members.clear()


def proportional_mb(pid: int) -> float:
    """What a process really occupies: shared pages count in part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Pss in smaps_rollup")


async def latency(
    gateway: TestGateway,
    database: TestDatabase,
    subscribers: int,
    *,
    messages: int = 100,
    pause_seconds: float = 0.02,
) -> Latency:
    """From commit to `subscribers` of one private topic."""
    crowd = Crowd(gateway)
    connection = await database.connect("postgres")
    try:
        await crowd.grow(subscribers)
        await crowd.measure(connection, 5, pause_seconds)
        return await crowd.measure(connection, messages, pause_seconds)
    finally:
        crowd.leave()
        await connection.close()


async def memory(gateway: TestGateway, sockets: int) -> Memory:
    """What `sockets` joined sockets cost."""
    idle_mb = proportional_mb(gateway.pid)
    crowd = Crowd(gateway)
    try:
        await crowd.grow(sockets)
        return Memory(sockets, idle_mb, proportional_mb(gateway.pid))
    finally:
        crowd.leave()


async def writers(
    database: TestDatabase, *, notify: bool, connections: int = 16, seconds: float = 3.0
) -> float:
    """Commits per second of concurrent writers that send one message each time."""
    gateway = "off" if notify else "on"
    deadline = time.perf_counter() + seconds

    async def write() -> int:
        connection = await database.connect("postgres")
        commits = 0
        while time.perf_counter() < deadline:
            await connection.execute(
                "select set_config('bdh.gateway', $1, true), realtime.send('{}', 'tick', $2)",
                gateway, TOPIC,
            )  # fmt: skip
            commits += 1
        await connection.close()
        return commits

    return sum(await asyncio.gather(*(write() for _ in range(connections)))) / seconds


@contextmanager
def served(cluster: TestCluster) -> Iterator[tuple[TestGateway, TestDatabase]]:
    """A gateway over a fresh database whose policies let everybody in."""
    database = cluster.clone("template_platform")
    gateway = TestGateway(database)
    try:
        uvloop.run(_prepare(database))
        gateway.start()
        yield gateway, database
    finally:
        gateway.close()
        cluster.drop(database)


async def _prepare(database: TestDatabase) -> None:
    connection = await database.connect("postgres")
    await connection.execute(POLICIES)
    await connection.close()


def fan_out(cluster: TestCluster) -> list[Figure]:
    """Percentiles by the number of subscribers, and the memory of sockets."""
    figures = []
    with served(cluster) as (gateway, database):
        for size in SIZES:
            got = uvloop.run(latency(gateway, database, size))
            name = f"commit to {size} subscriber{'s' if size > 1 else ''}"
            figures += [
                Figure(f"{name}, p50", got.p50_ms, "ms"),
                Figure(f"{name}, p99", got.p99_ms, "ms"),
                Figure(f"{name}, max of {got.messages} messages", got.max_ms, "ms"),
            ]
        used = uvloop.run(memory(gateway, SOCKETS))
    each_kb = (used.joined_mb - used.idle_mb) * 1024 / used.sockets
    return [
        *figures,
        Figure("gateway without sockets (PSS)", used.idle_mb, "MB"),
        Figure(f"gateway with {used.sockets} joined sockets (PSS)", used.joined_mb, "MB"),
        Figure("each socket", each_kb, "KB"),
    ]


def notifying(cluster: TestCluster) -> list[Figure]:
    """What `bdh.sent` in place of NOTIFY is worth to 16 writers; wants a cluster with fsync."""
    with served(cluster) as (_gateway, database):
        rates = {notify: uvloop.run(writers(database, notify=notify)) for notify in (True, False)}
    return [
        Figure("16 writers with NOTIFY, as sessions outside of the gateway", rates[True], "/s"),
        Figure("16 writers without, as through the gateway", rates[False], "/s"),
        Figure("the second to the first", rates[False] / rates[True], "x"),
    ]
