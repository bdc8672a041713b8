"""
Channels for long-lived processes: chat waits, watching, presence.

The official client does the protocol; `Live` makes up for what it lacks. It never lets a callback
end the reader, notices a reader that has ended, makes a new client whenever the connection is lost
(the client's own reconnecting gives up, or waits a minute), joins again what the server closed,
takes a refusal as final, and keeps the token fresh. Messages are hints all the same: callers read
after their cursor whenever `on_subscribed` is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from realtime import AsyncRealtimeClient
from websockets.exceptions import WebSocketException

from bdh.api.subscription import Message, Subscription
from bdh.errors import BdhError

logger = logging.getLogger(__name__)
# The client logs lost connections as errors; a command line must not show them.
logging.getLogger("realtime").addHandler(logging.NullHandler())

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DELAYS_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
WATCH_SECONDS = 15.0
# For connecting and for joining; the embedded server may wait 5 s for its database.
CONNECT_SECONDS = 10
CLOSE_SECONDS = 1.0

FAILURES = (OSError, TimeoutError, WebSocketException, BdhError)


class TokenProvider(Protocol):
    """The actor's access token; called often, and with a token that was refused."""

    def __call__(self, rejected: str | None = None) -> Awaitable[str]: ...


class Status(Enum):
    """What `on_status` is told, once per change."""

    CONNECTED = "connected"
    LOST = "lost"
    UNREACHABLE = "unreachable"


class Live:
    """
    Subscriptions that outlive connections; an async context manager.

    Args:
        url: The backend; Realtime is below it.
        token: For example `LiveClient.access_token`.
        on_status: Told of changes, with a sentence for people; a plain function.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token: TokenProvider,
        *,
        on_status: Callable[[Status, str], None] | None = None,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._url = f"{url.rstrip('/')}/realtime/v1"
        self._key = key
        self._provide_token = token
        self._on_status = on_status
        self._watch_seconds = watch_seconds
        self._subscriptions: dict[str, Subscription] = {}
        self._client: AsyncRealtimeClient | None = None
        self._told: str | None = None
        self._status: Status | None = None
        self._wake = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        _bypass_proxy(self._url)
        self._supervisor = asyncio.create_task(self._supervise(), name="realtime supervisor")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now; without one callers poll."""
        return self._status is Status.CONNECTED

    def subscribe(
        self,
        topic: str,
        on_message: Callable[[Message], None],
        on_subscribed: Callable[[], None] | None = None,
        *,
        on_presence: Callable[[], None] | None = None,
        presence_key: str = "",
    ) -> Subscription:
        """
        Listen to a private topic, as soon and as long as there is a connection.

        Args:
            on_subscribed: Called at every join: read now what came before.
            on_presence: Called when who is present changes; see `Subscription.present`.
            presence_key: Under what this process is present.
        """
        if topic in self._subscriptions:
            raise ValueError(f"already subscribed to {topic}")
        subscription = Subscription(
            topic, on_message, on_subscribed, on_presence, presence_key, self._wake.set
        )
        self._subscriptions[topic] = subscription
        self._wake.set()
        return subscription

    async def unsubscribe(self, topic: str) -> None:
        """Leave a topic; unknown ones are ignored."""
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            with contextlib.suppress(*FAILURES):
                await subscription.leave()

    async def track(self, topic: str, meta: Mapping[str, Any]) -> None:
        """Be present on a subscribed topic with `meta`, also after a gap."""
        await self._subscriptions[topic].track(meta)

    async def _supervise(self) -> None:
        attempt = 0
        while True:
            client = AsyncRealtimeClient(
                self._url, self._key, auto_reconnect=False, timeout=CONNECT_SECONDS
            )
            try:
                await self._connect(client)
                attempt = 0
                self._tell(Status.CONNECTED, "Realtime is connected")
                await self._tend(client)
                self._tell(Status.LOST, "Realtime lost its connection")
            except FAILURES as error:
                self._tell(Status.UNREACHABLE, f"Realtime cannot be reached: {error}")
            except Exception as error:
                # The last line: a fault of the client costs a connection, not the process's ears.
                logger.exception("supervising Realtime")
                self._tell(Status.UNREACHABLE, f"Realtime failed: {error}")
            finally:
                await self._dispose(client)
            # Not all clients of a gateway that comes back may arrive in the same instant.
            delay_seconds = DELAYS_SECONDS[min(attempt, len(DELAYS_SECONDS) - 1)]
            await asyncio.sleep(delay_seconds * random.uniform(0.5, 1.0))  # noqa: S311
            attempt += 1

    async def _connect(self, client: AsyncRealtimeClient) -> None:
        self._told = None
        await self._refresh_token(client)
        await client.connect()
        self._client = client

    async def _tend(self, client: AsyncRealtimeClient) -> None:
        """Look after a connected client; returns when its connection or its reader has ended."""
        reader = client._listen_task
        if reader is None:
            return
        reader.add_done_callback(self._reader_ended)
        while client.is_connected and not reader.done():
            self._wake.clear()
            # Without a new token now, the old one may still do; if not, the server closes.
            with contextlib.suppress(BdhError):
                await self._refresh_token(client)
            for subscription in list(self._subscriptions.values()):
                await subscription.care(client)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._watch_seconds):
                    await self._wake.wait()

    async def _refresh_token(self, client: AsyncRealtimeClient) -> None:
        stale = [one for one in self._subscriptions.values() if one.stale_token]
        token = await self._provide_token(self._told if stale else None)
        for subscription in stale:
            subscription.stale_token = False
        if token != self._told:
            self._told = token
            await client.set_auth(token)

    def _reader_ended(self, reader: asyncio.Task[None]) -> None:
        if not reader.cancelled() and reader.exception() is not None:
            logger.error("the reader has ended", exc_info=reader.exception())
        self._wake.set()

    async def _dispose(self, client: AsyncRealtimeClient) -> None:
        self._client = None
        for subscription in self._subscriptions.values():
            subscription.detach()
        for channel in client.get_channels():
            # Their timers would outlive the client.
            channel.rejoin_timer.reset()
            for push in (
                channel.join_push,
                *channel.messages_waiting_for_ack.values(),
                *channel._push_buffer,
            ):
                push.destroy()
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()

    def _tell(self, status: Status, sentence: str) -> None:
        if status is self._status:
            return
        self._status = status
        try:
            if self._on_status is not None:
                self._on_status(status, sentence)
        except Exception:
            logger.exception("on_status failed")


def _bypass_proxy(url: str) -> None:
    """A local gateway is never behind the proxy that the environment names."""
    host = urlsplit(url).hostname
    if host not in LOOPBACK:
        return
    # Python looks at the lower-case name first, if it is there.
    name = "no_proxy" if "no_proxy" in os.environ else "NO_PROXY"
    known = os.environ.get(name, "").split(",")
    if host not in known and "*" not in known:
        os.environ[name] = ",".join([*filter(None, known), host])
