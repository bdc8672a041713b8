"""The one ASGI process of the stack: REST, Auth, Realtime and the dashboard behind one address."""

from __future__ import annotations

import itertools
import json
import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bdh import __version__
from bdh.stack.asgi import (
    Allowance,
    App,
    BadRequestError,
    Header,
    Receive,
    Scope,
    Send,
    read_body,
    read_headers,
    send_response,
)
from bdh.stack.auth.app import AuthApp
from bdh.stack.database import Database
from bdh.stack.front import TlsFront
from bdh.stack.functions import Functions
from bdh.stack.guard import Guard, cors_headers, preflight_headers
from bdh.stack.metrics import Metrics
from bdh.stack.realtime.app import RealtimeApp
from bdh.stack.rest import RestApp
from bdh.stack.rest.errors import error_body
from bdh.stack.schema import schema_hash
from bdh.stack.settings import GatewaySettings
from bdh.stack.static import StaticFiles, agent_guide, dashboard_config
from bdh.stack.ticker import Ticker
from bdh.stack.tokens import Tokens

log = logging.getLogger("bdh.stack.gateway")

BODY_SECONDS = 30.0
#: Of all bodies that are being received.
UNFINISHED_BYTES = 128 * 1024 * 1024
JSON: Header = (b"content-type", b"application/json; charset=utf-8")
CLOSE: Header = (b"connection", b"close")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_UNUSUAL_ENCODING = ("", "identity")


class Gateway:
    """Checks every request once, then hands it to the part its path names."""

    def __init__(self, settings: GatewaySettings) -> None:
        tokens = Tokens(settings.secrets)
        self._max_body_bytes = settings.max_body_bytes
        self._allowance = Allowance(UNFINISHED_BYTES)
        self._guard = Guard(settings)
        self._database = Database(settings)
        self._realtime = RealtimeApp(settings, tokens)
        self._rest = RestApp(settings, self._database, tokens, self._realtime.publish_ids)
        self._auth = AuthApp(settings, self._database, tokens)
        self._functions = Functions(settings)
        self._front = _front(settings)
        self._metrics = Metrics(settings, lambda: self._realtime.socket_count)
        self._ticker = Ticker(settings.database, after_tick=self._functions.after_tick)
        self._files = StaticFiles(
            settings.dashboard_dir,
            {
                "/config.json": dashboard_config(settings.secrets.publishable_key),
                "/llms.txt": agent_guide(),
            },
        )
        self._schema = schema_hash()
        self._numbers = itertools.count(1)
        self._boot = secrets.token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = self._front.peer(scope.get("client")) if self._front is not None else None
        if peer is not None:
            scope["client"] = (peer, 0)
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        # Functions have nothing to start: their process comes when there is work.
        for part in (self._realtime, self._auth, self._rest, self._ticker):
            await part.start()
        if self._front is not None:
            await self._front.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._front is not None:
            await self._front.stop()
        for running in (self._ticker, self._functions, self._rest, self._auth, self._realtime):
            await running.stop()
        await self._database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra: list[Header] = []
        started = False
        path, began = scope["path"], time.perf_counter()

        async def send_with_extra(message: dict[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *extra]
                status = message["status"]
                self._metrics.requests.add(path, status, time.perf_counter() - began)
                if status >= 500:
                    log.warning(
                        "answered %s: %s %s", status, scope["method"], path, extra=_id(extra)
                    )
            await send(message)

        try:
            await self._checked(scope, receive, send_with_extra, extra)
        except BadRequestError as error:
            # What is left of a body that came too slowly must not become the next request.
            closing = [CLOSE] if error.status in (400, 408, 503) else []
            body = error_body(error.code, error.message, hint=error.hint)
            await send_response(send_with_extra, error.status, [JSON, *closing], body)
        except Exception:
            # The last line: a bug must reach the log and the client, and end one request only.
            log.exception("request failed: %s %s", scope["method"], path, extra=_id(extra))
            if started:
                raise
            body = error_body("internal_error", "The gateway failed; its log says why")
            await send_response(send_with_extra, 500, [JSON], body)

    async def _checked(
        self, scope: Scope, receive: Receive, send: Send, extra: list[Header]
    ) -> None:
        extra.append((b"x-request-id", self._request_id(scope)))
        headers = read_headers(scope["headers"])
        self._guard.check(headers)
        origin = headers.get("origin")
        if origin is not None:
            extra += cors_headers(origin)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await send_response(send, 204, preflight_headers(headers), b"")
                return
        if headers.get("content-encoding", "") not in _UNUSUAL_ENCODING:
            raise BadRequestError(
                415, "unsupported_encoding", "Compressed bodies are not accepted",
                hint="Send the body without content-encoding.",
            )  # fmt: skip
        body = await read_body(
            receive, headers, max_bytes=self._max_body_bytes, timeout_seconds=BODY_SECONDS,
            allowance=self._allowance,
        )  # fmt: skip
        scope["bdh.headers"] = headers
        scope["bdh.body"] = body
        await self._part(scope)(scope, _replayed(body, receive), send)

    def _request_id(self, scope: Scope) -> bytes:
        """The caller's id if it is a sober one, else a new one."""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
                given: bytes = value
                return given
        return f"{self._boot}-{next(self._numbers):x}".encode()

    def _part(self, scope: Scope) -> App:
        """The part of the gateway a path belongs to; REST and Auth see it without the prefix."""
        path: str = scope["path"]
        for prefix, app in (("/rest/v1", self._rest), ("/auth/v1", self._auth)):
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                scope["path"] = path[len(prefix) :] or "/"
                return app
        if _is_realtime(path):
            return self._realtime
        if path == "/health":
            return self._health
        if path == "/metrics":
            return self._metrics
        if path.startswith("/functions/v1/"):
            return self._functions
        return self._files

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        ready = self._rest.ready
        content: Mapping[str, str] = {
            "status": "ok" if ready else "starting",
            "version": __version__,
            "schema": self._schema,
        }
        await send_response(send, 200 if ready else 503, [JSON], json.dumps(content).encode())

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._guard.check(read_headers(scope["headers"]))
        except BadRequestError as error:
            log.warning("websocket refused: %s", error.message)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if not _is_realtime(scope["path"]):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._realtime(scope, receive, send)


def _front(settings: GatewaySettings) -> TlsFront | None:
    port = urlsplit(settings.url).port
    if settings.lan is None or port is None:
        return None
    return TlsFront(settings.lan, port)


def _id(headers: list[Header]) -> dict[str, str]:
    """The request's id, for a line of the log."""
    return {"request_id": headers[0][1].decode("latin-1") if headers else ""}


def _is_realtime(path: str) -> bool:
    return path.startswith(("/realtime/v1/", "/socket/", "/api/"))


def _replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` for a part that reads the body itself."""
    pending = [body]

    async def replay() -> Any:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replay


def create_app(settings: GatewaySettings) -> App:
    """The gateway as an ASGI app; its lifespan opens and closes everything it needs."""
    return Gateway(settings)
