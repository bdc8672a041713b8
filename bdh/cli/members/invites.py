"""`bdh :members invites`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import ago, columns, line
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.members import OpenInvite, OpenInvites


@verb("invites", yields="members:OpenInvites", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """List the invitations that are still good, for humans and workspaces."""
    from bdh.core import members

    app.emit(members.invites(app.as_human("see the invitations")), human)


def human(found: OpenInvites) -> str:
    if not found.invites:
        return "No invitations are open"
    return columns(
        [line(one.email or one.kind), one.role or "", _mail(one), f"until {one.expires_at[:16]}"]
        for one in found.invites
    )


def _mail(invite: OpenInvite) -> str:
    """How the e-mail fares."""
    if invite.mailed_at is None or invite.delivery is None:
        return f"made {ago(invite.created_at)}"
    words = {"pending": "e-mail waits", "delivered": "e-mailed", "parked": "e-mail given up"}
    text = words.get(invite.delivery.status, invite.delivery.status)
    if invite.delivery.status != "delivered" and invite.delivery.error:
        return f"{text}: {line(invite.delivery.error)}"
    return f"{text} {ago(invite.mailed_at)}"
