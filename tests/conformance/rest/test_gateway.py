"""What the gateway does before any of its parts: hosts, origins, ids, health, dispatch."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.conformance.rest.conftest import World


def test_health(world: World) -> None:
    response = httpx.get(f"{world.gateway.url}/health")
    assert response.status_code == 200
    assert set(response.json()) == {"status", "version", "schema"}
    assert response.json()["status"] == "ok"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:99", 200), ("127.0.0.1", 200), ("127.9.9.9:1", 200),
        ("[::1]:8000", 200), ("app.localhost", 200),
        ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("localhost.evil.example", 403),
        ("192.168.1.1", 403), ("user@localhost", 403), ("localhost/x", 403), ("", 400),
        ("localhost:port", 403),
    ],
)  # fmt: skip
def test_only_our_own_names_are_answered(world: World, host: str, status: int) -> None:
    response = httpx.get(f"{world.gateway.url}/health", headers={"host": host})
    assert response.status_code == status, response.text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200), ("https://127.0.0.1", 200), ("http://[::1]:5", 200),
        ("https://evil.example", 403), ("null", 403), ("http://localhost.evil.example", 403),
    ],
)  # fmt: skip
def test_only_our_own_pages_may_ask(world: World, origin: str, status: int) -> None:
    response = httpx.get(f"{world.gateway.url}/health", headers={"origin": origin})
    assert response.status_code == status
    if status == 200:
        assert response.headers["access-control-allow-origin"] == origin
        assert "content-range" in response.headers["access-control-expose-headers"]
        assert response.headers["vary"] == "Origin"
    else:
        assert "access-control-allow-origin" not in response.headers


def test_a_browser_may_ask_first(world: World) -> None:
    response = httpx.options(
        f"{world.gateway.url}/rest/v1/users",
        headers={
            "origin": "http://localhost:3000",
            "access-control-request-method": "PATCH",
            "access-control-request-headers": "apikey,authorization,prefer",
        },
    )
    assert (response.status_code, response.content) == (204, b"")
    assert "PATCH" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "apikey,authorization,prefer"


def test_errors_can_be_read_by_pages_too(world: World) -> None:
    response = httpx.get(
        f"{world.gateway.url}/rest/v1/users", headers={"origin": "http://localhost:1"}
    )
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == "http://localhost:1"


def test_options_without_a_preflight_names_the_methods(anon: httpx.Client) -> None:
    response = anon.options("/users")
    assert response.status_code == 200
    assert "PATCH" in response.headers["allow"]


def test_every_answer_has_a_request_id(world: World) -> None:
    first, second = (httpx.get(f"{world.gateway.url}/health") for _ in range(2))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    own = httpx.get(f"{world.gateway.url}/health", headers={"x-request-id": "abc-1"})
    assert own.headers["x-request-id"] == "abc-1"
    odd = httpx.get(f"{world.gateway.url}/health", headers={"x-request-id": "a b"})
    assert odd.headers["x-request-id"] != "a b"
    refused = httpx.get(f"{world.gateway.url}/health", headers={"host": "evil.example"})
    assert refused.headers["x-request-id"]


@pytest.mark.parametrize(
    ("host", "origin", "answer"),
    [
        ("localhost", "http://localhost:3000", b"101"),
        ("localhost", "https://evil.example", b"403"),
        ("evil.example", "http://localhost:3000", b"403"),
    ],
)
def test_only_our_own_pages_may_open_sockets(
    world: World, host: str, origin: str, answer: bytes
) -> None:
    request = (
        f"GET /realtime/v1/websocket?apikey={world.key}&vsn=1.0.0 HTTP/1.1\r\n"
        f"Host: {host}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=5) as connection:
        connection.sendall(request.encode())
        assert connection.recv(64).split()[1] == answer


@pytest.mark.parametrize("name", ["hello", "_embedded", "outbox-relay.."])
def test_functions_that_do_not_exist(world: World, name: str) -> None:
    response = httpx.post(f"{world.gateway.url}/functions/v1/{name}/x")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "path", ["/nothing", "/rest/v1x", "/restv1", "/auth/v1x", "/..%2f..%2fetc/passwd", "/%00"]
)
def test_there_is_nothing_elsewhere(world: World, path: str) -> None:
    response = httpx.get(f"{world.gateway.url}{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_auth_and_realtime_are_behind_the_same_address(world: World) -> None:
    assert httpx.get(f"{world.gateway.url}/auth/v1/health").status_code == 200
    keys = httpx.get(f"{world.gateway.url}/auth/v1/.well-known/jwks.json")
    assert keys.json() == {"keys": []}


def test_the_log_is_json_lines_without_secrets(world: World) -> None:
    log = world.gateway.log.read_text()
    assert log
    assert all(line.startswith("{") for line in log.splitlines())
    for secret in (world.key, world.secret_key, world.gateway.secrets.database_password):
        assert secret not in log
