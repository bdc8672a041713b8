"""Importing and exporting bd's JSONL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class BadLine(Row):
    """A line of the file that is no bead."""

    line: int
    reason: str


@dataclass(frozen=True, repr=False, eq=False)
class Conflict(Row):
    """A bead that differs here and in the file; `kept` says which side won."""

    id: str | None
    fields: tuple[str, ...] = ()
    reason: str = ""
    kept: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Imported(Row):
    """What an import changed; a conflict is a bead edited here since, which stays as it is."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"invalid": BadLine, "conflicts": Conflict}

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: tuple[Conflict, ...] = ()
    invalid: tuple[BadLine, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Exported(Row):
    """What an export wrote."""

    file: str
    beads: int
