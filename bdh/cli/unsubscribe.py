"""`bdh :unsubscribe`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.team import Unsubscribed


@verb(":unsubscribe", yields="team:Unsubscribed")
@click.argument("bead_ids", nargs=-1, metavar="[BEAD]...")
@click.option("--all", "everything", is_flag=True, help="Be told of no bead any more.")
@click.pass_obj
def command(app: App, /, bead_ids: tuple[str, ...], everything: bool) -> None:
    """No longer be told about beads."""
    from bdh.core import telling

    if bool(bead_ids) == everything:
        raise click.UsageError("Name beads, or say --all")
    app.emit(telling.unsubscribe(app.backend, bead_ids), human)


def human(gone: Unsubscribed) -> str:
    if not gone.unsubscribed:
        return "You were not subscribed"
    return f"You will not be told about {', '.join(gone.unsubscribed)} any more"
