"""`bdh reopen`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.bead_text import ids
from bdh.cli.verb import verb


@verb("reopen", yields="beads:BeadList")
@click.argument("bead_ids", nargs=-1, required=True)
@click.option("-r", "--reason", help="Why.")
@click.pass_obj
def command(app: App, /, bead_ids: tuple[str, ...], reason: str | None) -> None:
    """Open closed BEAD_IDS again."""
    from bdh.core import beads

    opened = beads.reopen(app.backend, bead_ids, reason)
    app.emit(opened, lambda found: f"Opened {ids(found.beads)}")
