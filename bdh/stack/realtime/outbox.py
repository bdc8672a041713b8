"""A socket's way out: a bounded queue and the one task that empties it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from bdh.stack.realtime.frames import Frame
from bdh.stack.realtime.limits import Limits

Send = Callable[[dict[str, Any]], Awaitable[None]]

CLOSE_TRY_AGAIN = 1013
SLOW = "slow consumer: more frames are waiting than the queue holds"


class Outbox:
    """Implements `core.Outlet`: whoever puts never waits, whoever reads too slowly is closed."""

    __slots__ = ("_bytes", "_closing", "_frames", "_limits", "_on_overflow", "_waiter")

    def __init__(self, limits: Limits, on_overflow: Callable[[], None]) -> None:
        self._limits = limits
        self._on_overflow = on_overflow
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._closing: tuple[int, str] | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, frame: Frame) -> None:
        """Queue a frame; dropped once the socket is closing."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        limits = self._limits
        if len(self._frames) > limits.queue_frames or self._bytes > limits.queue_bytes:
            self._frames.clear()
            self.close(CLOSE_TRY_AGAIN, SLOW)
            self._on_overflow()
            return
        self._wake()

    def close(self, code: int, reason: str) -> None:
        """Close the socket after what is queued; the first reason stands."""
        if self._closing is None:
            self._closing = (code, reason)
            self._wake()

    async def drain(self, send: Send) -> None:
        """Send what is queued until the socket is closed; the only caller of `send`."""
        loop = asyncio.get_running_loop()
        frames = self._frames
        try:
            while True:
                while frames:
                    frame = frames.popleft()
                    self._bytes -= len(frame)
                    kind = "text" if isinstance(frame, str) else "bytes"
                    await send({"type": "websocket.send", kind: frame})
                if self._closing is not None:
                    code, reason = self._closing
                    await send({"type": "websocket.close", "code": code, "reason": reason})
                    return
                self._waiter = loop.create_future()
                await self._waiter
        except (OSError, RuntimeError):
            # The client is gone or the server has closed the socket (uvicorn says the latter with
            # a RuntimeError); the reader learns it from the server.
            self._closing = self._closing or (1006, "")
            frames.clear()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
