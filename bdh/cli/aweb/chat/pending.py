"""`bdh :aweb chat pending`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.text import pending
from bdh.cli.verb import Banner, verb


@verb("pending", yields="chat:ChatList", banner=Banner.AFTER)
@click.pass_obj
def command(app: App, /) -> None:
    """Show who waits for you and who wrote. Marks nothing as read."""
    from bdh.core import chat

    app.emit(chat.pending(app.backend), pending)
