"""Pushed hints for a program without an event loop: `Live` in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from bdh.core.ports import Hint

if TYPE_CHECKING:
    from bdh.api.subscription import Message, Subscription

# Hints are reasons to look: a reader that is far behind needs no more of them.
MAX_HINTS = 1000


class TokenSource(Protocol):
    """The actor's access token, other than `rejected`; may ask the backend, and block."""

    def __call__(self, rejected: str | None = None) -> str: ...


class LiveFeed:
    """
    `ports.Feed` over private topics such as `workspace:<id>`.

    As a context manager it starts its thread, and ends it without waiting for goodbyes.

    Args:
        presence: What to track on the first topic, under its `id`, so that others see us there.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token: TokenSource,
        topics: Sequence[str],
        presence: Mapping[str, Any] | None = None,
    ) -> None:
        self._address = (url, key)
        self._token = token
        self._topics = tuple(topics)
        self._presence = dict(presence) if presence else None
        self._hints: queue.Queue[Hint] = queue.Queue(MAX_HINTS)
        self._subscriptions: list[Subscription] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._ended is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended.set)

    @property
    def live(self) -> bool:
        """See `ports.Feed`."""
        known = self._subscriptions
        return bool(known) and all(subscription.joined for subscription in known)

    def next(self, timeout_seconds: float) -> Hint | None:
        """See `ports.Feed`."""
        try:
            return self._hints.get(timeout=max(timeout_seconds, 0.0))
        except queue.Empty:
            return None

    def _run(self) -> None:
        # What goes wrong here shows as a feed that is not live, and the reader polls.
        logging.getLogger("bdh.api").addHandler(logging.NullHandler())
        asyncio.run(self._main())

    async def _main(self) -> None:
        # 0.2 s of imports: in this thread, beside the caller's first request.
        from bdh.api.live import Live  # noqa: PLC0415

        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        presence_key = str((self._presence or {}).get("id", ""))
        async with Live(*self._address, self._fresh_token) as live:
            self._subscriptions = [
                live.subscribe(topic, self._received, self._subscribed, presence_key=presence_key)
                for topic in self._topics
            ]
            if self._presence is not None:
                await live.track(self._topics[0], self._presence)
            await self._ended.wait()

    async def _fresh_token(self, rejected: str | None = None) -> str:
        return await asyncio.to_thread(self._token, rejected)

    def _received(self, message: Message) -> None:
        self._put(Hint(message.event, dict(message.payload)))

    def _subscribed(self) -> None:
        if self.live:
            self._put(Hint("subscribed"))

    def _put(self, hint: Hint) -> None:
        with contextlib.suppress(queue.Full):
            self._hints.put_nowait(hint)
