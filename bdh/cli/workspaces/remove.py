"""`bdh :workspaces remove`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import verb


@verb("remove", yields="workspaces:Workspace")
@click.argument("alias")
@click.pass_obj
def command(app: App, /, alias: str) -> None:
    """Remove ALIAS for good: its claims and locks end, its token dies, its alias is free."""
    from bdh.core import team

    removed = team.remove_workspace(app.as_human("remove a workspace"), alias)
    app.emit(removed, lambda one: f"{one.alias} is removed; the alias is free")
