"""The ASGI application: WebSockets, broadcasting over HTTP, health, and the background work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import asyncpg

from bdh.stack import tasks
from bdh.stack.database import DatabaseUnavailableError
from bdh.stack.realtime import socket as sockets
from bdh.stack.realtime.access import DatabaseAccess
from bdh.stack.realtime.broadcast_api import Answer, BroadcastApi, Request
from bdh.stack.realtime.core import Core
from bdh.stack.realtime.feed import Feed
from bdh.stack.realtime.frames import dumps
from bdh.stack.realtime.identity import Identities
from bdh.stack.realtime.limits import Limits
from bdh.stack.realtime.outbox import Send
from bdh.stack.realtime.refusals import Refused
from bdh.stack.settings import GatewaySettings

if TYPE_CHECKING:
    from bdh.stack.tokens import Tokens

logger = logging.getLogger(__name__)

CLOSE_RESTART = 1012
MAINTAIN_SECONDS = 3600.0
MAINTAIN_RETRY_SECONDS = 30.0
STOP_SECONDS = 2.0
# An entry of `bdh.sent` that is no message: whose channels to check again.
REVOKE = "revoke:"
PREFIXES = ("/realtime/v1", "/socket")
SOCKET_PATHS = frozenset({"/websocket", "/websocket/"})
HEALTH_PATHS = frozenset({"/api/ping", "/ping", "/healthcheck", "/health"})


class RealtimeApp:
    """
    An embedded Realtime server; paths come with or without their public prefix.

    Sockets are accepted before Postgres answers: joins wait for it a few seconds.
    """

    def __init__(
        self, settings: GatewaySettings, tokens: Tokens, limits: Limits | None = None
    ) -> None:
        self._access = DatabaseAccess(settings)
        self.core = Core(self._access, Identities(tokens), limits or Limits())
        self.feed = Feed(settings, self.core.hub, self.revoke_users)
        self._api = BroadcastApi(self.core)
        self._max_body_bytes = settings.max_body_bytes
        self._sockets: dict[sockets.Socket, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen to the database; returns at once."""
        self.feed.start()
        self._spawn(self._tick_forever(), "the clock of Realtime")
        self._spawn(self._maintain_forever(), "the upkeep of partitions")

    async def stop(self) -> None:
        """Close every socket, so that clients come back to the next process, and end."""
        for socket in list(self._sockets):
            socket.close(CLOSE_RESTART, "the gateway restarts")
        if self._sockets:
            await asyncio.wait(self._sockets.values(), timeout=STOP_SECONDS)
        await self.feed.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._access.close()

    @property
    def socket_count(self) -> int:
        return len(self._sockets)

    def publish_ids(self, ids: Iterable[str]) -> None:
        """
        Fan out rows of realtime.messages, in this order, after their commit; never blocks.

        An entry `revoke:<user id>` checks the user's channels again.
        """
        messages = []
        for entry in ids:
            if entry.startswith(REVOKE):
                self.revoke_users([entry.removeprefix(REVOKE)])
            else:
                messages.append(entry)
        if messages:
            self.feed.push(messages)

    def revoke_users(self, ids: Iterable[str]) -> None:
        """Check all private channels of these users at once and close those no longer allowed."""
        users = set(ids)
        self.core.revocations += 1
        for channel in list(self.core.hub.channels()):
            if channel.identity.subject in users:
                self._spawn(channel.reauthorize(), "a check of rights")

    async def __call__(self, scope: sockets.Scope, receive: sockets.Receive, send: Send) -> None:
        path = _relative(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await self._websocket(path, scope, receive, send)
        else:
            answer = await self._http(path, scope, receive)
            await _respond(send, answer)

    async def _websocket(
        self, path: str, scope: sockets.Scope, receive: sockets.Receive, send: Send
    ) -> None:
        if path not in SOCKET_PATHS:
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            socket = sockets.open_socket(self.core, scope, len(self._sockets))
        except Refused as refused:
            delay_seconds = self.core.limits.error_delay_seconds
            await sockets.refuse_handshake(send, refused.refusal, delay_seconds)
            return
        ended = self._sockets[socket] = asyncio.get_running_loop().create_future()
        try:
            await send({"type": "websocket.accept"})
            await socket.run(receive, send)
        finally:
            del self._sockets[socket]
            ended.set_result(None)

    async def _http(self, path: str, scope: sockets.Scope, receive: sockets.Receive) -> Answer:
        if path in HEALTH_PATHS:
            return Answer(200, {"message": "Success"})
        if scope["method"] != "POST":
            return Answer(404, {"error": "Not Found"})
        body = await _body(receive, self._max_body_bytes)
        if body is None:
            return Answer(413, {"error": "Payload Too Large"})
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        request = Request(path, scope["query_string"].decode("latin-1"), headers, body)
        if path in ("/api/broadcast", "/broadcast"):
            return await self._api.batch(request)
        names = _message_path(scope)
        if names is None:
            return Answer(404, {"error": "Not Found"})
        return await self._api.single(request, *names)

    async def _tick_forever(self) -> None:
        core = self.core
        while True:
            await asyncio.sleep(core.limits.tick_seconds)
            wall, monotonic = core.wall(), core.monotonic()
            for socket in list(self._sockets):
                socket.connection.tick(wall, monotonic)

    async def _maintain_forever(self) -> None:
        while True:
            try:
                await self._access.maintain()
                await asyncio.sleep(MAINTAIN_SECONDS)
            except (
                DatabaseUnavailableError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as error:
                logger.warning("partitions of realtime.messages: %s", error)
                await asyncio.sleep(MAINTAIN_RETRY_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = tasks.start(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _relative(path: str) -> str:
    for prefix in PREFIXES:
        if path.startswith(f"{prefix}/"):
            return path.removeprefix(prefix)
    return path


def _message_path(scope: sockets.Scope) -> tuple[str, str] | None:
    """Topic and event of `…/broadcast/{topic}/events/{event}`, whose parts may hold `%2F`."""
    raw = scope.get("raw_path") or scope["path"].encode()
    parts = raw.decode("latin-1").partition("?")[0].rsplit("/", 4)
    if len(parts) != 5 or parts[1] != "broadcast" or parts[3] != "events":
        return None
    topic, event = unquote(parts[2]), unquote(parts[4])
    return (topic, event) if topic and event else None


async def _body(receive: sockets.Receive, most: int) -> bytes | None:
    """The request's body; None when it is too long."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _respond(send: Send, answer: Answer) -> None:
    body = b"" if answer.body is None else dumps(answer.body).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", b"application/json; charset=utf-8"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
