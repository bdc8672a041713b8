"""The humans of a project."""

from __future__ import annotations

from bdh.core.ports import Backend
from bdh.errors import RefusedError
from bdh.models.members import (
    LeftMember,
    Member,
    MemberInvite,
    MemberJoined,
    MemberList,
    OpenInvite,
    OpenInvites,
    Uninvited,
)


def members(backend: Backend) -> MemberList:
    """The project's humans, oldest first."""
    return MemberList.from_json(backend.call("list_members"))


def find(backend: Backend, who: str) -> Member:
    """
    The member with this name, e-mail or beginning of an id.

    Raises:
        RefusedError: `not_found`, `ambiguous_id`.
    """
    people = members(backend).members
    exact = [one for one in people if who.lower() in (one.name.lower(), (one.email or "").lower())]
    found = exact or [one for one in people if one.id.startswith(who)]
    if len(found) != 1:
        raise RefusedError(
            f"Cannot tell who is meant by {who}: {len(found)} members",
            code="ambiguous_id" if found else "not_found",
            hint="bdh :members list",
        )
    return found[0]


def invite(human: Backend, email: str, role: str, expires_seconds: int | None) -> MemberInvite:
    """An invitation, on its way by e-mail: only the human with that verified address can use it."""
    result = human.call(
        "create_invite", kind="member", email=email, role=role, expires_seconds=expires_seconds
    )
    return MemberInvite.from_json(result)


def invites(human: Backend) -> OpenInvites:
    """The invitations that are still good, of humans and workspaces."""
    return OpenInvites.from_json(human.call("list_invites"))


def resend(human: Backend, email: str) -> OpenInvite:
    """
    Have the invitation of this address mailed again.

    Raises:
        RefusedError: `not_found`, `too_many_invitations`.
    """
    invite = _invitation(human, email)
    return OpenInvite.from_json(human.call("resend_invite", invite_id=invite.id))


def uninvite(human: Backend, email: str) -> Uninvited:
    """
    Make the invitation of this address worthless.

    Raises:
        RefusedError: `not_found`.
    """
    invite = _invitation(human, email)
    return Uninvited.from_json(human.call("revoke_invite", invite_id=invite.id))


def _invitation(human: Backend, email: str) -> OpenInvite:
    for one in invites(human).invites:
        if one.email == email.strip().lower():
            return one
    raise RefusedError(
        f"Nobody is invited as {email}", code="not_found", hint="bdh :members invites"
    )


def accept(human: Backend, token: str) -> MemberJoined:
    """Become a member; `invite_invalid` without saying why."""
    return MemberJoined.from_json(human.call("accept_invite", token=token))


def change_role(human: Backend, who: str, role: str) -> Member:
    """Make a member admin or member; `owner` hands the project over."""
    member = find(human, who)
    if role == "owner":
        return Member.from_json(human.call("transfer_ownership", member_id=member.id))
    return Member.from_json(human.call("update_member", member_id=member.id, role=role))


def remove(human: Backend, who: str) -> LeftMember:
    """Take a human out of the project."""
    member = find(human, who)
    return LeftMember.from_json(human.call("remove_member", member_id=member.id))


def leave(human: Backend) -> LeftMember:
    """End one's own membership."""
    return LeftMember.from_json(human.call("leave_project"))
