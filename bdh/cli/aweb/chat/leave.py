"""`bdh :aweb chat leave`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import gone
from bdh.cli.verb import verb


@verb("leave", yields="chat:LeftChat")
@click.argument("chat_with", metavar="CHAT")
@click.pass_obj
def command(app: App, /, chat_with: str) -> None:
    """Leave CHAT without an answer; whoever waits for you alone is told at once."""
    from bdh.core import chat

    app.emit(chat.leave(app.backend, chat_with), gone)
