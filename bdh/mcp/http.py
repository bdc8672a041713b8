"""
Many clients over streamable HTTP, each with the bearer token of its workspace.

Two kinds of token are taken: the lasting one in a served directory's `.bdh/mcp-token`, and a
workspace's own access token, which the backend checks with every call. Host and Origin are
checked by the SDK's transport, against DNS rebinding.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bdh.errors import BdhError, NotSetUpError, UsageError
from bdh.local.directory import Identity
from bdh.mcp.desk import Desk, Threads
from bdh.mcp.guests import Guests
from bdh.mcp.server import Context, build
from bdh.mcp.workspace import Place, desk_of

PATH = "/mcp"
TOKEN_FILE = "mcp-token"  # noqa: S105  (a file's name)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared with, not listened on)


def token_of(identity: Identity) -> str:
    """The lasting token of a workspace on this machine; made once, for its owner only."""
    path = identity.folder / TOKEN_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    token = f"bdh_mcp_{secrets.token_urlsafe(32)}"
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    return token


class Bearer:
    """Lets in who has a token, with the desk it stands for in the scope."""

    def __init__(self, app: ASGIApp, resident: Desk, token: str, guests: Guests) -> None:
        self._app = app
        self._resident = resident
        self._token = token.encode()
        self._guests = guests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            desk = await self._desk(_bearer(scope))
        except BdhError as error:
            code = 503 if error.exit_code == 4 else 401
            headers = {"WWW-Authenticate": 'Bearer realm="bdh"'} if code == 401 else {}
            return await JSONResponse(error.as_json(), code, headers)(scope, receive, send)
        name = desk.agent.me.workspace_id
        # A session belongs to whoever opened it: the SDK compares the user.
        known = AccessToken(token="", client_id=name, scopes=[], subject=name)
        inner = {**scope, "user": AuthenticatedUser(known), "bdh.desk": desk}
        # A stream or a wait that stays open shows that the client is there, as a pipe does.
        with desk.connected():
            return await self._app(inner, receive, send)

    async def _desk(self, token: bytes) -> Desk:
        if not token:
            raise NotSetUpError(
                "There is no bearer token", code="not_signed_in", hint="cat .bdh/mcp-token"
            )
        if hmac.compare_digest(token, self._token):
            return self._resident
        return await self._guests.desk(token)


def _bearer(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            found: bytes = value[7:].strip()
            return found
    return b""


async def find(context: Context) -> Desk:
    """The desk that `Bearer` put into the request."""
    if context.request is None:
        raise MCPError(INTERNAL_ERROR, "The request came by another way than HTTP")
    desk: Desk = context.request.scope["bdh.desk"]
    return desk


@asynccontextmanager
async def application(place: Place, host: str, port: int) -> AsyncIterator[ASGIApp]:
    """The ASGI application; its parts live as long as the context."""
    threads = Threads()
    resident = desk_of(place, threads)
    guests = Guests(place, threads)
    inner = build(find).streamable_http_app(
        streamable_http_path=PATH, transport_security=_security(host, port), host=host
    )
    resident.open()
    try:
        async with inner.router.lifespan_context(inner):
            yield Bearer(inner, resident, token_of(place.identity), guests)
    finally:
        await resident.close()
        await guests.close()
        threads.stop()


def _security(host: str, port: int) -> TransportSecuritySettings:
    own = [f"[{host}]" if ":" in host else host]
    if host in EVERYWHERE:
        # Told to listen on the network: by the machine's name and addresses too.
        own = [socket.gethostname(), socket.getfqdn(), *_addresses()]
    names = dict.fromkeys((*LOOPBACK, *own))
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[f"{name}:{port}" for name in names],
        allowed_origins=[f"{scheme}://{name}:{port}" for name in names for scheme in SCHEMES],
    )


SCHEMES = ("http", "https")


def _addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [f"[{where[0]}]" if ":" in str(where[0]) else str(where[0]) for *_, where in found]


class _Server(uvicorn.Server):
    """Ends at a signal by returning: uvicorn's own way kills the process before leases end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(place: Place, host: str, port: int) -> None:
    """Serve until a signal comes; the address and where the token is go to standard error."""
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    async with application(place, host, port) as app:
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", access_log=False, timeout_graceful_shutdown=3
        )
        shown = f"[{host}]" if ":" in host else host
        token_file = Path(place.identity.folder) / TOKEN_FILE
        place.say(f"MCP at http://{shown}:{port}{PATH}, bearer token in {token_file}")
        await _Server(config).serve([listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror}", code="usage", hint="--port 0"
        ) from error
