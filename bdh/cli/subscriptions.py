"""`bdh :subscriptions`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import more
from bdh.cli.text import columns, line
from bdh.cli.types import paging_options
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.team import SubscriptionList


@verb(":subscriptions", yields="team:SubscriptionList")
@paging_options
@click.pass_obj
def command(app: App, /, limit: int | None, cursor: str | None) -> None:
    """List the beads you are told about."""
    from bdh.core import telling

    app.emit(telling.subscriptions(app.backend, limit=limit, cursor=cursor), human)


def human(found: SubscriptionList) -> str:
    if not found.subscriptions:
        return "No subscriptions"
    rows = [[one.bead_id, one.status, line(one.title)] for one in found.subscriptions]
    return columns(rows) + more(found.next_cursor, "bdh :subscriptions")
