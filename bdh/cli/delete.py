"""`bdh delete`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import verb


@verb("delete", yields="beads:DeletedBeads")
@click.argument("bead_ids", nargs=-1, required=True)
@click.option("-r", "--reason", help="Why.")
@click.option("--force", is_flag=True, hidden=True, help="Accepted, as bd asks for it.")
@click.pass_obj
def command(app: App, /, bead_ids: tuple[str, ...], reason: str | None, force: bool) -> None:  # noqa: ARG001
    """Delete BEAD_IDS. Tombstones stay, so that no import brings them back."""
    from bdh.core import beads

    deleted = beads.delete(app.backend, bead_ids, reason)
    app.emit(deleted, lambda found: f"Deleted {', '.join(found.deleted)}")
