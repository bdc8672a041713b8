"""`bdh :members leave`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.members.remove import human
from bdh.cli.verb import Banner, verb


@verb("leave", yields="members:LeftMember", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """End your own membership; the owner hands the project over first."""
    from bdh.core import members

    app.emit(members.leave(app.as_human("leave a project")), human)
