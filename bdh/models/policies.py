"""Policies: versioned guidance, by role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Policy(Row):
    """One version for one role; `playbook` is `None` for a role that it does not know."""

    version: int
    active: bool = True
    latest_version: int = 0
    role: str = ""
    known_role: bool = False
    invariants: tuple[str, ...] = ()
    playbook: str | None = None
    roles: tuple[str, ...] = ()
    rules: JsonObject = field(default_factory=dict)
    bundle: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, repr=False, eq=False)
class PolicyVersion(Row):
    """A version in the history, without its text."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"created_by": Actor, "activated_by": Actor}

    version: int
    active: bool = False
    note: str | None = None
    created_at: str | None = None
    created_by: Actor | None = None
    activated_at: str | None = None
    activated_by: Actor | None = None


@dataclass(frozen=True, repr=False, eq=False)
class PolicyHistory(Row):
    """Versions, newest first; version 0, bdh's default, is not listed."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"policies": PolicyVersion}

    policies: tuple[PolicyVersion, ...] = ()
    active_version: int = 0
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Role(Row):
    """A role; `known` to the policy, `workspaces` are the aliases that have it."""

    name: str
    summary: str | None = None
    known: bool = False
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class RoleList(Row):
    """Roles of the policy and of live workspaces."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"roles": Role}

    roles: tuple[Role, ...] = ()
    next_cursor: str | None = None
