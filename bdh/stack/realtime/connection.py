"""
The protocol of one socket without the socket: frames go in by `feed`, come out by the outlet.

Frames of one socket are processed in order, one at a time; a slow join delays those behind it,
as in Phoenix.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bdh.stack.realtime import refusals
from bdh.stack.realtime.channel import Channel
from bdh.stack.realtime.core import Core, Outlet
from bdh.stack.realtime.frames import (
    Frame,
    Inbound,
    MalformedFrameError,
    Ref,
    Version,
    decode,
    dumps,
    encode_text,
)
from bdh.stack.realtime.identity import Identity
from bdh.stack.realtime.joining import parse_join
from bdh.stack.realtime.messages import PREFIX
from bdh.stack.realtime.refusals import Refused

logger = logging.getLogger(__name__)

CLOSE_GOING_AWAY = 1001


class Connection:
    """A client's socket and its channels by topic."""

    __slots__ = (
        "_empty_since",
        "_last_frame_at",
        "channels",
        "closed",
        "core",
        "headers",
        "identity",
        "outlet",
        "version",
    )

    def __init__(
        self, core: Core, version: Version, identity: Identity, headers: str, outlet: Outlet
    ) -> None:
        self.core = core
        self.version: Version = version
        self.identity = identity
        self.headers = headers
        self.outlet = outlet
        self.channels: dict[str, Channel] = {}
        self.closed = False
        self._last_frame_at = self._empty_since = core.monotonic()

    async def feed(self, data: Frame) -> None:
        """Process one frame; malformed ones are dropped, the socket stays up."""
        self._last_frame_at = self.core.monotonic()
        try:
            frame = decode(self.version, data)
        except MalformedFrameError as error:
            logger.info("dropped a frame: %s", error)
            return
        if frame.event == "phx_join":
            await self._join(frame, len(data))
        elif frame.topic == "phoenix" and frame.event == "heartbeat":
            self.reply(frame, "ok", {})
        elif (channel := self.channels.get(frame.topic)) is None:
            known = frame.event == "phx_leave"
            status, response = ("ok", {}) if known else ("error", {"reason": "unmatched topic"})
            self.reply(frame, status, response)
        elif frame.event == "phx_leave":
            channel.leave(frame)
        else:
            await channel.handle(frame, len(data))

    def tick(self, wall: float, monotonic: float) -> None:
        """Close what has been idle too long or has an expired token; called about every second."""
        for channel in list(self.channels.values()):
            if channel.expires_at <= wall:
                channel.shut(refusals.expired(int(wall - channel.expires_at)).text)
        if self.channels:
            self._empty_since = monotonic
        limits = self.core.limits
        if monotonic - self._last_frame_at > limits.idle_seconds:
            self.outlet.close(CLOSE_GOING_AWAY, "no frame within the idle timeout")
        elif monotonic - self._empty_since > limits.no_channel_seconds:
            self.outlet.close(CLOSE_GOING_AWAY, "no channel joined")

    def close(self) -> None:
        """The socket is gone: leave all channels."""
        self.closed = True
        for channel in list(self.channels.values()):
            channel.forget()

    def identify(self, token: str) -> Identity:
        """
        Who a token speaks for; one object per token, as channels of a socket mostly share it.

        Raises:
            Refused: as `Identities.of_token`.
        """
        now = self.core.wall()
        for known in (self.identity, *(channel.identity for channel in self.channels.values())):
            if known.token == token and (known.expires_at is None or known.expires_at > now):
                return known
        return self.core.identities.of_token(token, now)

    def reply(self, frame: Inbound, status: str, response: dict[str, Any]) -> None:
        payload = {"status": status, "response": response}
        self.push(frame.topic, "phx_reply", payload, ref=frame.ref, join_ref=frame.join_ref)

    def push(
        self, topic: str, event: str, payload: dict[str, Any], *, ref: Ref, join_ref: Ref
    ) -> None:
        text = encode_text(self.version, topic, event, dumps(payload), ref=ref, join_ref=join_ref)
        self.outlet.put(text)

    async def _join(self, frame: Inbound, size: int) -> None:
        if not frame.topic.startswith(PREFIX):
            self.reply(frame, "error", {"reason": "unmatched topic"})
            return
        if size > self.core.limits.join_bytes:
            await self._refuse(frame, Refused(refusals.JOIN_TOO_LARGE))
            return
        if (old := self.channels.get(frame.topic)) is not None:
            old.close()
        join_ref = frame.ref if frame.join_ref is None else frame.join_ref
        channel = Channel(self, frame.topic, join_ref, parse_join(frame.payload))
        try:
            self._check_limits(channel)
            replayed = await channel.admit()
        except Refused as refused:
            await self._refuse(frame, refused)
            return
        if self.closed:
            self.core.hub.leave(channel)
            return
        self.channels[frame.topic] = channel
        channel.open(frame, replayed)

    def _check_limits(self, channel: Channel) -> None:
        limits, now = self.core.limits, self.core.monotonic()
        if not channel.key[1]:
            raise Refused(refusals.TOPIC_REQUIRED)
        if limits.private_only and not channel.request.private:
            raise Refused(refusals.PRIVATE_ONLY)
        self.core.joins.add(1, now)
        if self.core.joins.exceeded(now):
            raise Refused(refusals.TOO_MANY_JOINS)
        if len(self.channels) >= limits.channels_per_socket:
            raise Refused(refusals.TOO_MANY_CHANNELS)

    async def _refuse(self, frame: Inbound, refused: Refused) -> None:
        # A client that retries at once must not keep the process busy.
        await asyncio.sleep(self.core.limits.error_delay_seconds)
        self.reply(frame, "error", {"reason": refused.refusal.reason})
        if refused.refusal is refusals.TOO_MANY_JOINS:
            self.outlet.close(CLOSE_GOING_AWAY, refused.refusal.text)
