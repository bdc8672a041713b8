"""A channel's own presence: what it tracks, how often it may, and whether it takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bdh.stack.realtime.core import Right
from bdh.stack.realtime.frames import Inbound, dumps
from bdh.stack.realtime.limits import Window

if TYPE_CHECKING:
    from bdh.stack.realtime.channel import Channel


class Tracking:
    """At most one meta, under one key; `enabled` by the join, or by tracking."""

    __slots__ = ("_calls", "_channel", "enabled", "key", "size")

    def __init__(self, channel: Channel, key: str, enabled: bool) -> None:
        self._channel = channel
        self.key = key
        self.enabled = enabled
        self.size = 0
        self._calls: Window | None = None

    async def handle(self, frame: Inbound) -> None:
        """Process a client's `presence` event."""
        channel = self._channel
        if (excess := self._excess()) is not None:
            channel.shut(excess)
            return
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        event = str(payload.get("event", "")).lower()
        if event == "track":
            await self._track(frame, payload.get("payload"))
        elif event == "untrack":
            hub = channel.connection.core.hub
            self.size = 0
            hub.announce(channel.key, hub.presence.untrack(channel.key, self.key, channel))
            channel.connection.reply(frame, "ok", {})
        else:
            channel.connection.reply(frame, "error", {})

    def _excess(self) -> str | None:
        core = self._channel.connection.core
        limits, now = core.limits, core.monotonic()
        if self._calls is None:
            self._calls = Window(limits.presence_calls)
        if not self._calls.allow(now, limits.presence_window_seconds):
            return "Client presence rate limit exceeded"
        core.presence_calls.add(1, now)
        if core.presence_calls.exceeded(now):
            return "Too many presence messages per second"
        return None

    async def _track(self, frame: Inbound, meta: Any) -> None:
        channel = self._channel
        connection, core = channel.connection, channel.connection.core
        if not isinstance(meta, dict):
            reason = {"reason": "Presence track payload must be a map"}
            connection.reply(frame, "error", reason)
        elif self._others() + (size := len(dumps(meta))) > core.limits.payload_bytes:
            channel.shut("Track message size exceeded")
        elif not await channel.may(Right.WRITE_PRESENCE):
            connection.reply(frame, "error", {})
        else:
            # Tracking enables presence on a channel that joined without it.
            self.enabled = True
            self.size = size
            diff = core.hub.presence.track(channel.key, self.key, channel, meta)
            connection.reply(frame, "ok", {})
            core.hub.announce(channel.key, diff)

    def _others(self) -> int:
        """What the socket's other channels track: together they may hold what one may."""
        channels = self._channel.connection.channels.values()
        return sum(other.tracking.size for other in channels if other is not self._channel)
