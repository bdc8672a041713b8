"""A Realtime server inside the test's loop, and a raw WebSocket that speaks either version."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect

from bdh.stack.realtime import Limits, RealtimeApp
from bdh.stack.realtime.frames import Inbound
from bdh.stack.settings import GatewaySettings
from bdh.stack.tokens import Tokens
from tests.support.cluster import TestDatabase

PATIENCE_SECONDS = 5.0
# What hosted and the embedded server do slowly, tests need not wait for.
QUICK = Limits(tick_seconds=0.05, error_delay_seconds=0.01)


class Got(NamedTuple):
    """A server's frame; version 1 has no join_ref."""

    topic: str
    event: str
    payload: Any
    ref: str | None
    join_ref: str | None = None


class RealtimeServer:
    """`RealtimeApp` under uvicorn on a random port, in the running loop."""

    def __init__(self, database: TestDatabase, limits: Limits | None = None) -> None:
        self.database = database
        self.secrets = database.secrets
        self.tokens = Tokens(database.secrets)
        settings = GatewaySettings(
            database=database.address,
            secrets=database.secrets,
            url="",
            mail_dir=database.place.home,
        )
        self.app = RealtimeApp(settings, self.tokens, limits or QUICK)
        self._config = uvicorn.Config(
            self.app, ws="websockets-sansio", http="httptools", lifespan="off",
            log_level="warning", ws_per_message_deflate=False, ws_max_size=5_000_000,
        )  # fmt: skip
        self._state = ServerState()
        self.url = ""

    async def __aenter__(self) -> Self:
        # Not uvicorn.Server: its main loop looks around every 0.1 s, which a hundred tests feel.
        self._config.load()
        await self.app.start()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/realtime/v1"
        await asyncio.wait_for(self.app.feed.listening.wait(), PATIENCE_SECONDS)
        return self

    def _protocol(self) -> asyncio.Protocol:
        return self._config.http_protocol_class(  # type: ignore[no-any-return,operator]
            config=self._config, server_state=self._state, app_state={}
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.app.stop()
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=PATIENCE_SECONDS)

    def token(self, user: str | None = None, *, seconds: float = 3600, **claims: Any) -> str:
        return sign(self.tokens, user, seconds=seconds, **claims)

    def raw(self, version: int, key: str | None = None) -> Raw:
        return Raw(self.url, version, key or self.secrets.publishable_key)


def sign(tokens: Tokens, user: str | None = None, *, seconds: float = 3600, **claims: Any) -> str:
    """A user's access token, as the auth server would make it."""
    now = time.time()
    standard = {"sub": user or str(uuid4()), "role": "authenticated", "exp": now + seconds}
    return tokens.sign({**standard, **claims})


class Raw:
    """A WebSocket without a client library: what it sends and gets is the protocol itself."""

    def __init__(self, url: str, version: int, key: str, path: str = "/websocket") -> None:
        self.version = version
        self._url = f"{url.replace('http', 'ws', 1)}{path}?apikey={key}&vsn={version}.0.0"
        self._refs = iter(range(1, 1_000_000))
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        self.socket = await connect(self._url, proxy=None, max_size=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def send(
        self,
        topic: str,
        event: str,
        payload: Any,
        *,
        ref: str | None = "auto",
        join_ref: Any = None,
    ) -> str | None:
        """Send a text frame; returns its ref."""
        ref = str(next(self._refs)) if ref == "auto" else ref
        if self.version == 2:
            frame: Any = [join_ref, ref, topic, event, payload]
        else:
            frame = {"topic": topic, "event": event, "payload": payload, "ref": ref}
            frame |= {"join_ref": join_ref} if join_ref else {}
        await self.socket.send(json.dumps(frame))
        return ref

    async def take(self) -> Got:
        """The next frame, whatever it is."""
        data = await asyncio.wait_for(self.socket.recv(), PATIENCE_SECONDS)
        if isinstance(data, bytes):
            return decode_kind_4(data)
        frame = json.loads(data)
        if self.version == 1:
            assert set(frame) == {"topic", "event", "payload", "ref"}
            return Got(frame["topic"], frame["event"], frame["payload"], frame["ref"])
        join_ref, ref, topic, event, payload = frame
        return Got(topic, event, payload, ref, join_ref)

    async def until(self, event: str, ref: str | None = None) -> Got:
        """The next frame of this event (and ref), passing over others."""
        while True:
            got = await self.take()
            if got.event == event and (ref is None or got.ref == ref):
                return got

    async def silent(self) -> None:
        """Nothing is on its way: a heartbeat is answered before anything else comes."""
        ref = await self.send("phoenix", "heartbeat", {})
        got = await self.take()
        assert (got.topic, got.ref) == ("phoenix", ref), got

    async def call(self, topic: str, event: str, payload: Any) -> dict[str, Any]:
        """Send and wait for the reply's payload."""
        ref = await self.send(topic, event, payload)
        got = await self.until("phx_reply", ref)
        return dict(got.payload)

    async def join(
        self, topic: str, config: Mapping[str, Any] | None = None, **payload: Any
    ) -> dict[str, Any]:
        """Join `realtime:<topic>`; the reply's payload."""
        ref = await self.send(
            f"realtime:{topic}", "phx_join", {"config": config or {}, **payload}, join_ref="j1"
        )
        return dict((await self.until("phx_reply", ref)).payload)

    async def closed(self) -> tuple[int | None, str | None]:
        """Wait until the server closes the socket; code and reason."""
        with suppress(Exception):
            while True:
                await asyncio.wait_for(self.socket.recv(), PATIENCE_SECONDS)
        return self.socket.close_code, self.socket.close_reason


def encode_user_push(inbound: Inbound, metadata: bytes = b"") -> bytes:
    """A kind-3 frame, as a client would send it."""
    assert inbound.user is not None
    refs = ("" if ref is None else str(ref) for ref in (inbound.join_ref, inbound.ref))
    names = (*refs, inbound.topic, inbound.user.event)
    fields = [*(name.encode() for name in names), metadata]
    header = bytes([3, *(len(field) for field in fields), int(inbound.user.is_json)])
    return b"".join((header, *fields, inbound.user.payload))


def decode_kind_4(data: bytes) -> Got:
    """A user broadcast in the shape a text broadcast has; binary payloads stay bytes."""
    assert data[0] == 4
    parts, start = [], 5
    for length in data[1:4]:
        parts.append(data[start : start + length].decode())
        start += length
    topic, event, meta = parts
    payload = json.loads(data[start:]) if data[4] else data[start:]
    content = {"type": "broadcast", "event": event, "payload": payload}
    if meta:
        content["meta"] = json.loads(meta)
    return Got(topic, "broadcast", content, None, "kind4")


POLICIES = """
create policy read_broadcast on realtime.messages for select to authenticated
    using (extension = 'broadcast' and realtime.topic() like 'room:%'
           and realtime.topic() <> 'room:presence-only');
create policy read_presence on realtime.messages for select to authenticated
    using (extension = 'presence' and realtime.topic() like 'room:%'
           and realtime.topic() <> 'room:broadcast-only');
create policy write_broadcast on realtime.messages for insert to authenticated
    with check (extension = 'broadcast' and realtime.topic() in ('room:open', 'room:secret'));
create policy write_presence on realtime.messages for insert to authenticated
    with check (extension = 'presence' and realtime.topic() in ('room:open', 'room:presence-only'));
"""
