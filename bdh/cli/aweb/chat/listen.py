"""`bdh :aweb chat listen`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.types import duration
from bdh.cli.verb import Banner, verb


@verb("listen", yields="chat:WaitOutcome", banner=Banner.AFTER)
@click.argument("chat_with", metavar="[CHAT]", required=False)
@click.option("--wait", type=duration, default="5m", show_default=True, help="How long to wait.")
@click.pass_obj
def command(app: App, /, chat_with: str | None, wait: int) -> int:
    """Wait for the next message in CHAT, or in any chat, without writing. Resumes a wait."""
    from bdh.cli.aweb.chat.blocking import block
    from bdh.core import chat

    return block(app, chat.listen(app.backend, chat_with, wait), wait)
