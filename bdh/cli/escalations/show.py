"""`bdh :escalations show`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.escalations.text import shown
from bdh.cli.verb import Banner, verb


@verb("show", yields="escalations:Escalation", banner=Banner.AFTER)
@click.argument("escalation_id")
@click.option("--wait", is_flag=True, help="Block until a human has answered.")
@click.option("--project", "as_human", is_flag=True, help="As a human: of any agent.")
@click.pass_obj
def command(app: App, /, escalation_id: str, wait: bool, as_human: bool) -> int | None:
    """Show a question with all that was attached to it; the first characters of its id will do."""
    from bdh.core import escalations

    backend = app.as_human("see the questions of others") if as_human else app.backend
    found = escalations.show(backend, escalation_id)
    if not wait:
        app.emit(found, shown)
        if found.status != "pending" and not as_human:
            app.was_shown(f"escalation:{found.id}")
        return None
    from bdh.cli.escalations.waiting import block

    return block(app, found, None)
