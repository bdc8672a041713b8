"""Connections that ask for nothing are ended, whatever little they send; others are left alone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from bdh.stack import server
from bdh.stack.server import GuardedProtocol

PATIENCE_SECONDS = 0.4
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(server, "HEADER_SECONDS", PATIENCE_SECONDS)
    config = uvicorn.Config(
        _app, "127.0.0.1", 0, http=GuardedProtocol, ws="websockets-sansio", lifespan="off",
        log_level="critical", timeout_graceful_shutdown=0,
    )  # fmt: skip
    bound = config.bind_socket()
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.005)
    yield bound.getsockname()[1]
    running.should_exit = True
    thread.join()


def _lives(port: int, *pieces: bytes) -> bool:
    """Whether the connection is still open some time after these pieces, sent one after another."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(PATIENCE_SECONDS / 4)
        connection.settimeout(PATIENCE_SECONDS * 2)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            return True
        except ConnectionResetError:
            pass
        return False


@pytest.mark.parametrize(
    "pieces",
    [(), (b"\r\n",), (b"\r\n",) * 8, (REQUEST, b"\r\n"), (REQUEST[:20],)],
    ids=["nothing", "a blank line", "blank lines", "after a request", "half a head"],
)
def test_who_never_asks_is_sent_away(port: int, pieces: tuple[bytes, ...]) -> None:
    """A blank line begins no request, but it ended the wait for one."""
    assert not _lives(port, *pieces)


def test_a_websocket_and_a_kept_connection_live_on(port: int) -> None:
    assert _lives(port, UPGRADE)
    assert _lives(port, REQUEST, REQUEST)
