"""One module for each agent host: its payload read, its answer written (shared/hosts.md)."""

from __future__ import annotations

from bdh.hooks.hosts import claude, codex, cursor
from bdh.hooks.hosts.event import Answer, Event

HOSTS = ("claude", "codex", "cursor")


def parse(host: str, payload: dict[str, object]) -> Event:
    """
    What happened, from the payload of a hook configured for `host`.

    Cursor also runs the hooks of Claude's settings: the payload says who really asks.
    """
    if "cursor_version" in payload:
        return cursor.parse(payload)
    return codex.parse(payload) if host == "codex" else claude.parse(payload)


def render(event: Event, answer: Answer) -> str:
    """What to print for the host; nothing when there is nothing to say."""
    if event.host == "cursor":
        return cursor.render(event, answer)
    if event.host == "codex":
        return codex.render(event, answer)
    return claude.render(event, answer)
