"""Edges between beads: what waits for what."""

from __future__ import annotations

from bdh.core.ports import Backend
from bdh.models.dependencies import AddedDependency, RemovedDependency, Tree


def add(backend: Backend, bead_id: str, depends_on: str, kind: str) -> AddedDependency:
    """Make `bead_id` depend on another bead; a `cycle` is refused and named."""
    result = backend.call("add_dependency", id=bead_id, depends_on=depends_on, type=kind)
    return AddedDependency.from_json(result)


def remove(
    backend: Backend, bead_id: str, depends_on: str, kind: str | None = None
) -> RemovedDependency:
    """Remove the dependency, of every type unless one is named."""
    result = backend.call("remove_dependency", id=bead_id, depends_on=depends_on, type=kind)
    return RemovedDependency.from_json(result)


def tree(
    backend: Backend, bead_id: str, *, direction: str = "down", depth: int | None = None
) -> Tree:
    """What a bead waits for (`down`), or what waits for it (`up`)."""
    result = backend.call("dependency_tree", id=bead_id, direction=direction, depth=depth)
    return Tree.from_json(result)
