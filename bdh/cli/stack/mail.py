"""`bdh :stack mail`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import block, line
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import Outbox, OutboxMail


@verb("mail", yields="stack:Outbox", banner=Banner.NEVER)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, newest first.",
)
@click.pass_obj
def command(app: App, /, limit: int) -> None:
    """Show e-mails that the stack wrote to its outbox, as no mail server is set up."""
    from bdh.models.stack import Outbox, OutboxMail
    from bdh.stack import control

    mails = control.mail(limit=limit)
    rows = tuple(OutboxMail(m.to, m.subject, m.date, m.body, str(m.file)) for m in mails)
    app.emit(Outbox(rows), human)


def human(outbox: Outbox) -> str:
    if not outbox.mails:
        return "No e-mails"
    return "\n\n".join(_letter(mail) for mail in outbox.mails)


def _letter(mail: OutboxMail) -> str:
    head = f"To: {line(mail.to)}\nDate: {line(mail.date)}\nSubject: {line(mail.subject)}"
    return f"{head}\n\n{block(mail.body, '  ')}"
