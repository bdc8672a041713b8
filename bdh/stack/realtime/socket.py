"""A WebSocket of the ASGI server, joined to a `Connection`: handshake, reading, its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from bdh.stack.realtime import refusals
from bdh.stack.realtime.connection import Connection
from bdh.stack.realtime.core import Core
from bdh.stack.realtime.frames import Version, dumps
from bdh.stack.realtime.identity import Identity
from bdh.stack.realtime.outbox import Outbox, Send
from bdh.stack.realtime.refusals import Refusal, Refused

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Scope = Mapping[str, Any]

# How long a client that did not read its frames may take to read that it is closed.
ABANDON_SECONDS = 5.0


class Socket:
    """One accepted WebSocket, from the handshake to its end."""

    __slots__ = ("_abandoned", "_outbox", "_task", "connection")

    def __init__(self, core: Core, version: Version, identity: Identity, headers: str) -> None:
        self._outbox = Outbox(core.limits, self._overflowed)
        self.connection = Connection(core, version, identity, headers, self._outbox)
        self._task: asyncio.Task[Any] | None = None
        self._abandoned = False

    def close(self, code: int, reason: str) -> None:
        self._outbox.close(code, reason)

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the socket until either side ends it."""
        self._task = asyncio.current_task()
        writer = asyncio.create_task(self._outbox.drain(send))
        try:
            await self._read(receive)
        except asyncio.CancelledError:
            if not self._abandoned or self._task is None:
                raise
            self._task.uncancel()
        finally:
            self.connection.close()
            writer.cancel()

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await self.connection.feed(message["bytes"] if text is None else text)

    def _overflowed(self) -> None:
        """Leave all topics at once: nobody may wait for a reader that does not read."""
        logger.warning("closed a slow consumer")
        self.connection.close()
        asyncio.get_running_loop().call_later(ABANDON_SECONDS, self._abandon)

    def _abandon(self) -> None:
        if self._task is not None and not self._task.done():
            self._abandoned = True
            self._task.cancel()


def open_socket(core: Core, scope: Scope, socket_count: int) -> Socket:
    """
    Check the handshake's key, version and the cap on sockets.

    Raises:
        Refused: answered over HTTP.
    """
    query = parse_qs(scope["query_string"].decode("latin-1"))
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    key = headers.get("x-api-key") or query.get("apikey", [""])[0]
    if not key:
        raise Refused(refusals.KEY_MISSING)
    limits = core.limits
    if limits.max_sockets is not None and socket_count >= limits.max_sockets:
        raise Refused(refusals.TOO_MANY_SOCKETS)
    identity = core.identities.of_key(key, core.wall())
    version: Version = 2 if query.get("vsn", ["1.0.0"])[0].startswith("2.") else 1
    # Hosted shows policies only these headers of the handshake.
    shown = {name: value for name, value in headers.items() if name.startswith("x-")}
    shown.pop("x-api-key", None)
    return Socket(core, version, identity, dumps(shown))


async def refuse_handshake(send: Send, refusal: Refusal, delay_seconds: float) -> None:
    """Answer a handshake with plain HTTP, late enough that retries do no harm."""
    await asyncio.sleep(delay_seconds)
    body = dumps({"error": refusal.text}).encode()
    headers = [(b"content-type", b"application/json")]
    await send(
        {
            "type": "websocket.http.response.start",
            "status": refusal.status,
            "headers": headers,
        }
    )
    await send({"type": "websocket.http.response.body", "body": body})
