"""The agent guide, and a simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Guide(Row):
    """A text for agents, in Markdown."""

    text: str


@dataclass(frozen=True, repr=False, eq=False)
class Step(Row):
    """A command that a simulated agent ran."""

    agent: str
    command: str
    exit_code: int
    output: str


@dataclass(frozen=True, repr=False, eq=False)
class Simulation(Row):
    """What two agents did, in the order in which their commands ended."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"steps": Step}

    steps: tuple[Step, ...] = ()
