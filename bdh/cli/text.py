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


def moment(text: str | None) -> str:
    """`2026-11-30 06:32 UTC` of an ISO 8601 moment; as it is when it is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return line(text)
    return f"{found.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(seconds: float) -> str:
    """A length of time in its largest unit: `now`, `5m`, `3h`, `2d`."""
    if seconds < MINUTE:
        return "now"
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def columns(rows: Iterable[Sequence[str]]) -> str:
    """
    Rows with aligned columns, as wide as a terminal shows them; nothing is cut or wrapped.

    Not for `ready`, `claim`, `update`, `:status`: loading the library takes 30 to 40 ms of the
    110 that they have (it asks for its own version, and so for `importlib.metadata`).
    """
    from tabulate import tabulate

    return tabulate(list(rows), tablefmt="plain", disable_numparse=True, preserve_whitespace=True)


def plural(count: int, noun: str) -> str:
    """`1 bead`, `2 beads`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
