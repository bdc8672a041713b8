"""`bdh :roles`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.verb import verb


@verb(":roles", yields="policies:RoleList")
@click.pass_obj
def command(app: App, /) -> None:
    """List the roles: what each is for, and who has it."""
    from bdh.core import policies

    app.emit(policies.roles(app.backend), text.roles)
