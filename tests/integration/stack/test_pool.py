"""The gateway's connections: shared in turns, given back whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bdh.stack.database import Pool
from bdh.stack.settings import GatewaySettings
from tests.support.cluster import TestDatabase

CALLS = 200


@pytest.fixture
async def pool(platform_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Pool]:
    """One connection, so that everybody wants the same."""
    settings = GatewaySettings(
        platform_database.address, platform_database.secrets, "http://127.0.0.1", tmp_path
    )
    made = Pool(settings, "authenticator", 1)
    yield made
    await made.close()


async def _ask(pool: Pool) -> int:
    rows = await pool.run("select 1", repeatable=True)
    return int(rows[0][0])


async def test_who_asks_again_and_again_waits_for_the_others(pool: Pool) -> None:
    """A caller with many questions got each connection it gave back, and starved the rest."""
    asked = 0
    begun = asyncio.Event()

    async def greedy() -> None:
        nonlocal asked
        for _ in range(CALLS):
            await _ask(pool)
            asked += 1
            begun.set()

    await _ask(pool)
    many = asyncio.create_task(greedy())
    await begun.wait()
    for _ in range(5):
        before = asked
        assert await _ask(pool) == 1
        assert asked - before <= 3
    await many


async def test_who_waits_is_served_in_its_turn(pool: Pool) -> None:
    await _ask(pool)
    order: list[int] = []

    async def ask(number: int) -> None:
        await _ask(pool)
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(50)))

    assert order == list(range(50))


async def test_those_who_stop_waiting_lose_no_connection(pool: Pool) -> None:
    """Cancelled while waiting, while being handed the connection, and while using it."""
    await _ask(pool)
    for rounds in range(60):
        waiting = [asyncio.create_task(_ask(pool)) for _ in range(6)]
        for _ in range(rounds % 12):
            await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert done[1::2] == [1, 1, 1]
    async with asyncio.timeout(5):
        assert await _ask(pool) == 1


async def test_a_link_that_was_cut_is_replaced_for_who_waits(pool: Pool) -> None:
    link = await pool.take()
    waiting = [asyncio.create_task(_ask(pool)) for _ in range(3)]
    await asyncio.sleep(0)
    link.connection.terminate()
    pool.give_back(link)

    assert await asyncio.gather(*waiting) == [1, 1, 1]
