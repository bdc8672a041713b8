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
    focus: str | None = None
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
    created_at: str | None = None
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

    id: str
    token: str
    kind: str = "workspace"
    role: str | None = None
    alias: str | None = None
    email: str | None = None
    uses: int = 1
    expires_at: str = ""


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

    actor: Actor | None = None
    project: Project | None = None
    workspace: Workspace | None = None
    member: JsonObject | None = None
    projects: tuple[Project, ...] = ()
    claims: tuple[Claim, ...] = ()
    locks_count: int = 0
    schema_version: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Setup(Row):
    """What `:init`, `:join` and `:add-worktree` did; with `--dry-run` what they would do."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"workspace": Workspace, "project": Project}

    directory: str
    workspace: Workspace | None = None
    project: Project | None = None
    created: bool = True
    steps: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class HeldLock(Row):
    """A file lock, as a status shows it."""

    path: str
    mode: str = "exclusive"
    reason: str | None = None
    expires_at: str | None = None
    seconds_left: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Epic(Row):
    """The topmost bead above a claim."""

    id: str
    title: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class TeamMate(Workspace):
    """A workspace and what it is doing; `waiting_for` are those whose answer it waits for."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        **Workspace.PARTS,
        "claims": Claim,
        "locks": HeldLock,
        "epic": Epic,
    }

    claims: tuple[Claim, ...] = ()
    locks: tuple[HeldLock, ...] = ()
    epic: Epic | None = None
    waiting_for: tuple[str, ...] | None = None


@dataclass(frozen=True, repr=False, eq=False)
class TeamStatus(Row):
    """Who is here, on what; `you` is the caller."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "you": TeamMate,
        "project": Project,
        "workspaces": TeamMate,
    }

    you: TeamMate
    project: Project | None = None
    workspaces: tuple[TeamMate, ...] = ()
    escalations: tuple[JsonObject, ...] = ()
    counts: JsonObject = field(default_factory=dict)
