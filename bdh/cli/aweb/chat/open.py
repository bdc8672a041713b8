"""`bdh :aweb chat open`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import opened
from bdh.cli.verb import Banner, verb


@verb("open", yields="chat:OpenedChat", banner=Banner.AFTER)
@click.argument("chat_with", metavar="CHAT")
@click.option("-n", "--limit", type=click.IntRange(1, 500), help="How many messages at most.")
@click.pass_obj
def command(app: App, /, chat_with: str, limit: int | None) -> None:
    """
    Read what is new in CHAT: an alias, or a chat's id.

    What is printed becomes read, and whoever waits for you waits five minutes longer.
    """
    from bdh.core import chat

    app.emit(chat.open_chat(app.backend, chat_with, limit=limit), opened)
