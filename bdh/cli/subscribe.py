"""`bdh :subscribe`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.team import SubscriptionList


@verb(":subscribe", yields="team:SubscriptionList")
@click.argument("bead_ids", nargs=-1, required=True, metavar="BEAD...")
@click.pass_obj
def command(app: App, /, bead_ids: tuple[str, ...]) -> None:
    """Be told when the status of beads changes, by whoever else."""
    from bdh.core import telling

    app.emit(telling.subscribe(app.backend, bead_ids), human)


def human(found: SubscriptionList) -> str:
    names = ", ".join(one.bead_id for one in found.subscriptions)
    return f"You will be told when the status of {names} changes"
