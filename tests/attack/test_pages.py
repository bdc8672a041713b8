"""Pages of strangers in a human's browser, and paths that lead out of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bdh.stack.static import StaticFiles
from tests.attack.conftest import World

EVIL = "https://evil.example"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "0",
    ],
)
async def test_a_name_that_was_rebound_to_us_is_refused(world: World, host: str) -> None:
    for path in ("/rest/v1/beads", "/auth/v1/settings", "/health", "/", "/metrics"):
        answer = world.request("GET", path, headers={"host": host})
        assert answer.status_code == 403


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost.evil.example", "file://"])
async def test_a_strangers_page_can_use_nothing(world: World, origin: str) -> None:
    headers = {"origin": origin, "content-type": "text/plain"}
    for path in ("/rest/v1/rpc/create_bead", "/auth/v1/signup", "/functions/v1/outbox-relay"):
        answer = world.request("POST", path, headers=headers, content="{}")
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


async def test_no_cookie_is_ever_a_sign_in(world: World) -> None:
    """What a browser sends by itself means nothing: there is nothing to forge a request with."""
    token = world.token(world.alice)
    cookies = {"cookie": f"sb-access-token={token}; access_token={token}"}
    answer = world.request("POST", "/rest/v1/rpc/team_status", headers=cookies, json={})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


TRAVERSALS = (
    "/../secrets.json", "/..%2fsecrets.json", "/%2e%2e/secrets.json", "/....//secrets.json",
    "/assets/../../secrets.json", "/..\\secrets.json", "//etc/passwd", "/.hidden",
    "/link/secrets.json", "/%00", "/index.html%00.js", "/./../secrets.json",
)  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_path_leads_out_of_the_dashboards_folder(
    world: World, tmp_path: Path, path: str
) -> None:
    folder = tmp_path / "dashboard"
    folder.mkdir()
    (folder / "index.html").write_text("ours")
    (folder / ".hidden").write_text("secret")
    (tmp_path / "secrets.json").write_text("secret")
    (folder / "link").symlink_to(tmp_path)

    from urllib.parse import unquote

    found = StaticFiles(folder).find(unquote(path))
    assert found is None or found.content == b"ours"

    with world.connect() as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        answer = connection.recv(65536)
    assert b"jwt_secret" not in answer
    assert b"root:" not in answer
