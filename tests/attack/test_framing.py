"""Where a request ends and what belongs to its head: nothing said later changes who asks."""

from __future__ import annotations

import pytest

from tests.attack.conftest import World


def _exchange(world: World, request: str) -> bytes:
    with world.connect() as connection:
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


@pytest.mark.parametrize("path", ["/auth/v1/signup", "/rest/v1/rpc/whoami"])
async def test_a_trailer_is_no_header(world: World, path: str) -> None:
    """What comes after the body was never checked: it must not stand in for a key or a token."""
    answer = _exchange(
        world,
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        "Trailer: apikey\r\nConnection: close\r\n\r\n"
        f"2\r\n{{}}\r\n0\r\napikey: {world.key}\r\n\r\n",
    )

    assert answer.split(b" ")[1] == b"401"


async def test_a_trailer_does_not_end_the_connection_of_the_next_request(world: World) -> None:
    first = (
        f"POST /auth/v1/signup HTTP/1.1\r\nHost: localhost\r\napikey: {world.key}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-late: 1\r\n\r\n"
    )
    second = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert _exchange(world, first + second).count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize(
    "hidden", ["%0d%0aX-Forged:1", "%0a", "%20HTTP/1.1%0d%0a", "%00", "%C3%BC"]
)
async def test_a_path_writes_no_line_into_a_functions_request(world: World, hidden: str) -> None:
    """Decoded, it would be a second line of the request that goes on to the function."""
    answer = world.request("GET", f"/functions/v1/nothing{hidden}")
    assert answer.status_code == 404

    answer = world.request("GET", f"/functions/v1/outbox-relay/{hidden}")
    assert 400 <= answer.status_code < 500
