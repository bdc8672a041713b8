"""`limit`, `offset` and the `Range` header: what is asked, and what is said of the answer."""

from __future__ import annotations

import re

from bdh.stack.rest.errors import invalid_range
from bdh.stack.rest.plan import Wants
from bdh.stack.rest.syntax import Query, Window

_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{0,18})", re.ASCII)


def parse_range(header: str) -> Window | None:
    """
    The window a `Range` header asks for; one in another unit (`bytes=…`) asks for nothing.

    Raises:
        RestError: PGRST103 for a range that ends before it begins.
    """
    found = _RANGE.fullmatch(header.removeprefix("items=").strip())
    if not found:
        return None
    first = int(found[1])
    if not found[2]:
        return Window(None, first)
    if int(found[2]) < first:
        raise invalid_range(
            "The lower boundary must be lower than or equal to the upper boundary "
            "in the Range header."
        )
    return Window(int(found[2]) - first + 1, first)


def requested_window(query: Query, wants: Wants) -> Window:
    """The rows of the root that both the query string and the `Range` header allow."""
    asked = query.windows.get((), Window())
    header = wants.window
    if header is None:
        return asked
    offset = max(asked.offset, header.offset)
    ends = [window.offset + window.limit for window in (asked, header) if window.limit is not None]
    return Window(max(0, min(ends) - offset), offset) if ends else Window(None, offset)


def content_range(first: int, count: int, total: int | None) -> bytes:
    """The value of `Content-Range`."""
    rows = f"{first}-{first + count - 1}" if count > 0 and total != 0 else "*"
    return f"{rows}/{'*' if total is None else total}".encode()


def range_status(offset: int, count: int, total: int | None) -> int:
    """200 for all rows, 206 for a part of them, 416 for rows after the last."""
    if total is None:
        return 200
    if offset > total:
        return 416
    return 206 if count < total else 200
