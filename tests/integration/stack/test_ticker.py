"""The embedded stand-in for pg_cron."""

from __future__ import annotations

import asyncio

import pytest

from bdh.stack.ticker import Ticker
from tests.support.cluster import TestDatabase

SCHEDULE = """
create schema if not exists private;
create or replace function private.run_schedules() returns void language plpgsql as $$
begin
    perform pg_notify('ticked', session_user::text);
    if exists (select from private.broken) then raise 'a job failed'; end if;
end $$;
create table private.broken (id int);
"""


async def _next(ticks: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(ticks.get(), timeout=10)


async def test_schedules_run_again_and_again(platform_database: TestDatabase) -> None:
    connection = await platform_database.connect()
    await connection.execute(SCHEDULE)
    ticks: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener("ticked", lambda *call: ticks.put_nowait(call[3]))
    ticker = Ticker(platform_database.address, interval_seconds=0.02)

    await ticker.start()
    try:
        assert [await _next(ticks), await _next(ticks)] == ["postgres", "postgres"]
    finally:
        await ticker.stop()


async def test_a_lost_connection_is_made_again(platform_database: TestDatabase) -> None:
    connection = await platform_database.connect()
    await connection.execute(SCHEDULE)
    ticks: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener("ticked", lambda *call: ticks.put_nowait(call[3]))
    ticker = Ticker(platform_database.address, interval_seconds=0.02)

    await ticker.start()
    try:
        await _next(ticks)
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        while not ticks.empty():
            ticks.get_nowait()
        assert await _next(ticks) == "postgres"
    finally:
        await ticker.stop()


async def test_a_database_without_schedules_is_left_alone_until_it_has_them(
    platform_database: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("bdh.stack.ticker.ABSENT_SECONDS", 0.02)
    connection = await platform_database.connect()
    ticks: asyncio.Queue[str] = asyncio.Queue()
    await connection.add_listener("ticked", lambda *call: ticks.put_nowait(call[3]))
    ended = "select sessions from pg_stat_database where datname = current_database()"
    before = await connection.fetchval(ended)
    ticker = Ticker(platform_database.address, interval_seconds=0.02)

    await ticker.start()
    try:
        # It has looked, found nothing, and let go of its connection.
        async with asyncio.timeout(10):
            while await connection.fetchval(ended) < before + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert ticks.empty()
        await connection.execute(SCHEDULE)
        assert await _next(ticks) == "postgres"
    finally:
        await ticker.stop()
    assert caplog.records == []
