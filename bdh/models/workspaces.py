"""Workspaces, projects, the team."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.claims import Claim
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Repo(Row):
    """A repository by its canonical origin."""

    id: str
    name: str = ""
    origin: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class Workspace(Row):
    """One directory, one agent."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"repo": Repo}

    id: str
    alias: str
    short: str | None = None
    role: str = ""
    human_name: str | None = None
    presence: str = "offline"
    last_seen: str | None = None
    repo: Repo | None = None
    branch: str | None = None
    hostname: str | None = None
    host: str | None = None
    path: str | None = None
    created_at: str = ""
    removed_at: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class WorkspaceList(Row):
    """The workspaces of a project."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"workspaces": Workspace}

    workspaces: tuple[Workspace, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Project(Row):
    """The tenant; `role` is the caller's, `created` whether this call made it."""

    id: str
    slug: str
    name: str = ""
    prefix: str = ""
    plan: str = ""
    settings: JsonObject = field(default_factory=dict)
    role: str | None = None
    created: bool = False


@dataclass(frozen=True, repr=False, eq=False)
class Joined(Row):
    """What joining gives: a workspace in a project."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"workspace": Workspace, "project": Project}

    workspace: Workspace
    project: Project


@dataclass(frozen=True, repr=False, eq=False)
class Invite(Row):
    """An invitation; the token is shown this once."""

    token: str
    expires_at: str = ""
    uses: int = 1
    kind: str = "workspace"
    role: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Whoami(Row):
    """Who acts here, and what hangs on it."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "actor": Actor,
        "project": Project,
        "workspace": Workspace,
        "projects": Project,
        "claims": Claim,
    }

    actor: Actor
    project: Project | None = None
    workspace: Workspace | None = None
    member: JsonObject | None = None
    projects: tuple[Project, ...] = ()
    claims: tuple[Claim, ...] = ()
    locks_count: int = 0
    schema_version: str | None = None
