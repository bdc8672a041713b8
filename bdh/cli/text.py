"""Text for people: other agents' words made harmless, ages, columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

# C0 and C1 controls (so every escape sequence), and the marks that reorder or hide text.
_UNSAFE = dict.fromkeys((*range(32), *range(127, 160)))
_UNSAFE |= dict.fromkeys(
    (0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2060, 0x2070))
)
# Byte order marks, annotations, and tags: letters that a language model reads and nobody sees.
_UNSAFE |= dict.fromkeys((0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE01F0)))
_UNSAFE_IN_BLOCK = {code: None for code in _UNSAFE if code not in (0x09, 0x0A)}

MINUTE, HOUR, DAY = 60, 3600, 86400


def line(text: str | None, limit: int = 200) -> str:
    """`text` on one line, without control characters, at most `limit` characters long."""
    flat = " ".join((text or "").split()).translate(_UNSAFE)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def block(text: str | None, indent: str = "") -> str:
    """`text` with its line breaks, without other control characters, indented."""
    clean = (text or "").replace("\r\n", "\n").translate(_UNSAFE_IN_BLOCK).rstrip()
    return "\n".join(f"{indent}{part}".rstrip() for part in clean.split("\n"))


def quoted(text: str | None, limit: int = 200) -> str:
    """Somebody else's words on one line, in quotes that mark where they end."""
    return '"' + line(text, limit).replace('"', "'") + '"'


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
