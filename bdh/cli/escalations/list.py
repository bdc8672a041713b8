"""`bdh :escalations list`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.escalations.text import listed
from bdh.cli.types import paging_options
from bdh.cli.verb import Banner, verb

STATES = ("pending", "answered", "expired", "withdrawn")


@verb("list", yields="escalations:EscalationList", banner=Banner.AFTER)
@click.option("--status", type=click.Choice(STATES), multiple=True, help="Only these.")
@click.option("--project", "as_human", is_flag=True, help="As a human: of all agents.")
@paging_options
@click.pass_obj
def command(
    app: App,
    /,
    status: tuple[str, ...] = (),
    as_human: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> None:
    """List your questions to the humans, or as a human those of the whole project."""
    from bdh.core import escalations

    backend = app.as_human("see the questions of others") if as_human else app.backend
    app.emit(escalations.find(backend, status=status, limit=limit, cursor=cursor), listed)
