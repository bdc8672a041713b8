"""The words after a verb that writes: whom to write to, and what."""

from __future__ import annotations

from bdh.cli.types import required_text
from bdh.errors import UsageError


def addressed(words: tuple[str, ...], body_file: str | None, verb: str) -> tuple[list[str], str]:
    """
    Aliases and the message: the last word, or the content of a file.

    Raises:
        UsageError: there is nobody, or nothing, to write.
    """
    names = list(words)
    text = names.pop() if body_file is None and len(names) > 1 else None
    to = [name for word in names for name in word.split(",") if name]
    if not to or (body_file is None and text is None):
        raise UsageError(
            "A chat needs somebody to talk to and a message",
            code="usage",
            hint=f'bdh :aweb chat {verb} bob "API endpoints?"',
        )
    return to, required_text(text, body_file, "The message")
