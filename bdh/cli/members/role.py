"""`bdh :members role`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import Banner, verb


@verb("role", yields="members:Member", banner=Banner.NEVER)
@click.argument("who", metavar="NAME|EMAIL")
@click.argument("role", type=click.Choice(["member", "admin", "owner"]))
@click.pass_obj
def command(app: App, /, who: str, role: str) -> None:
    """Change a member's role, as the owner; `owner` hands the project over."""
    from bdh.core import members

    done = members.change_role(app.as_human("change roles"), who, role)
    app.emit(done, lambda member: f"{line(member.name)} is {member.role}")
