"""`bdh :escalations withdraw`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.escalations.text import outcome
from bdh.cli.verb import verb


@verb("withdraw", yields="escalations:Escalation")
@click.argument("escalation_id")
@click.option("--project", "as_human", is_flag=True, help="As a human: of any agent.")
@click.pass_obj
def command(app: App, /, escalation_id: str, as_human: bool) -> None:
    """Take back a question that nobody has answered yet."""
    from bdh.core import escalations

    backend = app.as_human("withdraw the questions of others") if as_human else app.backend
    app.emit(escalations.withdraw(backend, escalation_id), outcome)
