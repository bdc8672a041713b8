"""Keeps the schema cache true: read at start, again at every `NOTIFY pgrst` and reconnect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import asyncpg

from bdh.stack import tasks
from bdh.stack.database import BROKEN, NO_SERVER, PATIENCE_SECONDS, connect
from bdh.stack.rest.catalog import Schema, read_schema
from bdh.stack.rest.errors import RestError
from bdh.stack.rest.plan import Plan
from bdh.stack.settings import GatewaySettings

log = logging.getLogger("bdh.stack.rest")

CHANNEL = "pgrst"
SCHEMA = "public"
RECONNECT_SECONDS = 0.2
#: Plans of calls kept for one schema; beyond that they are forgotten together.
MAX_PLANS = 1024
#: A stranger chooses the query string and two headers: kept at any length they fill the memory.
MAX_KEY_CHARACTERS = 1024

PlanKey = tuple[str, tuple[str, ...] | None, bytes, str, str]


class Planning:
    """One state of the schema, with the plans that were made for it."""

    __slots__ = ("plans", "schema")

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.plans: dict[PlanKey, Plan] = {}

    def remember(self, key: PlanKey, plan: Plan) -> None:
        """Keep a plan, unless the request was longer than any client's that calls often."""
        if sum(len(part) for part in key[2:]) > MAX_KEY_CHARACTERS:
            return
        if len(self.plans) >= MAX_PLANS:
            self.plans.clear()
        self.plans[key] = plan


class SchemaCache:
    """The current `Planning`, replaced as a whole whenever the schema changes."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._planning: Planning | None = None
        self._loaded = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the schema; returns once it is known, or when patience ends."""
        self._task = tasks.start(self._follow(), "the schema cache")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._loaded.wait()

    async def stop(self) -> None:
        """End the task and its connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def known(self) -> bool:
        """Whether the schema has been read at least once."""
        return self._planning is not None

    def current(self) -> Planning:
        """
        The schema as last read.

        Raises:
            RestError: PGRST002 (503) before it was read for the first time.
        """
        if self._planning is None:
            raise RestError(
                503, "PGRST002", "Could not query the database for the schema cache. Retrying.",
                headers=((b"retry-after", b"1"),),
            )  # fmt: skip
        return self._planning

    async def _follow(self) -> None:
        trouble = ""
        while True:
            try:
                await self._listen()
            except (*NO_SERVER, *BROKEN, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                # Said once, not five times a second for as long as it lasts.
                if str(error) != trouble:
                    trouble = str(error)
                    log.warning("schema cache: reading again: %s", trouble)
            else:
                trouble = ""
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        """Read, then read again after each notice, until the connection ends."""
        connection = await connect(self._settings, "authenticator")
        changed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: changed.set())
            await connection.add_listener(CHANNEL, lambda *_: changed.set())
            while not connection.is_closed():
                changed.clear()
                await self._read(connection)
                await changed.wait()
        finally:
            connection.terminate()

    async def _read(self, connection: asyncpg.Connection[Any]) -> None:
        document = await connection.fetchval("select gateway.catalog($1)", SCHEMA)
        self._planning = Planning(read_schema(json.loads(document)))
        self._loaded.set()
