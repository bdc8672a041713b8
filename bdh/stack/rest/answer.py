"""The HTTP answer to a plan's result: status, headers, and the body as Postgres wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bdh.stack.rest.errors import Header, RestError, invalid_range, readable_headers
from bdh.stack.rest.plan import Plan
from bdh.stack.rest.preferences import applied
from bdh.stack.rest.ranges import content_range, range_status

JSON: Header = (b"content-type", b"application/json; charset=utf-8")


@dataclass(slots=True)
class Answer:
    """What goes to the client; `content-length` is added when it is sent."""

    status: int
    headers: list[Header]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Result:
    """What `gateway.run_request` returned."""

    body: bytes
    row_count: int
    total: int | None
    status: str
    headers: str


def answer(plan: Plan, result: Result) -> Answer:
    """
    The answer to `plan`.

    Raises:
        RestError: PGRST103 (416) when the window lies behind the last row; PGRST111, PGRST112
            when the function set headers or a status that cannot be sent.
    """
    made = _MAKERS[plan.kind](plan, result)
    if result.status:
        made.status = _own_status(result.status)
    if result.headers:
        own = _own_headers(result.headers)
        names = {name for name, _ in own}
        made.headers = [header for header in made.headers if header[0] not in names] + own
    if not plan.wants.body_wanted:
        made.body = b""
    return made


def _read(plan: Plan, result: Result) -> Answer:
    total = result.total if plan.counted else None
    status = range_status(plan.offset, result.row_count, total)
    if status == 416:
        raise invalid_range(
            f"An offset of {plan.offset} was requested, but there are only {total} rows."
        )
    headers: list[Header] = [
        (b"content-type", plan.wants.media.encode() + b"; charset=utf-8"),
        (b"content-range", content_range(plan.offset, result.row_count, total)),
    ]
    return Answer(status, _with_applied(headers, plan), result.body)


def _void(plan: Plan, result: Result) -> Answer:
    del result
    return Answer(204, _with_applied([], plan))


def _insert(plan: Plan, result: Result) -> Answer:
    preferences = plan.wants.preferences
    headers = [_write_range(plan, result, 1, 0)]
    if preferences.returning == "headers-only" and result.row_count == 1 and result.body:
        headers.append((b"location", _location(plan.table, result.body)))
    nothing_new = plan.merges and not (result.total or 0) > 0
    made = _written(plan, result, headers, 201)
    # An upsert that only changed rows created nothing.
    made.status = 200 if nothing_new else 201
    return made


def _update(plan: Plan, result: Result) -> Answer:
    headers = [_write_range(plan, result, 0, result.row_count)]
    return _written(plan, result, headers, 204)


def _delete(plan: Plan, result: Result) -> Answer:
    return _written(plan, result, [_write_range(plan, result, 1, 0)], 204)


def _write_range(plan: Plan, result: Result, first: int, count: int) -> Header:
    total = result.row_count if plan.wants.preferences.count in ("exact", "estimated") else None
    return (b"content-range", content_range(first, count, total))


def _written(plan: Plan, result: Result, headers: list[Header], empty_status: int) -> Answer:
    headers = _with_applied(headers, plan)
    if plan.wants.preferences.returning != "representation":
        return Answer(empty_status, headers)
    headers.append((b"content-type", plan.wants.media.encode() + b"; charset=utf-8"))
    return Answer(200, headers, result.body)


def _with_applied(headers: list[Header], plan: Plan) -> list[Header]:
    preferences = plan.wants.preferences
    writes = plan.kind in ("insert", "update", "delete")
    words = applied(
        ("resolution", preferences.resolution if plan.upserts else None),
        ("missing", preferences.missing if writes else None),
        ("return", preferences.returning if writes else None),
        ("count", preferences.count),
        ("handling", preferences.handling),
    )
    return [*headers, (b"preference-applied", words.encode())] if words else headers


def _location(table: str, body: bytes) -> bytes:
    """Where the row that was inserted can be read: a filter on its primary key."""
    key: dict[str, Any] = json.loads(body)
    query = "&".join(f"{quote(name)}=eq.{quote(_plain(value))}" for name, value in key.items())
    return f"/{quote(table)}?{query}".encode()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _own_status(text: str) -> int:
    if not text.isdecimal() or not 200 <= int(text) <= 599:
        raise RestError(500, "PGRST112", "response.status guc must be a valid status code")
    return int(text)


def _own_headers(text: str) -> list[Header]:
    message = (
        "response.headers guc must be a JSON array composed of objects "
        "with a single key and a string value"
    )
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RestError(500, "PGRST111", message) from error
    headers: list[Header] = []
    for entry in entries if isinstance(entries, list) else [None]:
        read = readable_headers(entry) if isinstance(entry, Mapping) and len(entry) == 1 else None
        if read is None:
            raise RestError(500, "PGRST111", message)
        headers += read
    return headers


_MAKERS = {
    "read": _read, "call": _read, "void": _void,
    "insert": _insert, "update": _update, "delete": _delete,
}  # fmt: skip
