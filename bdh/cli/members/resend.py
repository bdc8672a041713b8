"""`bdh :members resend`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import Banner, verb


@verb("resend", yields="members:OpenInvite", banner=Banner.NEVER)
@click.argument("email")
@click.pass_obj
def command(app: App, /, email: str) -> None:
    """Send the invitation of EMAIL again; it is good for at least another week."""
    from bdh.core import members

    done = members.resend(app.as_human("invite members"), email)
    app.emit(
        done, lambda one: f"Sent again to {line(one.email or '')}, good until {one.expires_at}"
    )
