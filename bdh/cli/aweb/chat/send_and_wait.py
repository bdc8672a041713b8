"""`bdh :aweb chat send-and-wait`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.chat.words import addressed
from bdh.cli.types import duration
from bdh.cli.verb import Banner, verb


@verb("send-and-wait", yields="chat:WaitOutcome", banner=Banner.AFTER)
@click.argument("words", nargs=-1, metavar="TO... MESSAGE")
@click.option("-f", "--body-file", help="Read the message from a file; `-` is standard input.")
@click.option("--wait", type=duration, help="How long to wait; 2m, or 5m to start a conversation.")
@click.option(
    "--start-conversation", is_flag=True, help="Wait longer, also for those who had left."
)
@click.option("--all", "all_replies", is_flag=True, help="In a group, wait until all answered.")
@click.pass_obj
def command(
    app: App,
    /,
    words: tuple[str, ...],
    body_file: str | None,
    wait: int | None,
    start_conversation: bool,
    all_replies: bool,
) -> int:
    """Send MESSAGE to TO and block until somebody answers. MESSAGE `-` reads standard input."""
    from bdh.cli.aweb.chat.blocking import block
    from bdh.core import chat

    to, text = addressed(words, body_file, "send-and-wait")
    seconds = wait or chat.default_wait_seconds(start_conversation=start_conversation)
    sent = chat.send(
        app.backend,
        to,
        text,
        wait_seconds=seconds,
        start_conversation=start_conversation,
        all_replies=all_replies,
    )
    return block(app, sent, seconds)
