"""`bdh :members invite`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.types import duration
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.members import MemberInvite


@verb("invite", yields="members:MemberInvite", banner=Banner.NEVER)
@click.argument("email")
@click.option("--role", type=click.Choice(["member", "admin"]), default="member")
@click.option("--expires", type=duration, help="How long it is good for, such as 7d.")
@click.pass_obj
def command(app: App, /, email: str, role: str, expires: int | None) -> None:
    """
    Invite the human with this e-mail: the invitation goes there by mail.

    Nobody else can accept it, so what is printed may also be sent by other means.
    """
    from bdh.core import members

    app.emit(members.invite(app.as_human("invite members"), email, role, expires), human)


def human(made: MemberInvite) -> str:
    email = line(made.email or "")
    return (
        f"Invited {email} as {made.role}; an e-mail says how to accept, until {made.expires_at}\n"
        f"by other means: bdh :login {email}, then: bdh :members accept {made.token}"
    )
