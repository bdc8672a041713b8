"""`bdh dep add`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import verb


@verb("add", yields="dependencies:AddedDependency")
@click.argument("bead_id")
@click.argument("depends_on")
@click.option("-t", "--type", "kind", default="blocks", show_default=True, help="Its type.")
@click.pass_obj
def command(app: App, /, bead_id: str, depends_on: str, kind: str) -> None:
    """Make BEAD_ID depend on DEPENDS_ON: it is not ready until that one is closed."""
    from bdh.core import dependencies

    app.emit(
        dependencies.add(app.backend, bead_id, depends_on, kind),
        lambda edge: (
            f"{edge.bead_id} {'now' if edge.added else 'already'} depends on "
            f"{edge.depends_on_id} ({edge.type})"
        ),
    )
