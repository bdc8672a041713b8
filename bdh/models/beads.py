"""Beads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.claims import Claim
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Bead(Row):
    """A unit of work; `blocked` when a blocker of it or of an ancestor is open."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"claim": Claim}

    id: str
    title: str = ""
    description: str | None = None
    design: str | None = None
    acceptance_criteria: str | None = None
    notes: str | None = None
    status: str = "open"
    priority: int = 2
    issue_type: str = "task"
    parent_id: str | None = None
    labels: tuple[str, ...] = ()
    assignee: str | None = None
    created_at: str = ""
    updated_at: str = ""
    closed_at: str | None = None
    close_reason: str | None = None
    defer_until: str | None = None
    estimated_minutes: int | None = None
    external_ref: str | None = None
    created_by: str | None = None
    blocked: bool = False
    claim: Claim | None = None


@dataclass(frozen=True, repr=False, eq=False)
class BeadList(Row):
    """A page of beads."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"beads": Bead}

    beads: tuple[Bead, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class BeadRef(Row):
    """A bead named by another one; `type` is the dependency's, where there is one."""

    id: str
    title: str | None = None
    status: str | None = None
    priority: int | None = None
    issue_type: str | None = None
    type: str | None = None
    assignee: str | None = None
    missing: bool = False


@dataclass(frozen=True, repr=False, eq=False)
class Comment(Row):
    """A comment on a bead."""

    id: str
    body: str = ""
    author: str | None = None
    created_at: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class Related(Row):
    """Work of somebody else that a closed bead touches."""

    bead_id: str
    title: str = ""
    holder: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ReadyBeads(Row):
    """Work that nothing blocks; `missing_blockers` names blockers that do not exist."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"beads": Bead}

    beads: tuple[Bead, ...] = ()
    next_cursor: str | None = None
    missing_blockers: tuple[JsonObject, ...] = ()
