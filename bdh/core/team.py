"""Projects, workspaces, the team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bdh.core.ports import Backend
from bdh.models.workspaces import (
    Invite,
    Joined,
    Project,
    TeamStatus,
    Whoami,
    Workspace,
    WorkspaceList,
)

DAY_SECONDS = 86400


@dataclass(frozen=True)
class Place:
    """Where a workspace is: its repository and its directory."""

    repo_origin: str
    repo_name: str
    hostname: str
    path: str
    branch: str | None
    host: str | None
    ignore_case: bool


def status(backend: Backend, *, limit: int | None = None) -> TeamStatus:
    """Who is here, on what, holding which files; at most `limit` workspaces."""
    return TeamStatus.from_json(backend.call("team_status", limit=limit))


def whoami(backend: Backend) -> Whoami:
    """The caller and what hangs on it."""
    return Whoami.from_json(backend.call("whoami"))


def find_or_create_project(human: Backend, slug: str, prefix: str | None = None) -> Project:
    """The human's project called `slug`; `slug_taken` when it is somebody else's."""
    result = human.call("create_project", slug=slug, prefix=prefix, if_absent=True)
    return Project.from_json(result)


def invite(
    human: Backend,
    *,
    role: str | None = None,
    uses: int | None = None,
    expires_seconds: int | None = None,
    project_id: str | None = None,
) -> Invite:
    """An invitation for workspaces, made by a member."""
    result = human.call(
        "create_invite",
        role=role,
        uses=uses,
        expires_seconds=expires_seconds,
        project_id=project_id,
    )
    return Invite.from_json(result)


def invite_member(human: Backend, *, role: str | None, email: str | None) -> Invite:
    """An invitation for a human, made by an owner or admin."""
    return Invite.from_json(human.call("create_invite", kind="member", role=role, email=email))


def accept_invite(human: Backend, token: str) -> Project:
    """Become a member by an invitation for humans."""
    return Project.from_json(human.call("accept_invite", token=token)["project"])


def add_sibling(backend: Backend, role: str | None, alias: str | None) -> Invite:
    """A workspace's own invitation for one more workspace of its repository and human."""
    return Invite.from_json(backend.call("add_sibling", role=role, alias=alias))


def join(
    newcomer: Backend,
    token: str,
    place: Place,
    *,
    alias: str | None = None,
    role: str | None = None,
    human_name: str | None = None,
) -> Joined:
    """
    Make the calling user a workspace; with the same token again, the same workspace.

    Raises:
        RefusedError: `invite_invalid`, `alias_taken`, `bad_alias`, `limit_exceeded`, …
    """
    result = newcomer.call(
        "join_project",
        token=token,
        alias=alias,
        role=role,
        human_name=human_name,
        repo_origin=place.repo_origin,
        repo_name=place.repo_name,
        hostname=place.hostname,
        path=place.path,
        branch=place.branch,
        host=place.host,
        ignore_case=place.ignore_case or None,
    )
    return Joined.from_json(result)


def list_workspaces(backend: Backend, *, include_removed: bool = False) -> WorkspaceList:
    """The project's workspaces by alias."""
    result = backend.call("list_workspaces", include_removed=include_removed or None)
    return WorkspaceList.from_json(result)


def remove_workspace(human: Backend, alias: str) -> Workspace:
    """End a workspace: its claims, locks and waits end, its token is dead, its alias free."""
    return Workspace.from_json(human.call("remove_workspace", alias=alias))


def reattach_workspace(human: Backend, alias: str) -> Invite:
    """An invitation with which a directory takes over a workspace that lost its session."""
    return Invite.from_json(human.call("reattach_workspace", alias=alias))


def settings(backend: Backend, changes: Mapping[str, Any] | None = None) -> Project:
    """The project with its settings, after `changes` (by an owner or admin)."""
    result = backend.call("project_settings", changes=dict(changes) if changes else None)
    return Project.from_json(result)
