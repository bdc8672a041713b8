"""`bdh :workspaces reattach`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import verb


@verb("reattach", yields="workspaces:Invite")
@click.argument("alias")
@click.pass_obj
def command(app: App, /, alias: str) -> None:
    """Make a token with which a directory takes over ALIAS, whose session is lost."""
    from bdh.core import team

    made = team.reattach_workspace(app.as_human("re-attach a workspace"), alias)
    app.say(f"in its directory, until {made.expires_at}: bdh :join TOKEN")
    app.emit(made, lambda invite: invite.token)
