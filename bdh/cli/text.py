"""Text for people: ages, columns, and other agents' words made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bdh.text import block as block
from bdh.text import line as line
from bdh.text import quoted as quoted

MINUTE, HOUR, DAY = 60, 3600, 86400


def age(moment: str | None, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 moment was: `now`, `5m`, `3h`, `2d`; empty for `None`."""
    if not moment:
        return ""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    return span(seconds)


def ago(moment: str | None) -> str:
    """`just now`, `5m ago`."""
    text = age(moment)
    return "just now" if text == "now" else f"{text} ago"


def span(seconds: float) -> str:
    """A length of time in its largest unit: `now`, `5m`, `3h`, `2d`."""
    if seconds < MINUTE:
        return "now"
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows with aligned columns; the last one is as long as it likes."""
    table = [list(row) for row in rows]
    if not table:
        return ""
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]) - 1)]
    lines = [
        "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + row[-1:])
        for row in table
    ]
    return "\n".join(text.rstrip() for text in lines)


def plural(count: int, noun: str) -> str:
    """`1 bead`, `2 beads`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
