"""`bdh :aweb mail list`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.mail.text import box, outgoing
from bdh.cli.types import paging_options
from bdh.cli.verb import Banner, verb


@verb("list", yields="mail:MailList", banner=Banner.AFTER)
@click.option("--unread", is_flag=True, help="Only what was not opened.")
@click.option("--sent", is_flag=True, help="What one has sent, instead.")
@click.option("--all", "everything", is_flag=True, help="Sent and received.")
@click.option("--thread", "thread_id", metavar="ID", help="Only this thread.")
@paging_options
@click.pass_obj
def command(
    app: App,
    /,
    unread: bool,
    sent: bool,
    everything: bool,
    thread_id: str | None,
    limit: int | None,
    cursor: str | None,
) -> None:
    """List mail, unread and urgent first. Marks nothing as read."""
    from bdh.core import mail

    found = mail.inbox(
        app.backend,
        box="all" if everything else "sent" if sent else "inbox",
        unread=unread,
        thread_id=thread_id,
        limit=limit,
        cursor=cursor,
    )
    app.emit(found, outgoing if sent and not everything else box)
    app.was_shown(*(f"mail:{mail.id}" for mail in found.mail if mail.unread))
