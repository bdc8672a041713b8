"""`bdh :outbox list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import more
from bdh.cli.text import age, columns, line
from bdh.cli.types import paging_options
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.team import Delivery, DeliveryList

STATUSES = ("told", "pending", "delivered", "parked")


@verb("list", yields="team:DeliveryList", banner=Banner.NEVER)
@click.option("--status", multiple=True, type=click.Choice(STATUSES))
@paging_options
@click.pass_obj
def command(app: App, /, status: tuple[str, ...], limit: int | None, cursor: str | None) -> None:
    """List messages to the outside, by default those that wait or were given up."""
    from bdh.core import telling

    backend = app.as_human("look into the outbox")
    app.emit(telling.deliveries(backend, status=status, limit=limit, cursor=cursor), human)


def human(found: DeliveryList) -> str:
    if not found.deliveries:
        return "Nothing waits and nothing was given up"
    return columns(map(_row, found.deliveries)) + more(found.next_cursor, "bdh :outbox list")


def _row(one: Delivery) -> list[str]:
    name = line(one.recipient.name) if one.recipient else ""
    reason = f" ({line(one.error, 80)})" if one.error else ""
    attempts = f"{one.attempts}x"
    return [one.id[:8], age(one.created_at), one.status, attempts, name, line(one.subject) + reason]
