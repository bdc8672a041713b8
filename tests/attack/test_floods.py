"""The gateway outlives floods, slow and oversized requests, and serves honest ones meanwhile."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.attack.conftest import World

HANDSHAKE = (
    "GET /realtime/v1/websocket?apikey={key}&vsn=1.0.0 HTTP/1.1\r\nHost: localhost\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_a_flood_of_requests_leaves_it_serving(world: World) -> None:
    def burst(number: int) -> int:
        answer = world.request("GET", "/rest/v1/beads?select=id", headers={"x-n": str(number)})
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        codes = set(pool.map(burst, range(600)))

    assert codes <= {401, 403, 503}
    assert world.healthy()


async def test_idle_connections_take_nobodys_place(world: World) -> None:
    """Two hundred that send half a request head and wait."""
    with ExitStack() as held:
        for _ in range(200):
            connection = held.enter_context(world.connect())
            connection.sendall(b"POST /rest/v1/rpc/whoami HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        assert world.healthy()


async def test_a_slow_body_holds_only_itself(world: World) -> None:
    head = (
        f"POST /rest/v1/rpc/whoami HTTP/1.1\r\nHost: localhost\r\napikey: {world.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    with ExitStack() as held:
        for _ in range(50):
            connection = held.enter_context(world.connect())
            connection.sendall(head.encode() + b"{")
        assert world.healthy()


@pytest.mark.parametrize("announced", [True, False])
async def test_an_oversized_body_is_refused(world: World, announced: bool) -> None:
    framing = f"Content-Length: {64 << 20}" if announced else "Transfer-Encoding: chunked"
    head = (
        f"POST /rest/v1/rpc/whoami HTTP/1.1\r\nHost: localhost\r\napikey: {world.key}\r\n"
        f"{framing}\r\n\r\n"
    )
    chunk = b"x" * 65536
    with world.connect() as connection:
        connection.sendall(head.encode())
        answer = _send_until_refused(
            connection, chunk if announced else b"10000\r\n" + chunk + b"\r\n"
        )

    assert answer.split(b" ")[1] == b"413"
    assert world.healthy()


def _send_until_refused(connection: socket.socket, piece: bytes) -> bytes:
    """What comes back while at most 24 MB are sent."""
    connection.settimeout(0.001)
    for _ in range(24 * 16):
        try:
            connection.settimeout(10)
            connection.sendall(piece)
            connection.settimeout(0.001)
            return connection.recv(4096)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    connection.settimeout(10)
    return connection.recv(4096)


async def test_deep_json_is_an_error_and_not_a_crash(world: World) -> None:
    token = world.token(world.alice)
    for body in (
        "[" * 100_000,
        '{"p_title": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"a":' * 20_000,
    ):
        answer = world.request("POST", "/rest/v1/rpc/create_bead", token, content=body)
        assert 400 <= answer.status_code < 600
    assert world.healthy()


async def test_a_flood_of_sockets_that_never_join(world: World) -> None:
    with ExitStack() as held:
        opened = 0
        for _ in range(150):
            connection = held.enter_context(world.connect())
            connection.sendall(HANDSHAKE.format(key=world.key).encode())
            opened += b" 101 " in connection.recv(1024)
        assert opened == 150
        assert world.healthy()


async def test_a_socket_that_sends_rubbish_is_its_own_trouble(world: World) -> None:
    frames = (
        b"\x81\xfe\x00\x05\x00\x00\x00\x00hello"[:4],
        b"\xff" * 64,
        b"\x81\x85\x00\x00\x00\x00hello",
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
        b"\x89\xfe\x01\x00\x00\x00\x00\x00" + b"x" * 256,
    )
    for frame in frames:
        with world.connect() as connection:
            connection.sendall(HANDSHAKE.format(key=world.key).encode())
            assert b" 101 " in connection.recv(1024)
            connection.sendall(frame)
    assert world.healthy()


async def test_expensive_patterns_end_with_the_statement_timeout(world: World) -> None:
    """A pattern made to take for ever is ended by the database, not by patience."""
    token = world.token(world.alice)
    world.call("create_bead", token, title="a" * 400)
    began = time.monotonic()

    answer = world.request("GET", "/rest/v1/beads?title=match.(a%2Ba%2B)%2B%24b", token, timeout=40)

    assert time.monotonic() - began < 35
    assert answer.status_code in (200, 400, 500)
    assert world.healthy()


async def test_logs_cannot_be_forged(world: World) -> None:
    """Whatever is in a request, each line of the log stays one JSON object."""
    evil = 'x\\r\\n{"level": "error", "message": "forged"}'
    for path in (
        f"/rest/v1/{evil}",
        "/rest/v1/%0d%0aforged",
        "/auth/v1/%0aforged",
        "/%0d%0aforged",
    ):
        world.request("GET", path, headers={"x-request-id": "a b", "user-agent": evil})
    with world.connect() as connection:
        connection.sendall(
            b"GET /realtime/v1/websocket HTTP/1.1\r\nHost: evil\x1b[2J.example\r\n\r\n"
        )
        connection.recv(1024)

    lines = world.gateway.log.read_text().splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert not any(json.loads(line)["message"] == "forged" for line in lines)
