"""File reservations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Holder
from bdh.models.chat import Deadlock
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Lock(Row):
    """A hold on a path of a repo; directories end with a slash. `automatic`: made by a hook."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"holder": Holder}

    id: str
    repo_id: str = ""
    path: str = ""
    is_directory: bool = False
    mode: str = "exclusive"
    automatic: bool = False
    reason: str | None = None
    bead_id: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    granted_at: str = ""
    expires_at: str = ""
    seconds_left: int = 0
    holder: Holder | None = None


@dataclass(frozen=True, repr=False, eq=False)
class LockConflict(Row):
    """A path that somebody else holds; `more` are further locks that stand against it."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"lock": Lock, "holder": Holder}

    path: str
    lock: Lock | None = None
    holder: Holder | None = None
    reason: str | None = None
    seconds_left: int = 0
    more: int = 0


@dataclass(frozen=True, repr=False, eq=False)
class ProtectedPath(Row):
    """A path that the policy protects: `action` is warn, deny or ask."""

    path: str
    glob: str = ""
    action: str = "warn"
    reason: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class LockWait(Row):
    """A leased wait for what is in the way; asking again refreshes it."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"deadlock": Deadlock}

    id: str
    until: str = ""
    lease_seconds: int = 90
    refresh_seconds: int = 20
    deadlock: Deadlock | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Reserved(Row):
    """What became of each path: `granted` is new, `renewed` was the caller's already."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "granted": Lock,
        "renewed": Lock,
        "conflicts": LockConflict,
        "protected": ProtectedPath,
        "wait": LockWait,
    }

    granted: tuple[Lock, ...] = ()
    renewed: tuple[Lock, ...] = ()
    conflicts: tuple[LockConflict, ...] = ()
    protected: tuple[ProtectedPath, ...] = ()
    mode: str | None = None
    edit_mode: str | None = None
    max_files_per_claim: int | None = None
    wait: LockWait | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ReleasedLocks(Row):
    """Live locks that were given back."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"released": Lock}

    released: tuple[Lock, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class LockList(Row):
    """A page of live locks, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"locks": Lock}

    locks: tuple[Lock, ...] = ()
    next_cursor: str | None = None
