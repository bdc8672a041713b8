"""What `:doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Check(Row):
    """One thing looked at; `state` is ok, warning or failed, `fix` what to type."""

    name: str
    state: str
    message: str
    fix: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Health(Row):
    """All checks, in the order of what depends on what."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"checks": Check}

    healthy: bool
    checks: tuple[Check, ...] = ()
