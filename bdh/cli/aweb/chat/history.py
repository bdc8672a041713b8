"""`bdh :aweb chat history`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import history
from bdh.cli.verb import Banner, verb


@verb("history", yields="chat:ChatHistory", banner=Banner.AFTER)
@click.argument("chat_with", metavar="CHAT")
@click.option("--before", type=int, help="Only messages before this number.")
@click.option("-n", "--limit", type=click.IntRange(1, 500), help="How many messages at most.")
@click.pass_obj
def command(app: App, /, chat_with: str, before: int | None, limit: int | None) -> None:
    """Show the latest messages of CHAT: an alias, or a chat's id. Marks nothing as read."""
    from bdh.core import chat

    app.emit(chat.history(app.backend, chat_with, before=before, limit=limit), history)
