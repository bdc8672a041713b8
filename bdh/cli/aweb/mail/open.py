"""`bdh :aweb mail open`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.mail.text import letter
from bdh.cli.verb import Banner, verb


@verb("open", yields="mail:Mail", banner=Banner.AFTER)
@click.argument("mail_id")
@click.pass_obj
def command(app: App, /, mail_id: str) -> None:
    """Read a message; the first characters of its id will do. Marks it as read."""
    from bdh.core import mail

    app.emit(mail.open_mail(app.backend, mail_id), letter)
