"""What a tool is, and what it is given when it is called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bdh.mcp.arguments import Arguments, Parameters, model
from bdh.mcp.ears import WaitFeed
from bdh.models.row import Row

if TYPE_CHECKING:
    from bdh.mcp.agent import Agent

# Clients without progress give up on a call after a minute, most of them.
PATIENCE_SECONDS = 50
# With progress they reset their clocks; the agent should still get a turn now and then.
PROGRESS_PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Reply:
    """A tool's result: the model, and the same for eyes."""

    model: Row
    text: str


class Call:
    """One call of a tool; it runs in a thread of its own and may be abandoned."""

    def __init__(
        self, agent: Agent, arguments: dict[str, Any], patience_seconds: int = PATIENCE_SECONDS
    ) -> None:
        self.agent = agent
        self.arguments = arguments
        self.said = ""
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._abandoned = False
        self._feed: WaitFeed | None = None

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    @property
    def wait_seconds(self) -> int:
        """How long the caller wants to wait, as far as its client lets it; 0 for not at all."""
        return max(0, min(self.arguments.get("wait") or 0, self._patience))

    def say(self, text: str) -> None:
        """What is going on, for the next progress report."""
        self.said = text

    @contextmanager
    def listening(self) -> Iterator[WaitFeed]:
        """Pushes for this workspace, until the caller goes away: then `next` raises."""
        feed = self.agent.ears.listen()
        with self._lock:
            self._feed = feed
            if self._abandoned:
                feed.cancel()
        try:
            yield feed
        finally:
            self.agent.ears.forget(feed)

    def abandon(self) -> None:
        """Nobody waits for the result any more."""
        with self._lock:
            self._abandoned = True
            if self._feed is not None:
                self._feed.cancel()


@dataclass(frozen=True)
class Tool:
    """
    One tool.

    Args:
        reads: Changes nothing. Its notices are asked for afterwards, as it may answer them.
        destructive: Takes something away that the caller cannot get back.
        repeatable: Again with the same arguments changes nothing more.
        yields: The models it may answer with.
    """

    name: str
    description: str
    run: Callable[[Call], Reply]
    yields: tuple[type[Row], ...]
    parameters: Parameters = field(default_factory=dict)
    reads: bool = False
    destructive: bool = False
    repeatable: bool = False
    answers: bool = False

    @cached_property
    def arguments(self) -> type[Arguments]:
        """What its arguments have to be."""
        return model(self.name, self.parameters)

    @property
    def notices_after(self) -> bool:
        """Whether its own work may settle what waits."""
        return self.reads or self.answers
