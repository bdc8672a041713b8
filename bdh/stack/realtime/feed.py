"""
From committed rows of realtime.messages to subscribers, in commit order.

Ids come from two sides: from the gateway's own transactions by `push`, and from other sessions
by NOTIFY. One connection listens and fetches; while it is down, ids wait.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import asyncpg

from bdh.stack import tasks
from bdh.stack.database import BROKEN, NO_SERVER, connect
from bdh.stack.realtime.access import ROLE, stored_broadcast
from bdh.stack.realtime.hub import Hub
from bdh.stack.settings import GatewaySettings

logger = logging.getLogger(__name__)

MESSAGES_CHANNEL = "realtime_messages"
CONTROL_CHANNEL = "realtime_control"
BATCH = 200
MAX_WAITING = 1_000_000
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
LOST = (*NO_SERVER, *BROKEN, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

FETCH = """
select id, topic, private, event, payload::text as payload, binary_payload
from realtime.messages
where id = any($1::uuid[])
  -- Anybody connected to the database may NOTIFY, also of rows that are none to send.
  and extension = 'broadcast' and event is not null
  and (payload is not null or binary_payload is not null)
"""


class Feed:
    """Publishes rows to a hub; `revoke` gets the user ids of control messages."""

    def __init__(
        self, settings: GatewaySettings, hub: Hub, revoke: Callable[[list[str]], None]
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._revoke = revoke
        self._ids: deque[UUID] = deque(maxlen=MAX_WAITING)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def start(self) -> None:
        self._task = tasks.start(self._run(), "the feed of broadcasts")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def push(self, ids: Iterable[str]) -> None:
        """Publish these rows, whose transaction has committed; never blocks or raises."""
        for text in ids:
            try:
                self._ids.append(UUID(text))
            except ValueError:
                # Anybody connected to the database may NOTIFY anything.
                logger.warning("not the id of a message: %.60r", text)
        if len(self._ids) == MAX_WAITING:
            logger.error("Postgres is away too long: the oldest messages are dropped")
        self._wake.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await self._listen()
            except LOST as error:
                logger.info("waiting for Postgres: %s", error)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                continue
            failures = 0
            try:
                await self._pump(connection)
            except LOST as error:
                logger.info("feed: %s", error)
            finally:
                self.listening.clear()
                connection.terminate()
            # As on hosted, broadcasts are hints: clients read after their cursor.
            logger.warning("lost Postgres; messages of other sessions may have been missed")

    async def _listen(self) -> asyncpg.Connection[Any]:
        connection = await connect(self._settings, ROLE)
        try:
            connection.add_termination_listener(lambda _connection: self._wake.set())
            await connection.add_listener(MESSAGES_CHANNEL, self._on_message)
            await connection.add_listener(CONTROL_CHANNEL, self._on_control)
        except BaseException:
            connection.terminate()
            raise
        self.listening.set()
        return connection

    def _on_message(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.push([str(payload)])

    def _on_control(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            revoked = json.loads(str(payload))["revoke"]
        except (ValueError, KeyError, TypeError):
            logger.warning("not a control message: %.200r", payload)
            return
        self._revoke([revoked] if isinstance(revoked, str) else [str(user) for user in revoked])

    async def _pump(self, connection: asyncpg.Connection[Any]) -> None:
        """Publish what waits, then wait for more; returns when the connection has ended."""
        statement = await connection.prepare(FETCH)
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ids:
                batch = [self._ids[n] for n in range(min(BATCH, len(self._ids)))]
                rows = {row["id"]: row for row in await statement.fetch(batch)}
                # Only now: a connection that broke meanwhile must not have lost them.
                for _ in batch:
                    self._ids.popleft()
                await self._publish(rows[id_] for id_ in batch if id_ in rows)
            if connection.is_closed():
                return

    async def _publish(self, rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            if self._hub.overloaded():
                logger.warning("too many messages per second: dropped %s", row["id"])
                continue
            key = (bool(row["private"]), row["topic"])
            self._hub.publish(key, stored_broadcast(row["topic"], row))
            # Let the sockets' writers run, so that a burst does not fill their queues.
            await asyncio.sleep(0)
