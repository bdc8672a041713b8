"""Soak: short versions run with the tests, the long ones with `make soak`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.soak.clients import Client, client
from tests.soak.office import Books, Crowd
from tests.soak.pairs import Outcome, Pairs
from tests.support.gateway import TestGateway
from tests.support.sql import Sql

# What may be kept after the beginning, when code is loaded and caches fill, and for each action: a
# forgotten kilobyte per action is seen in the long version, a few in the short one.
GROWTH_KIB = 2_000
KEPT_KIB = 0.25


@pytest.fixture
async def sql(gateway: TestGateway) -> AsyncIterator[Sql]:
    sql = Sql(gateway.database)
    yield sql
    await sql.close()


async def crowd(sql: Sql, gateway: TestGateway, count: int) -> list[Client]:
    project = await sql.project("soak")
    names = [f"agent{number}" for number in range(count)]
    callers = [await sql.workspace(project, name) for name in names]
    for number in range(count // 2):
        await sql.call(callers[0], "create_bead", title=f"bead {number}")
    return [client(gateway, caller) for caller in callers]


async def talk_in_pairs(
    sql: Sql, gateway: TestGateway, couples: int, questions: int, restarts: int, pause: float
) -> Outcome:
    agents = await crowd(sql, gateway, 2 * couples)
    pairs = Pairs(gateway, list(zip(agents[::2], agents[1::2], strict=True)), questions, seed=11)
    outcome = await asyncio.to_thread(pairs.run, restarts, pause)

    expected = {
        f"{n}.{count}": [f"re {n}.{count}"] for n in range(couples) for count in range(questions)
    }
    assert outcome.heard == expected
    assert outcome.statuses == {"replied"}
    return outcome


async def work_together(
    sql: Sql, gateway: TestGateway, count: int, seconds: float, warm_up: float
) -> Books:
    crowd_at_work = Crowd(await crowd(sql, gateway, count), seed=5)
    await asyncio.to_thread(crowd_at_work.run, warm_up)
    before = await memory(sql, gateway)
    books = await asyncio.to_thread(crowd_at_work.run, seconds)
    after = await memory(sql, gateway)

    sent = await sql.value("select count(*) from public.mail")
    said = await sql.value("select count(*) from public.chat_messages")
    assert (sent, said) == (books.mailed.total(), books.said.total())
    # Everything that was sent was read, by its addressee, once.
    assert len(set(books.read)) == len(books.read) == sent + said
    grown = {name: after[name] - before[name] for name in before}
    assert max(grown.values()) < GROWTH_KIB + KEPT_KIB * books.calls, grown
    return books


async def memory(sql: Sql, gateway: TestGateway) -> dict[str, int]:
    """What the gateway and its connections' processes keep for themselves, in KiB."""
    rows = await sql.fetch(
        "select pid from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )
    backends = [private_kib(row["pid"]) for row in rows]
    return {"gateway": private_kib(gateway.pid), "connections": sum(backends)}


def private_kib(pid: int) -> int:
    """A process's own memory; what it shares, such as Postgres' buffers, is left out."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0])


async def test_answers_arrive_once_while_the_gateway_restarts(
    sql: Sql, gateway: TestGateway
) -> None:
    await talk_in_pairs(sql, gateway, couples=4, questions=15, restarts=2, pause=1.5)


async def test_twenty_agents_and_no_message_is_lost(sql: Sql, gateway: TestGateway) -> None:
    await work_together(sql, gateway, count=20, seconds=15, warm_up=5)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_ten_thousand_answers_arrive_once(
    sql: Sql, gateway: TestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.monotonic()
    outcome = await talk_in_pairs(sql, gateway, couples=20, questions=500, restarts=20, pause=8)
    ordered = sorted(outcome.seconds)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n10,000 pairs in {time.monotonic() - start:.0f} s; answer to ear p50"
            f" {ordered[5000] * 1000:.0f} ms, p99 {ordered[9900] * 1000:.0f} ms"
        )


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_a_hundred_agents_for_five_minutes(
    sql: Sql, gateway: TestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    books = await work_together(sql, gateway, count=100, seconds=280, warm_up=20)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{books.calls} actions, {len(books.read)} messages read,"
            f" refused: {dict(books.refusals)}"
        )
