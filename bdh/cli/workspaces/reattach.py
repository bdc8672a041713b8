"""`bdh :workspaces reattach`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import verb


@verb("reattach", yields="workspaces:Invite")
@click.argument("alias")
@click.option("--project", help="The project, from anywhere; by default this directory's.")
@click.option("--url", help="With --project: the backend, unless it is this machine's stack.")
@click.option("--key", help="With --url: its publishable key.")
@click.pass_obj
def command(app: App, /, alias: str, project: str | None, url: str | None, key: str | None) -> None:
    """
    Make a token with which a directory takes over ALIAS, whose session is lost.

    With --project for one that came by `:project import`.
    """
    from bdh.cli.human import human_at, require_human
    from bdh.core import team

    if (url or key) and not project:
        raise click.UsageError("--url and --key go with --project")
    if project:
        require_human("re-attach a workspace")
        human = human_at(app, url, key, project=project)
    else:
        human = app.as_human("re-attach a workspace")
    made = team.reattach_workspace(human, alias)
    there = f" --url {url} --key {key}" if url else ""
    app.say(f"in its directory, until {made.expires_at}: bdh :join TOKEN{there}")
    app.emit(made, lambda invite: invite.token)
