"""The humans of a project, and how they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row
from bdh.models.workspaces import Project


@dataclass(frozen=True, repr=False, eq=False)
class Member(Row):
    """A human with a verified e-mail; role is owner, admin or member."""

    id: str
    name: str = ""
    email: str | None = None
    role: str = "member"
    created_at: str = ""
    last_seen: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class MemberList(Row):
    """The humans of a project."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"members": Member}

    members: tuple[Member, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class MemberInvite(Row):
    """An invitation for one human; the token is shown once."""

    id: str
    token: str
    email: str | None = None
    role: str | None = None
    expires_at: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class MemberJoined(Row):
    """The project that one has become a member of."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"project": Project}

    project: Project
    role: str = "member"


@dataclass(frozen=True, repr=False, eq=False)
class LeftMember(Row):
    """A human who is no member any more; its workspaces stay and are named."""

    id: str
    name: str = ""
    email: str | None = None
    role: str = "member"
    removed: bool = True
    workspaces: tuple[str, ...] = ()
