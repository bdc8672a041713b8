"""`bdh :aweb mail reply`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.mail.text import sent
from bdh.cli.types import required_text
from bdh.cli.verb import Banner, verb


@verb("reply", yields="mail:Mail", banner=Banner.AFTER)
@click.argument("mail_id")
@click.argument("text", required=False)
@click.option("-f", "--body-file", help="Read the message from a file; `-` is standard input.")
@click.option("--ack", is_flag=True, help="Ask for an acknowledgement.")
@click.pass_obj
def command(app: App, /, mail_id: str, text: str | None, body_file: str | None, ack: bool) -> None:
    """Answer a message: to its sender, in its thread. TEXT `-` reads standard input."""
    from bdh.core import mail

    body = required_text(text, body_file, "The message")
    app.emit(mail.reply(app.backend, mail_id, body, ack=ack), sent)
