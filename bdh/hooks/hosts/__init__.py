"""One module for each agent host: its payload read, its answer written (shared/hosts.md)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from bdh.hooks.hosts.event import Answer, Event

HOSTS = ("claude", "codex", "cursor")


class Host(Protocol):
    """What each module offers."""

    def parse(self, payload: dict[str, object]) -> Event: ...

    def render(self, event: Event, answer: Answer) -> str: ...


def parse(host: str, payload: dict[str, object]) -> Event:
    """
    What happened, from the payload of a hook configured for `host`.

    Cursor also runs the hooks of Claude's settings: the payload says who really asks.
    """
    return _host("cursor" if "cursor_version" in payload else host).parse(payload)


def render(event: Event, answer: Answer) -> str:
    """What to print for the host; nothing when there is nothing to say."""
    return _host(event.host).render(event, answer)


def _host(name: str) -> Host:
    # Only the one that asks: each costs a millisecond.
    return cast("Host", import_module(f"bdh.hooks.hosts.{name}"))
