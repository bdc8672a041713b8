"""`bdh :aweb chat extend-wait`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import extended
from bdh.cli.types import duration
from bdh.cli.verb import verb


@verb("extend-wait", yields="chat:ExtendedWait")
@click.argument("chat_with", metavar="CHAT")
@click.option("--by", type=duration, help="How much longer; 5m by default.")
@click.pass_obj
def command(app: App, /, chat_with: str, by: int | None) -> None:
    """Ask whoever waits for you in CHAT to wait longer, because the answer takes time."""
    from bdh.core import chat

    app.emit(chat.extend_wait(app.backend, chat_with, by), extended)
