"""One topic of a long-lived process, from one client and channel to the next."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeSubscribeStates

from bdh.errors import RefusedError

logger = logging.getLogger(__name__)

# What the server says when no other try can help, and when a newer token might.
UNAUTHORIZED = "Unauthorized"
STALE_TOKEN = ("InvalidJWTToken", "MalformedJWT", "JwtSignatureError")
RECREATE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """A broadcast: a hint, which may be missing or come twice. `id` is the database's, if any."""

    topic: str
    event: str
    payload: Mapping[str, Any]
    id: str | None


class Subscription:
    """
    A private topic and its callbacks.

    Callbacks are plain functions, called in the event loop; what they raise is logged and harms
    nobody. `on_subscribed` is called at the first join and after every gap: what was missed must
    then be read after the caller's cursor.
    """

    def __init__(
        self,
        topic: str,
        on_message: Callable[[Message], None],
        on_subscribed: Callable[[], None] | None,
        on_presence: Callable[[], None] | None,
        presence_key: str,
        wake: Callable[[], None],
    ) -> None:
        self.topic = topic
        self.joined = False
        self.refused: str | None = None
        self.stale_token = False
        self._on_message = on_message
        self._on_subscribed = on_subscribed
        self._on_presence = on_presence
        self._presence_key = presence_key
        self._wake = wake
        self._meta: dict[str, Any] | None = None
        self._channel: AsyncRealtimeChannel | None = None
        self._recreate_at = 0.0
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def wait(self, timeout_seconds: float) -> bool:
        """
        Whether the topic was joined in time.

        Raises:
            RefusedError: `realtime_refused`, for good.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._settled.wait()
        except TimeoutError:
            return False
        if self.refused is not None:
            raise RefusedError(f"Cannot listen: {self.refused}", code="realtime_refused")
        return self.joined

    async def track(self, meta: Mapping[str, Any]) -> None:
        """Be present with `meta`, from now on: after a gap it is told again."""
        self._meta = dict(meta)
        if self.joined and self._channel is not None:
            await self._channel.track(self._meta)

    def present(self) -> dict[str, list[dict[str, Any]]]:
        """Who is present, by key, as far as known."""
        state: dict[str, Any] = self._channel.presence_state() if self._channel else {}
        return {key: [dict(meta) for meta in metas] for key, metas in state.items()}

    def attach(self, client: AsyncRealtimeClient) -> None:
        """Begin to join on `client`, in the background."""
        enabled = self._on_presence is not None or self._meta is not None
        presence = {"key": self._presence_key, "enabled": enabled}
        # The client makes its own changes to these objects: never share them.
        config: Any = {"broadcast": None, "presence": presence, "private": True}
        channel = client.channel(self.topic, {"config": config})
        channel.on_broadcast("*", self._received)
        if self._on_presence is not None:
            channel.on_presence_sync(lambda: self._safely(self._on_presence))
        self._channel = channel
        self._spawn(self._join(channel))

    def detach(self) -> None:
        """The client is gone."""
        self._channel = None
        self._recreate_at = 0.0
        self._lapsed()
        for task in list(self._tasks):
            task.cancel()

    async def leave(self) -> None:
        """Leave the topic for good."""
        channel = self._channel
        self.detach()
        if channel is not None and channel.socket.is_connected:
            await channel.unsubscribe()

    async def care(self, client: AsyncRealtimeClient) -> None:
        """Join again what the server closed; leave what it refused."""
        loop = asyncio.get_running_loop()
        if self.refused is not None:
            await self.leave()
        elif self._channel is not None:
            return
        elif loop.time() >= self._recreate_at:
            self._recreate_at = loop.time() + RECREATE_SECONDS
            self.attach(client)
        else:
            loop.call_at(self._recreate_at, self._wake)

    async def _join(self, channel: AsyncRealtimeChannel) -> None:
        def state_changed(state: RealtimeSubscribeStates, error: Exception | None) -> None:
            # A channel of an earlier client has nothing more to say.
            if channel is self._channel:
                self._state_changed(state, error)

        try:
            await channel.subscribe(state_changed)
        except Exception:
            # Whatever the client raises here, the supervisor sees a channel that is not joined.
            logger.exception("joining %s", self.topic)
            self._lost_channel()

    def _state_changed(self, state: RealtimeSubscribeStates, error: Exception | None) -> None:
        if state is RealtimeSubscribeStates.SUBSCRIBED:
            self.joined = True
            self._settled.set()
            if self._meta is not None and self._channel is not None:
                self._spawn(self._channel.track(self._meta))
            self._safely(self._on_subscribed)
            return
        self._lapsed()
        if state is RealtimeSubscribeStates.CLOSED:
            self._lost_channel()
        elif state is RealtimeSubscribeStates.CHANNEL_ERROR:
            self._failed(reason_of(error))

    def _failed(self, reason: str) -> None:
        if reason.startswith(UNAUTHORIZED):
            self.refused = reason
            self._settled.set()
            self._wake()
        elif reason.startswith(STALE_TOKEN):
            self.stale_token = True
            self._wake()

    def _lost_channel(self) -> None:
        self._channel = None
        self._lapsed()
        self._wake()

    def _lapsed(self) -> None:
        self.joined = False
        if self.refused is None:
            self._settled.clear()

    def _received(self, broadcast: Mapping[str, Any]) -> None:
        message = Message(
            topic=self.topic,
            event=broadcast["event"],
            payload=broadcast["payload"],
            id=broadcast.get("meta", {}).get("id"),
        )
        self._safely(lambda: self._on_message(message))

    def _safely(self, callback: Callable[[], None] | None) -> None:
        # An exception would end the client's reader, and nobody would notice.
        try:
            if callback is not None:
                callback()
        except Exception:
            logger.exception("a callback of %s failed", self.topic)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Exception:
            logger.exception("on %s", self.topic)


def reason_of(error: Exception | None) -> str:
    """The server's words in the client's exception; empty when it is of another kind."""
    try:
        content = json.loads(str(error))
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    return str(content.get("reason") or content.get("message") or "")
