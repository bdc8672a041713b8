"""`bdh :aweb chat send-and-leave`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import delivered
from bdh.cli.aweb.chat.words import addressed
from bdh.cli.verb import Banner, verb


@verb("send-and-leave", yields="chat:Sent", banner=Banner.AFTER)
@click.argument("words", nargs=-1, metavar="TO... MESSAGE")
@click.option("-f", "--body-file", help="Read the message from a file; `-` is standard input.")
@click.pass_obj
def command(app: App, /, words: tuple[str, ...], body_file: str | None) -> None:
    """Send MESSAGE to TO without waiting for an answer. MESSAGE `-` reads standard input."""
    from bdh.core import chat

    to, text = addressed(words, body_file, "send-and-leave")
    sent = chat.send(app.backend, to, text, leave=True)
    app.emit(sent, delivered)
    if sent.unread:
        chat.mark_read(app.backend, sent.unread)
