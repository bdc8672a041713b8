"""One websocket for the whole process: pushes for every wait, presence, news for subscribers."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bdh.api.feed import TokenSource
from bdh.core.ports import Hint

if TYPE_CHECKING:
    from bdh.api.subscription import Message, Subscription

MAX_HINTS = 1000


class AbandonedError(Exception):
    """The client cancelled the call, or has gone."""


class WaitFeed:
    """`ports.Feed` for one wait, read by a thread; `cancel` ends it from any other."""

    def __init__(self, is_live: Callable[[], bool]) -> None:
        self._is_live = is_live
        self._hints: queue.Queue[Hint | None] = queue.Queue(MAX_HINTS)
        self._cancelled = False

    @property
    def live(self) -> bool:
        """See `ports.Feed`."""
        return self._is_live()

    def next(self, timeout_seconds: float) -> Hint | None:
        """
        See `ports.Feed`.

        Raises:
            AbandonedError: nobody waits any more.
        """
        if not self._cancelled:
            with contextlib.suppress(queue.Empty):
                hint = self._hints.get(timeout=max(timeout_seconds, 0.0))
                if not self._cancelled:
                    return hint
        if self._cancelled:
            raise AbandonedError
        return None

    def put(self, hint: Hint) -> None:
        """Hand on a hint; a reader that is far behind needs no more of them."""
        with contextlib.suppress(queue.Full):
            self._hints.put_nowait(hint)

    def cancel(self) -> None:
        """The reader's thread should end."""
        self._cancelled = True
        with contextlib.suppress(queue.Full):
            self._hints.put_nowait(None)


@dataclass(frozen=True)
class Me:
    """Who listens."""

    workspace_id: str
    project_id: str
    alias: str


class Ears:
    """
    Listens for one workspace from the first wait on, or from `start`, until `stop`.

    Args:
        token: The workspace's access token; may ask the backend, and block.

    `on_event` is called in the event loop when something happened in the project.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token: TokenSource,
        me: Me,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._address = (url, key)
        self._token = token
        self._me = me
        self._loop = loop
        self.on_event: Callable[[], None] = _ignore
        self._lock = threading.Lock()
        self._feeds: set[WaitFeed] = set()
        self._subscriptions: list[Subscription] = []
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def listen(self) -> WaitFeed:
        """A feed for one wait; from any thread."""
        feed = WaitFeed(self._live)
        with self._lock:
            self._feeds.add(feed)
            if self._stopped:
                # A wait that was being opened when the process was told to end.
                feed.cancel()
                return feed
        self._loop.call_soon_threadsafe(self.start)
        return feed

    def forget(self, feed: WaitFeed) -> None:
        """The wait is over."""
        with self._lock:
            self._feeds.discard(feed)

    def start(self) -> None:
        """Connect, if that was not done before; in the event loop."""
        if self._task is None and not self._stopped:
            self._task = self._loop.create_task(self._run(), name="ears")

    async def stop(self) -> None:
        """Disconnect, and end every wait."""
        with self._lock:
            self._stopped = True
            for feed in self._feeds:
                feed.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _live(self) -> bool:
        known = self._subscriptions
        return bool(known) and all(one.joined for one in known)

    async def _run(self) -> None:
        # 0.2 s of imports that a client's first call should not wait for.
        from bdh.api.live import Live  # noqa: PLC0415

        project = f"project:{self._me.project_id}"
        async with Live(*self._address, self._fresh_token) as live:
            self._subscriptions = [
                live.subscribe(f"workspace:{self._me.workspace_id}", self._received, self._joined),
                live.subscribe(
                    project, self._happened, self._joined, presence_key=self._me.workspace_id
                ),
            ]
            me = {"kind": "workspace", "id": self._me.workspace_id, "name": self._me.alias}
            await live.track(project, me)
            await asyncio.Event().wait()

    async def _fresh_token(self, rejected: str | None = None) -> str:
        return await asyncio.to_thread(self._token, rejected)

    def _received(self, message: Message) -> None:
        self._tell(Hint(message.event, dict(message.payload)))

    def _happened(self, message: Message) -> None:
        self._received(message)
        self.on_event()

    def _joined(self) -> None:
        if self._live():
            self._tell(Hint("subscribed"))
            self.on_event()

    def _tell(self, hint: Hint) -> None:
        with self._lock:
            feeds = list(self._feeds)
        for feed in feeds:
            feed.put(hint)


def _ignore() -> None:
    """Nobody wants to know."""
