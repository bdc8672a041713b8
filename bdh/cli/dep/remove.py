"""`bdh dep remove`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import reference
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.dependencies import RemovedDependency


@verb("remove", yields="dependencies:RemovedDependency")
@click.argument("bead_id")
@click.argument("depends_on")
@click.option("-t", "--type", "kind", help="Only a dependency of this type.")
@click.pass_obj
def command(app: App, /, bead_id: str, depends_on: str, kind: str | None) -> None:
    """Remove the dependency of BEAD_ID on DEPENDS_ON."""
    from bdh.core import dependencies

    app.emit(dependencies.remove(app.backend, bead_id, depends_on, kind), human)


def human(removed: RemovedDependency) -> str:
    head = f"{removed.bead_id} no longer depends on {removed.depends_on_id}"
    return "\n".join([head, *(f"  unblocked {reference(bead)}" for bead in removed.unblocked)])
