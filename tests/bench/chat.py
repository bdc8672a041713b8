"""
How long a question takes to its answer: between commands, and between clients that stay.

The answerer answers at once, so this is what bdh adds to a conversation. Both sides, the gateway
and the database share the machine.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bdh.api.feed import LiveFeed
from bdh.core import chat
from bdh.core.pulse import Pulse
from bdh.core.waiting import HINTS, Waiting
from bdh.models.chat import Sent
from tests.bench.sql_claims import Figure
from tests.integration.messaging.conftest import Agent, Office
from tests.soak.clients import Client, Heard, client
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway
from tests.support.sql import Sql

WAIT_SECONDS = 60
COMMAND_ROUNDS = 15
CLIENT_ROUNDS = 300
WARM_UP = 3


@asynccontextmanager
async def office(cluster: TestCluster) -> AsyncIterator[Office]:
    """Alice and Bob behind a gateway of their own."""
    database = cluster.clone()
    gateway, sql = TestGateway(database), Sql(database)
    try:
        gateway.start()
        with tempfile.TemporaryDirectory(prefix="bdh-bench-") as folder:
            office = Office(sql, await sql.project("bench"), gateway, Path(folder))
            for alias in ("alice-dev", "bob-dev"):
                await office.agent(alias)
            yield office
            for agent in office.agents.values():
                agent.close()
    finally:
        await sql.close()
        gateway.close()
        cluster.drop(database)


def percentiles(name: str, seconds: Sequence[float]) -> list[Figure]:
    """p50 and p95 in milliseconds, without the first rounds."""
    cuts = statistics.quantiles(seconds[WARM_UP:], n=100, method="inclusive")
    return [Figure(f"{name}, p{n}", cuts[n - 1] * 1000, "ms") for n in (50, 95)]


def first_line(process: subprocess.Popen[str]) -> float:
    """When the process has printed its next line."""
    assert process.stdout is not None
    assert process.stdout.readline()
    return time.perf_counter()


def between_commands(alice: Agent, bob: Agent) -> tuple[list[float], list[float]]:
    """
    Seconds of whole exchanges, and of their second halves, from Bob's command to Alice's line.

    Bob listens and Alice asks; as soon as Bob's command prints the question he runs the next one
    to answer it. So an exchange holds two starts of Python, and a half holds one.
    """
    exchanges, answers = [], []
    for number in range(COMMAND_ROUNDS + WARM_UP):
        listening = bob.start(":aweb", "chat", "listen", "--wait", "60s")
        first_line(listening)
        # Until its subscription stands, as in a session that lasts.
        time.sleep(1.0)
        start = time.perf_counter()
        # Bob left with his last answer.
        words = ("send-and-wait", "bob", f"{number}?", "--start-conversation")
        asking = alice.start(":aweb", "chat", *words)
        first_line(listening)
        answer = time.perf_counter()
        answering = bob.start(":aweb", "chat", "send-and-leave", "alice", f"{number}!")
        first_line(asking)
        heard = first_line(asking)
        exchanges.append(heard - start)
        answers.append(heard - answer)
        for process in (listening, asking, answering):
            process.communicate(timeout=WAIT_SECONDS)
    return exchanges, answers


def follow(client: Client, feed: LiveFeed, sent: Sent) -> list[str]:
    """What a wait that was opened brings."""
    heard = Heard()
    assert sent.wait is not None
    waiting = Waiting(
        client, sent.wait, Pulse(feed, HINTS, time.monotonic, print), time.monotonic, heard
    )
    waiting.run()
    waiting.end()
    return heard.bodies


def answer(bob: Client, feed: LiveFeed, rounds: int, ready: threading.Semaphore) -> None:
    """Listen and answer, so many times."""
    for _ in range(rounds):
        sent = chat.listen(bob, None, WAIT_SECONDS)
        ready.release()
        (question,) = follow(bob, feed, sent)
        chat.send(bob, ["alice-dev"], f"re {question}")


def between_clients(alice: Client, bob: Client) -> list[float]:
    """Seconds from before a question is sent until its answer is there, connections standing."""
    rounds, ready, seconds = CLIENT_ROUNDS + WARM_UP, threading.Semaphore(0), []
    with alice.feed() as hers, bob.feed() as his:
        while not (hers.live and his.live):
            time.sleep(0.05)
        answering = threading.Thread(target=answer, args=(bob, his, rounds, ready), daemon=True)
        answering.start()
        for number in range(rounds):
            ready.acquire()
            start = time.perf_counter()
            sent = chat.send(
                alice, ["bob-dev"], str(number), wait_seconds=WAIT_SECONDS, start_conversation=True
            )
            assert follow(alice, hers, sent) == [f"re {number}"]
            seconds.append(time.perf_counter() - start)
        answering.join()
    return seconds


async def round_trips(cluster: TestCluster) -> list[Figure]:
    """Both kinds, over one gateway."""
    async with office(cluster) as place:
        alice, bob = place.agents.values()
        exchanges, answers = await asyncio.to_thread(between_commands, alice, bob)
        clients = [client(place.gateway, one.caller) for one in (alice, bob)]
        lasting = await asyncio.to_thread(between_clients, *clients)
    return [
        *percentiles("question to answer, two commands and their starts", exchanges),
        *percentiles("the answering command to the line it brings", answers),
        *percentiles("question to answer, two long-lived clients", lasting),
    ]
