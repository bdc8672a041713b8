"""Who acts, who holds."""

from __future__ import annotations

from dataclasses import dataclass

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Actor(Row):
    """A workspace, a member or the system; `short` is the shortest alias that is unambiguous."""

    kind: str
    id: str | None = None
    name: str = ""
    short: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Holder(Row):
    """Who holds a claim or a lock, and whether they are there: active, idle or offline."""

    kind: str
    id: str | None = None
    name: str = ""
    short: str | None = None
    human_name: str | None = None
    presence: str | None = None
    last_seen: str | None = None
