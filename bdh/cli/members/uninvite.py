"""`bdh :members uninvite`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import Banner, verb


@verb("uninvite", yields="members:Uninvited", banner=Banner.NEVER)
@click.argument("email")
@click.pass_obj
def command(app: App, /, email: str) -> None:
    """Make the invitation of EMAIL worthless; an e-mail that waits is not sent."""
    from bdh.core import members

    done = members.uninvite(app.as_human("invite members"), email)
    app.emit(done, lambda _: f"{line(email)} is not invited any more")
