"""Ranges, preferences, hints and the bounds on what a request may hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bdh.stack.asgi import Allowance, BadRequestError, read_body, read_headers
from bdh.stack.rest.errors import RestError
from bdh.stack.rest.hints import closest
from bdh.stack.rest.media import negotiate
from bdh.stack.rest.plan import Wants
from bdh.stack.rest.preferences import Preferences, parse_preferences
from bdh.stack.rest.ranges import content_range, parse_range, range_status, requested_window
from bdh.stack.rest.syntax import Query, Window
from bdh.stack.static import StaticFiles


@pytest.mark.parametrize(
    ("first", "count", "total", "expected"),
    [
        (0, 10, None, b"0-9/*"), (5, 2, 7, b"5-6/7"), (0, 0, None, b"*/*"), (0, 0, 0, b"*/0"),
        (9, 0, 5, b"*/5"),
    ],
)  # fmt: skip
def test_content_range(first: int, count: int, total: int | None, expected: bytes) -> None:
    assert content_range(first, count, total) == expected


@pytest.mark.parametrize(
    ("offset", "count", "total", "status"),
    [(0, 3, None, 200), (0, 3, 3, 200), (0, 2, 3, 206), (3, 0, 3, 206), (4, 0, 3, 416)],
)
def test_the_status_of_a_range(offset: int, count: int, total: int | None, status: int) -> None:
    assert range_status(offset, count, total) == status


def test_the_header_and_the_query_narrow_each_other() -> None:
    query = Query(windows={(): Window(10, 5)})
    assert requested_window(query, Wants(window=parse_range("7-9"))) == Window(3, 7)
    assert requested_window(query, Wants(window=parse_range("0-"))) == Window(10, 5)
    assert requested_window(query, Wants(window=parse_range("40-50"))) == Window(0, 40)
    assert requested_window(Query(), Wants(window=parse_range("2-"))) == Window(None, 2)


def test_of_a_preference_given_twice_the_first_counts() -> None:
    found = parse_preferences("return=minimal, count=exact,return=representation, odd=1")
    assert found == Preferences(returning="minimal", count="exact")


def test_the_best_media_type_is_chosen() -> None:
    assert negotiate("text/csv, application/json;q=0.5") == "application/json"
    assert negotiate("application/json;q=0.1, application/vnd.pgrst.object+json").endswith(
        "object+json"
    )
    with pytest.raises(RestError) as refused:
        negotiate("image/png, text/html;q=x")
    assert refused.value.code == "PGRST107"


def test_hints_are_close_or_none() -> None:
    assert closest("task", ["tasks", "projects"]) == "tasks"
    assert closest("zzz", ["tasks", "projects"]) is None
    assert closest("t" * 10_000, ["t" * 10_000]) is None


async def collect(chunks: list[bytes], more: bool = False, **options: Any) -> bytes:
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": waiting.pop(0), "more_body": more or bool(waiting)}

    headers = {"transfer-encoding": "chunked"}
    usual = {"max_bytes": 10, "timeout_seconds": 5, "allowance": Allowance(100)}
    return await read_body(receive, headers, **usual | options)


async def test_a_body_is_bounded_in_size_and_time() -> None:
    assert await collect([b"12345", b"67890"]) == b"1234567890"
    with pytest.raises(BadRequestError) as large:
        await collect([b"12345", b"67890", b"1"])
    assert large.value.status == 413
    with pytest.raises(BadRequestError) as slow:
        await collect([], timeout_seconds=0.01)
    assert slow.value.status == 408


async def test_unfinished_bodies_are_bounded_together() -> None:
    """And what one held is free again, however it ended; a body in one piece always passes."""
    allowance = Allowance(12)
    for _ in range(3):
        assert await collect([b"1", b"23456", b"7890"], allowance=allowance)
        with pytest.raises(BadRequestError) as slow:
            await collect([b"1", b"2345"], allowance=allowance, timeout_seconds=0.01, more=True)
        assert slow.value.status == 408
    slow_ones = [
        asyncio.create_task(collect([b"1", b"23456"], allowance=allowance, more=True))
        for _ in range(3)
    ]
    done, held = await asyncio.wait(slow_ones, return_when=asyncio.FIRST_COMPLETED)

    refused = next(iter(done)).exception()
    assert isinstance(refused, BadRequestError)
    assert refused.status == 503
    assert len(held) == 2
    assert await collect([b"1234567890"], allowance=allowance)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert await collect([b"1", b"23456", b"7890"], allowance=allowance)


def test_repeated_headers_are_joined_or_refused() -> None:
    pairs = [(b"prefer", b"a"), (b"prefer", b"b")]
    assert read_headers(pairs) == {"prefer": "a, b"}
    with pytest.raises(BadRequestError):
        read_headers([(b"apikey", b"a"), (b"apikey", b"a")])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "dashboard"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>hi")
    (folder / "assets" / "app.js").write_text("1")
    (folder / ".hidden").write_text("no")
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    return folder


def test_files_are_served_with_their_type(folder: Path) -> None:
    files = StaticFiles(folder)
    index, script = files.find("/"), files.find("/assets/app.js")
    assert index is not None
    assert script is not None
    assert index.content_type == "text/html; charset=utf-8"
    assert script.content_type == "text/javascript; charset=utf-8"
    assert index.etag != script.etag


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/assets/../../secret.txt", "/.hidden", "/link", "/none", "/assets",
        "//etc/passwd", "/..\\secret.txt", "/\0", "/" + "x" * 5000, "/index.html/x",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_found(folder: Path, path: str) -> None:
    assert StaticFiles(folder).find(path) is None
