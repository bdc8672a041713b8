"""Edges between beads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.beads import BeadRef
from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class AddedDependency(Row):
    """An edge: `bead_id` depends on `depends_on_id`; `added` is false when it was there."""

    bead_id: str
    depends_on_id: str
    type: str = "blocks"
    added: bool = True


@dataclass(frozen=True, repr=False, eq=False)
class RemovedDependency(Row):
    """What was removed between two beads, and which beads can start now."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"unblocked": BeadRef}

    bead_id: str
    depends_on_id: str
    types: tuple[str, ...] = ()
    removed: bool = True
    unblocked: tuple[BeadRef, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class TreeNode(Row):
    """A bead in a tree; `repeated`: what is below it was shown before."""

    id: str
    depth: int = 0
    parent: str | None = None
    type: str | None = None
    title: str | None = None
    status: str | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    repeated: bool = False
    missing: bool = False


@dataclass(frozen=True, repr=False, eq=False)
class Tree(Row):
    """A tree of dependencies, depth first from its root."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"nodes": TreeNode}

    root: str
    direction: str = "down"
    nodes: tuple[TreeNode, ...] = ()
    truncated: bool = False
