"""`bdh :escalations answer`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.escalations.text import outcome
from bdh.cli.types import text_argument
from bdh.cli.verb import Banner, verb


@verb("answer", yields="escalations:Escalation", banner=Banner.NEVER)
@click.argument("escalation_id")
@click.argument("text", required=False)
@click.option("-f", "--body-file", help="Read the answer from a file; `-` is standard input.")
@click.option("--option", type=click.IntRange(min=1), help="Choose an option by its number.")
@click.option("--note", help="Something to add.")
@click.pass_obj
def command(
    app: App,
    /,
    escalation_id: str,
    text: str | None,
    body_file: str | None,
    option: int | None,
    note: str | None,
) -> None:
    """Answer a question as the signed-in human: TEXT, or one of its options."""
    from bdh.core import escalations

    answer = text_argument(text, body_file, "The answer")
    if not answer and option is None:
        raise click.UsageError("The answer is missing")
    human = app.as_human("answer an escalation")
    answered = escalations.answer(human, escalation_id, answer, option=option, note=note)
    app.emit(answered, outcome)
