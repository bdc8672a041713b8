"""The humans of a project, and how they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.actors import Actor
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
class InviteMail(Row):
    """What became of an invitation's e-mail: pending, delivered or parked."""

    status: str
    attempts: int = 0
    error: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class OpenInvite(Row):
    """An invitation that is still good; its token is not told again."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"created_by": Actor, "delivery": InviteMail}

    id: str
    kind: str = "member"
    role: str | None = None
    alias: str | None = None
    email: str | None = None
    uses: int = 1
    expires_at: str = ""
    created_at: str = ""
    created_by: Actor | None = None
    mailed_at: str | None = None
    delivery: InviteMail | None = None


@dataclass(frozen=True, repr=False, eq=False)
class OpenInvites(Row):
    """The invitations that are still good, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"invites": OpenInvite}

    invites: tuple[OpenInvite, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Uninvited(Row):
    """An invitation that is worthless now."""

    id: str
    revoked: bool = True


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
