"""Connections to Postgres, one pool per login role, that outlive a restart of the server.

Why not asyncpg's own pool: it resets every connection with one more round trip when it comes
back, and wraps it in a proxy. Here each request is one statement in its own transaction, so
there is nothing to reset (all settings are transaction-local), and the hot path takes a
connection from a list.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from bdh.stack.settings import GatewaySettings

if TYPE_CHECKING:
    from asyncpg.prepared_stmt import PreparedStatement

#: How long a request waits for Postgres to come back, and for a free connection.
PATIENCE_SECONDS = 5.0
RETRY_SECONDS = 0.05
CLOSE_SECONDS = 1.0

#: What asyncpg raises when there is no server, or one that is starting or stopping.
NO_SERVER = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)

#: A statement that ends so may or may not have been committed.
BROKEN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,
)

#: What a connection says whose session role a function changed for good: it may not even call
#: the gateway's function, so nothing was run. Such a connection is replaced.
ROLE_KEPT = "permission denied for function run_request"


class DatabaseUnavailableError(Exception):
    """No connection within `PATIENCE_SECONDS`: nothing was sent, the call may be repeated."""


class OutcomeUnknownError(Exception):
    """The connection broke after a statement was sent: it may have been committed or not."""


class _LinkLostError(Exception):
    """A connection that can no longer be used; `nothing_sent` says the statement was not run."""

    def __init__(self, *, nothing_sent: bool) -> None:
        super().__init__()
        self.nothing_sent = nothing_sent


class Link:
    """One connection with its prepared statements; belongs to one request at a time."""

    __slots__ = ("connection", "statements")

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self.connection = connection
        self.statements: dict[str, PreparedStatement[Any]] = {}


class Pool:
    """Up to `size` connections of one login role, opened when needed."""

    def __init__(self, settings: GatewaySettings, role: str, size: int) -> None:
        self._settings = settings
        self._role = role
        self._free_slots = size
        self._idle: list[Link] = []
        # In turn: a link that comes back goes to the first of them, else who asks again and again
        # would take it each time. `None` says that there is room for a new one.
        self._waiting: deque[asyncio.Future[Link | None]] = deque()
        self._closed = False

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection[Any]]:
        """
        A connection for the length of the block.

        Raises:
            DatabaseUnavailableError: none came free, or Postgres did not answer, in time.
        """
        link = await self.take()
        try:
            yield link.connection
        finally:
            self.give_back(link)

    async def take(self) -> Link:
        """A live link, to be returned with `give_back`; the hot path of a request."""
        while self._idle:
            link = self._idle.pop()
            if not link.connection.is_closed():
                return link
            self._free_slots += 1
        return await self._wait_or_open()

    def give_back(self, link: Link) -> None:
        """Return `link`; a broken one (or one with an open transaction) is dropped."""
        connection = link.connection
        if connection.is_closed() or self._closed or connection.is_in_transaction():
            connection.terminate()
            self._free_slots += 1
            self._hand_on(None)
        elif not self._hand_on(link):
            self._idle.append(link)

    async def run(self, sql: str, *arguments: object, repeatable: bool) -> list[asyncpg.Record]:
        """
        The rows of one statement, which is its own transaction.

        With `repeatable` (it only reads) a broken connection means another try; a write is
        never sent twice.

        Raises:
            DatabaseUnavailableError: nothing was sent.
            OutcomeUnknownError: a write was sent and the connection broke before its answer.
            asyncpg.PostgresError: Postgres refused the statement.
        """
        deadline = 0.0
        while True:
            try:
                return await self._run_once(sql, arguments)
            except _LinkLostError as lost:
                if not (repeatable or lost.nothing_sent):
                    raise OutcomeUnknownError from lost.__cause__
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + PATIENCE_SECONDS
                if now > deadline:
                    raise DatabaseUnavailableError from lost.__cause__
                await asyncio.sleep(RETRY_SECONDS)

    async def _run_once(self, sql: str, arguments: tuple[object, ...]) -> list[asyncpg.Record]:
        link = await self.take()
        sent = False
        try:
            statement = link.statements.get(sql)
            if statement is None:
                statement = link.statements[sql] = await link.connection.prepare(sql)
            sent = True
            return await statement.fetch(*arguments)
        except asyncio.CancelledError:
            # The caller went away: asyncpg asks the server to cancel, which is a race.
            link.connection.terminate()
            raise
        except asyncpg.InsufficientPrivilegeError as error:
            if str(error) != ROLE_KEPT:
                raise
            link.connection.terminate()
            raise _LinkLostError(nothing_sent=True) from error
        except BROKEN as error:
            # A function may raise these SQLSTATEs itself; then the connection lives on.
            if getattr(error, "severity_en", None) == "ERROR":
                raise
            link.connection.terminate()
            raise _LinkLostError(nothing_sent=not sent) from error
        finally:
            self.give_back(link)

    async def _wait_or_open(self) -> Link:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    while self._idle:
                        link = self._idle.pop()
                        if not link.connection.is_closed():
                            return link
                        self._free_slots += 1
                    if self._free_slots > 0:
                        return await self._open()
                    handed = await self._queue()
                    if handed is None:
                        continue
                    if not handed.connection.is_closed():
                        return handed
                    self._free_slots += 1
        except TimeoutError as expired:
            raise DatabaseUnavailableError from expired

    async def _queue(self) -> Link | None:
        turn: asyncio.Future[Link | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                link = turn.result()
                if link is None:
                    self._hand_on(None)
                else:
                    self.give_back(link)
            raise

    def _hand_on(self, link: Link | None) -> bool:
        """Give `link`, or the room for one, to who waits longest; whether anybody did."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(link)
                return True
        return False

    async def _open(self) -> Link:
        """Connect, trying again until the caller's timeout while Postgres is not there."""
        self._free_slots -= 1
        try:
            while True:
                try:
                    return Link(await connect(self._settings, self._role))
                except NO_SERVER:
                    await asyncio.sleep(RETRY_SECONDS)
        except BaseException:
            self._free_slots += 1
            self._hand_on(None)
            raise

    async def close(self) -> None:
        """Close what is idle; what is in use is closed when it comes back."""
        self._closed = True
        links, self._idle = self._idle, []
        closing = (link.connection.close(timeout=CLOSE_SECONDS) for link in links)
        await asyncio.gather(*closing, return_exceptions=True)


class Database:
    """The pools of the gateway by login role; made when first asked for."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._pools: dict[str, Pool] = {}

    def pool(self, role: str) -> Pool:
        """The pool of login role `role`."""
        pool = self._pools.get(role)
        if pool is None:
            pool = self._pools[role] = Pool(self._settings, role, self._settings.pool_size)
        return pool

    async def close(self) -> None:
        """Close all pools."""
        for pool in self._pools.values():
            await pool.close()


async def connect(settings: GatewaySettings, role: str) -> asyncpg.Connection[Any]:
    """
    A connection of login role `role` with the gateway's session settings.

    The statement timeout belongs to the session: Postgres starts its clock before a statement
    runs, so a setting made inside it comes too late.
    """
    address = settings.database
    return await asyncpg.connect(
        host=address.host,
        port=address.port,
        database=address.name,
        user=role,
        password=address.password,
        timeout=PATIENCE_SECONDS,
        ssl=False,
        server_settings={
            "application_name": "bdh gateway",
            "statement_timeout": f"{int(settings.statement_timeout_seconds * 1000)}ms",
            "jit": "off",
        },
    )
