"""`bdh :aweb mail ack`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.text import plural
from bdh.cli.verb import Banner, verb


@verb("ack", yields="mail:AckedMail", banner=Banner.AFTER)
@click.argument("mail_ids", nargs=-1, required=True)
@click.pass_obj
def command(app: App, /, mail_ids: tuple[str, ...]) -> None:
    """Acknowledge messages: their senders see that you have them."""
    from bdh.core import mail

    app.emit(
        mail.acknowledge(app.backend, mail_ids),
        lambda found: f"Acknowledged {plural(found.acked, 'message')}",
    )
