"""
What pg_cron is on hosted Supabase: calls `private.run_schedules()` every few seconds.

The SQL decides what is due; this only lends it a clock. It runs in the gateway, which has a
database driver anyway, on a connection of its own as `postgres`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from bdh.stack import tasks
from bdh.stack.settings import DatabaseAddress

INTERVAL_SECONDS = 5.0
# Without the function (a database that only has the platform) there is nothing to keep open.
ABSENT_SECONDS = 60.0
RECONNECT_SECONDS = 1.0

log = logging.getLogger("bdh.ticker")


class Ticker:
    """Starts with the gateway and stops with it; the database may come and go meanwhile."""

    def __init__(
        self,
        address: DatabaseAddress,
        interval_seconds: float = INTERVAL_SECONDS,
        after_tick: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
    ) -> None:
        self._dsn = address.dsn("postgres")
        self._after_tick = after_tick
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = tasks.start(self._run(), "the ticker")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                pause = await self._tick_while_connected()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("schedules not run: %s", error)
                pause = RECONNECT_SECONDS
            await asyncio.sleep(pause)

    async def _tick_while_connected(self) -> float:
        """Tick until the connection breaks; how long to wait if there is nothing to call."""
        connection = await asyncpg.connect(self._dsn)
        try:
            while await connection.fetchval("select to_regprocedure('private.run_schedules()')"):
                await connection.execute("select private.run_schedules()")
                if self._after_tick is not None:
                    await self._after_tick(connection)
                await asyncio.sleep(self._interval_seconds)
            return ABSENT_SECONDS
        finally:
            # `close` would wait for a server that may be gone.
            connection.terminate()
