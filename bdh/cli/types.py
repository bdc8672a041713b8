"""Types of arguments: priorities, lengths of time, texts from files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

STATUSES = frozenset({"open", "in_progress", "blocked", "deferred", "closed", "tombstone"})
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def priority(text: str) -> int:
    """0 (most urgent) to 4, also written P0 to P4."""
    match = re.fullmatch(r"[pP]?([0-4])", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not 0 to 4")
    return int(match[1])


def status(text: str) -> str:
    """A status as the database spells it: `In-Progress` is in_progress; others stay as they are."""
    spelt = text.strip().lower().replace("-", "_").replace(" ", "_")
    return spelt if spelt in STATUSES else text


def statuses(text: str) -> tuple[str, ...]:
    """Comma-separated statuses."""
    return tuple(map(status, words(text)))


def duration(text: str) -> int:
    """`90s`, `15m`, `4h`, `7d`, `2w`, as seconds; a bare number is seconds."""
    match = re.fullmatch(r"(\d+)([smhdw]?)", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a length of time like 15m, 4h, 7d")
    return int(match[1]) * SECONDS[match[2] or "s"]


def words(text: str) -> tuple[str, ...]:
    """Comma-separated words."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def flat(groups: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """One tuple of all words, for options that take lists and may be repeated."""
    return tuple(word for group in groups for word in group)


def jump_in_option(command: F) -> F:
    """`--jump-in REASON`; bd's users know it as `--:jump-in`."""
    option = click.option(
        "--jump-in",
        "--:jump-in",
        "jump_in",
        metavar="REASON",
        help="Take it over from whoever holds it, who is told the reason.",
    )
    return option(command)


def paging_options(command: F) -> F:
    """`--limit` and `--cursor`."""
    command = click.option("--cursor", help="Where to go on: next_cursor of the page before.")(
        command
    )
    return click.option("-n", "--limit", type=click.IntRange(1, 500), help="How many at most.")(
        command
    )


def text_argument(text: str | None, file: str | None, what: str) -> str | None:
    """
    `text`, or the content of `file`; `-` for either means standard input.
    The line break that ends a file is not part of the text; all else is, byte for byte.

    Raises:
        click.UsageError: both were given, or the file cannot be read, or is no text in UTF-8.
    """
    if file is None and text != "-":
        return text
    if file is not None and text is not None:
        raise click.UsageError(f"{what} was given twice")
    try:
        # Bytes: reading text would make all line breaks the same, and take the locale's encoding.
        found = sys.stdin.buffer.read() if file in (None, "-") else Path(str(file)).read_bytes()
        content = found.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(
            f"Cannot read {what} from {file or 'standard input'}: {error}"
        ) from None
    if "\0" in content:
        raise click.UsageError(f"{what} is no text: it holds a NUL character")
    return content


def required_text(text: str | None, file: str | None, what: str) -> str:
    """Like `text_argument`, but there must be something."""
    found = text_argument(text, file, what)
    if not (found or "").strip():
        raise click.UsageError(f"{what} is missing")
    return str(found)
