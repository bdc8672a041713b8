"""Beads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.claims import Claim, TakenClaim
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
    """
    A bead named by another one.

    `type` is the dependency's; `missing`: it is not here (any more); `through` is the blocked
    ancestor that hands the blocker on.
    """

    id: str
    title: str | None = None
    status: str | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    type: str | None = None
    missing: bool = False
    through: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Comment(Row):
    """A comment on a bead."""

    id: str
    bead_id: str = ""
    author: str = ""
    body: str = ""
    created_at: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class BeadDetail(Bead):
    """A bead with all that hangs on it; `claims` are the newest twenty, ended ones included."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        **Bead.PARTS,
        "parent": BeadRef,
        "children": BeadRef,
        "dependencies": BeadRef,
        "dependents": BeadRef,
        "blockers": BeadRef,
        "comments": Comment,
        "claims": Claim,
    }

    parent: BeadRef | None = None
    children: tuple[BeadRef, ...] = ()
    dependencies: tuple[BeadRef, ...] = ()
    dependents: tuple[BeadRef, ...] = ()
    blockers: tuple[BeadRef, ...] = ()
    comments: tuple[Comment, ...] = ()
    claims: tuple[Claim, ...] = ()
    epoch: int = 0
    extra: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, repr=False, eq=False)
class ChangedBeads(Row):
    """Beads after an update, and the claims it took."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"beads": Bead, "claims": TakenClaim}

    beads: tuple[Bead, ...] = ()
    claims: tuple[TakenClaim, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Related(Row):
    """Work of somebody else that is near a closed bead; `holder` is a short alias."""

    bead_id: str
    title: str = ""
    holder: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class ClosedBeads(Row):
    """Closed beads, what that unblocked, and which work of others is near."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "beads": Bead,
        "unblocked": BeadRef,
        "related": Related,
    }

    beads: tuple[Bead, ...] = ()
    unblocked: tuple[BeadRef, ...] = ()
    related: tuple[Related, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class DeletedBeads(Row):
    """Ids of deleted beads."""

    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class MissingBlocker(Row):
    """A blocker that is not here and so counts as closed."""

    bead_id: str
    depends_on_id: str


@dataclass(frozen=True, repr=False, eq=False)
class ReadyBeads(Row):
    """Work that nothing blocks; `missing_blockers` names blockers that do not exist."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"beads": Bead, "missing_blockers": MissingBlocker}

    beads: tuple[Bead, ...] = ()
    next_cursor: str | None = None
    missing_blockers: tuple[MissingBlocker, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class BlockedBead(Bead):
    """A bead that waits, and for which."""

    PARTS: ClassVar[dict[str, type[Row]]] = {**Bead.PARTS, "blockers": BeadRef}

    blockers: tuple[BeadRef, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class BlockedList(Row):
    """A page of beads that wait."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"beads": BlockedBead}

    beads: tuple[BlockedBead, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Stats(Row):
    """Counts of the project's beads."""

    total: int = 0
    by_status: JsonObject = field(default_factory=dict)
    by_type: JsonObject = field(default_factory=dict)
    ready: int = 0
    blocked: int = 0
    deferred: int = 0
    claims: int = 0
    deleted: int = 0
