"""`bdh :members invite`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
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
    """Make an invitation for the human with this e-mail; send them what it prints."""
    from bdh.core import members

    app.emit(members.invite(app.as_human("invite members"), email, role, expires), human)


def human(made: MemberInvite) -> str:
    return f"bdh :login {made.email}, then: bdh :members accept {made.token}"
