"""`bdh :aweb mail send`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.mail.text import sent
from bdh.cli.types import required_text
from bdh.cli.verb import verb
from bdh.errors import UsageError

PRIORITIES = ("urgent", "high", "normal", "low")


@verb("send", yields="mail:Mail")
@click.argument("words", nargs=-1, metavar="TO... [MESSAGE]")
@click.option("-f", "--body-file", help="Read the message from a file; `-` is standard input.")
@click.option("--subject", help="By default the message's first line.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="normal by default.")
@click.option("--thread", "thread_id", metavar="ID", help="Go on in this thread.")
@click.option("--ack", is_flag=True, help="Ask for an acknowledgement.")
@click.pass_obj
def command(
    app: App,
    /,
    words: tuple[str, ...],
    body_file: str | None,
    subject: str | None,
    priority: str | None,
    thread_id: str | None,
    ack: bool,
) -> None:
    """
    Send MESSAGE to each TO: an alias, @role, @all or @humans.

    MESSAGE `-`, or --body-file, reads it from elsewhere, so that no shell mangles it.
    """
    from bdh.core import mail

    to, text = addressees(words, body_file)
    message = mail.send(
        app.backend,
        to,
        required_text(text, body_file, "The message"),
        subject=subject,
        priority=priority,
        thread_id=thread_id,
        ack=ack,
    )
    app.emit(message, sent)


def addressees(words: tuple[str, ...], body_file: str | None) -> tuple[list[str], str | None]:
    """Whom to write to and what: the last word is the message unless a file holds it."""
    names = list(words)
    text = None if body_file is not None else (names.pop() if len(names) > 1 else None)
    to = [name for word in names for name in word.split(",") if name]
    if not to or (body_file is None and text is None):
        raise UsageError(
            "A mail needs somebody to go to and a message",
            code="usage",
            hint='bdh :aweb mail send bob "The API is ready"',
        )
    return to, text
