"""
Hints over Realtime, by the official client in a thread of its own.

The client is rebuilt whenever anything is wrong with its connection instead of being trusted to
reconnect: it gives up after a while, retries rejections for ever, and does not notice when its
reader has died. Whoever reads hints looks at the backlog on every `subscribed`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from bdh.core.ports import Hint

if TYPE_CHECKING:
    from realtime import AsyncRealtimeChannel, AsyncRealtimeClient

JOIN_SECONDS = 10.0
TOKEN_SECONDS = 30.0
RETRY_SECONDS = (0.1, 0.3, 1.0, 2.0, 5.0)
# Hints are reasons to look: a reader that is far behind needs only one.
MAX_HINTS = 1000


class LiveFeed:
    """
    `ports.Feed` over private topics, e.g. `workspace:<id>`.

    As a context manager it starts and ends its thread.

    Args:
        token: The actor's access token; asked for again every half minute.
        presence: What to track on the first topic, so that others see this client there.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token: Callable[[], str],
        topics: Sequence[str],
        presence: Mapping[str, Any] | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._token = token
        self._topics = tuple(topics)
        self._presence = dict(presence) if presence else None
        self._hints: queue.Queue[Hint] = queue.Queue(MAX_HINTS)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self.live = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The process usually ends now: it need not wait for a polite goodbye.
        if self._loop is not None and self._work is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._work.cancel)

    def next(self, timeout_seconds: float) -> Hint | None:
        """See `ports.Feed`."""
        try:
            return self._hints.get(timeout=max(timeout_seconds, 0.0))
        except queue.Empty:
            return None

    def _run(self) -> None:
        logging.getLogger("realtime").setLevel(logging.CRITICAL + 1)
        _no_proxy_to(self._url)
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._work = asyncio.get_running_loop(), asyncio.current_task()
        failures = 0
        while True:
            before = failures
            try:
                await self._one_connection()
                failures = 0
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  (any failure means: build a new one)
                failures = failures + 1 if not self.live else 0
                self._put(Hint("down", {"reason": str(error) or type(error).__name__}))
            self.live = False
            await asyncio.sleep(RETRY_SECONDS[min(before, len(RETRY_SECONDS) - 1)])

    async def _one_connection(self) -> None:
        """One client's life; returns or raises when its connection is of no more use."""
        from realtime import AsyncRealtimeClient  # noqa: PLC0415  (0.2 s: beside the first call)

        lost = asyncio.Event()
        token = await asyncio.to_thread(self._token)
        client = AsyncRealtimeClient(f"{self._url}/realtime/v1", self._key, auto_reconnect=False)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await client.connect()
                await client.set_auth(token)
                channels = [await self._join(client, topic, lost) for topic in self._topics]
                if self._presence is not None:
                    await channels[0].track(self._presence)
            if lost.is_set():
                raise ConnectionError("the backend refused the channel")
            self.live = True
            self._put(Hint("subscribed"))
            await self._keep_fresh(client, token, lost)
        finally:
            await client.close()

    async def _join(
        self, client: AsyncRealtimeClient, topic: str, lost: asyncio.Event
    ) -> AsyncRealtimeChannel:
        tracking = self._presence is not None and topic == self._topics[0]
        config: Any = {
            "private": True,
            "broadcast": {"ack": False, "self": False},
            "presence": {"key": str((self._presence or {}).get("id", "")), "enabled": tracking},
        }
        channel = client.channel(topic, {"config": config})
        channel.on_broadcast("*", self._received)
        await channel.subscribe(lambda state, _error: self._state(state.value, lost))
        return channel

    async def _keep_fresh(
        self, client: AsyncRealtimeClient, token: str, lost: asyncio.Event
    ) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), TOKEN_SECONDS)
                return
            fresh = await asyncio.to_thread(self._token)
            if fresh != token:
                token = fresh
                await client.set_auth(token)

    def _received(self, message: Any) -> None:
        # An exception in a callback would silently end the client's reader.
        with contextlib.suppress(Exception):
            self._put(Hint(message["event"], dict(message.get("payload") or {})))

    def _state(self, state: str, lost: asyncio.Event) -> None:
        if state != "SUBSCRIBED":
            self.live = False
            lost.set()

    def _put(self, hint: Hint) -> None:
        with contextlib.suppress(queue.Full):
            self._hints.put_nowait(hint)


def _no_proxy_to(url: str) -> None:
    """A proxy of the environment is not for this machine's own backend."""
    host = urlsplit(url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if local:
        known = os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(filter(None, [known, host]))
