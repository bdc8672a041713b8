"""`bdh :invite`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.workspaces import Invite


@verb(":invite", yields="workspaces:Invite")
@click.option("--role", help="The only role it is for; with --member: admin or member.")
@click.option("--uses", type=click.IntRange(1, 1000), help="How often it can be used; default 1.")
@click.option("--expires", "expires_seconds", type=types.duration, help="4h, 7d (default), …")
@click.option("--member", is_flag=True, help="Invite a human, not a workspace.")
@click.option("--email", help="With --member: only for this address.")
@click.pass_obj
def command(
    app: App,
    /,
    role: str | None,
    uses: int | None,
    expires_seconds: int | None,
    member: bool,
    email: str | None,
) -> None:
    """Make an invitation for workspaces on other machines. The token is shown this once."""
    from bdh.core import team

    if email and not member:
        raise click.UsageError("--email goes with --member")
    human_side = app.as_human("invite others")
    if member:
        made = team.invite_member(human_side, role=role, email=email)
    else:
        made = team.invite(human_side, role=role, uses=uses, expires_seconds=expires_seconds)
    app.emit(made, lambda invite: human(app, invite))


def human(app: App, invite: Invite) -> str:
    """The token, and the command for the other machine."""
    app.say(f"valid until {invite.expires_at}, {invite.uses} use(s)")
    identity = app.identity
    if invite.kind == "member":
        app.say("there: bdh :login EMAIL, then: bdh :join TOKEN --member")
    elif identity.url:
        app.say(f"there: bdh :join TOKEN --url {identity.url} --key {identity.key}")
    else:
        app.say("there: bdh :join TOKEN (with --url and --key of this stack from another machine)")
    return invite.token
