"""Where an agent's requests are served: threads for its calls, subscribers to its news."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp_types import SubscriptionsListenRequestParams, SubscriptionsListenResult

from bdh.errors import BdhError
from bdh.mcp.agent import Agent
from bdh.mcp.resources import STATUS
from bdh.models.notices import Notice

T = TypeVar("T")

CALL_THREADS = 16
WAIT_THREADS = 256
HEARTBEAT_SECONDS = 120.0
# Many events in a moment are one update.
UPDATE_SECONDS = 1.0


class Threads:
    """Threads shared by all desks; waits have their own, so that they never hold up calls."""

    def __init__(self) -> None:
        self.calls = ThreadPoolExecutor(CALL_THREADS, thread_name_prefix="call")
        self.waits = ThreadPoolExecutor(WAIT_THREADS, thread_name_prefix="wait")

    def stop(self) -> None:
        """Let what runs come to its end: abandoned waits end their leases."""
        self.waits.shutdown(wait=True, cancel_futures=True)
        self.calls.shutdown(wait=True, cancel_futures=True)


class Desk:
    """One agent's; `open` and `close` in the event loop."""

    def __init__(self, agent: Agent, threads: Threads) -> None:
        self.agent = agent
        self._threads = threads
        self._bus = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._bus)
        self._sessions: WeakKeyDictionary[Any, tuple[ServerSession, set[str]]] = WeakKeyDictionary()
        self._updating: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._connections = 0

    def open(self) -> None:
        """Be present until `close`: heartbeats, and ears soon after the first requests."""
        self._connect()
        asyncio.get_running_loop().call_later(UPDATE_SECONDS, self.agent.ears.start)

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Be present for as long as this: a connection that a client keeps open."""
        self._connect()
        try:
            yield
        finally:
            self._connections -= 1
            if not self._connections and self._beating is not None:
                self._beating.cancel()
                self._beating = None

    def _connect(self) -> None:
        self._connections += 1
        if self._beating is None:
            loop = asyncio.get_running_loop()
            self._beating = loop.create_task(self._beat(), name="heartbeat")

    async def close(self) -> None:
        """End heartbeats, waits and the websocket."""
        tasks = [task for task in (self._beating, self._updating) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.agent.ears.stop()

    def run(self, work: Callable[[], T]) -> Awaitable[T]:
        """What `work` returns; it runs in a thread."""
        return asyncio.get_running_loop().run_in_executor(self._threads.calls, work)

    def wait(self, work: Callable[[], T]) -> Awaitable[T]:
        """The same for work that takes its time."""
        return asyncio.get_running_loop().run_in_executor(self._threads.waits, work)

    def ask(self) -> Awaitable[list[Notice]]:
        """Begin to ask what waits for the agent."""
        return self.run(self.agent.pending)

    async def fresh(self, asked: Awaitable[Sequence[Notice]]) -> list[Notice]:
        """What waits and was in no result before."""
        return self.agent.fresh(await asked)

    async def listen(
        self, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve one stream of updates."""
        self.agent.ears.start()
        return await self._listen(context, params)

    def subscribe(self, session: ServerSession, uri: str) -> None:
        """Notify this client's connection of updates (clients of the handshake era)."""
        self.agent.ears.start()
        self._sessions.setdefault(session._connection, (session, set()))[1].add(uri)

    def unsubscribe(self, session: ServerSession, uri: str) -> None:
        """No longer."""
        known = self._sessions.get(session._connection)
        if known is not None:
            known[1].discard(uri)

    def updated(self) -> None:
        """Something happened in the project; subscribers are told in a moment."""
        if self._updating is None or self._updating.done():
            self._updating = asyncio.get_running_loop().create_task(self._update())

    async def _update(self) -> None:
        await asyncio.sleep(UPDATE_SECONDS)
        await self._bus.publish(ResourceUpdated(uri=STATUS))
        for session, uris in list(self._sessions.values()):
            if STATUS in uris:
                await session.send_resource_updated(STATUS)

    async def _beat(self) -> None:
        # After a moment: a short request says by itself who is there.
        await asyncio.sleep(UPDATE_SECONDS)
        while True:
            # Away now, back later: the next call says what is wrong.
            with contextlib.suppress(BdhError):
                await self.run(self.agent.heartbeat)
            await asyncio.sleep(HEARTBEAT_SECONDS)
