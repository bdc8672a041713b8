"""`bdh :escalate`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.escalations.text import asked
from bdh.cli.types import duration, required_text
from bdh.cli.verb import Banner, verb


@verb(":escalate", yields="escalations:Escalation", banner=Banner.AFTER)
@click.argument("subject")
@click.argument("situation", required=False)
@click.option("-f", "--body-file", help="Read the situation from a file; `-` is standard input.")
@click.option("--option", "options", multiple=True, help="An answer to choose; repeat it.")
@click.option("--expires", type=duration, help="Stop asking after 90s, 15m, 4h, 7d.")
@click.option("--wait", is_flag=True, help="Block until a human has answered.")
@click.option("--wait-at-most", type=duration, help="Block, but no longer than this.")
@click.pass_obj
def command(
    app: App,
    /,
    subject: str,
    situation: str | None,
    body_file: str | None,
    options: tuple[str, ...],
    expires: int | None,
    wait: bool,
    wait_at_most: int | None,
) -> int | None:
    """
    Ask the humans of the project about SITUATION, named SUBJECT.

    They also see your claims, locks, branch and last messages.
    """
    from bdh.core import escalations

    text = required_text(situation, body_file, "The situation")
    question = escalations.escalate(
        app.backend, subject, text, options=options, expires_seconds=expires
    )
    if not wait and wait_at_most is None:
        app.emit(question, asked)
        return None
    from bdh.cli.escalations.waiting import block

    return block(app, question, wait_at_most)
