"""`bdh list`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.bead_text import bead_lines, more
from bdh.cli.types import flat, paging_options
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import BeadList


@verb("list", yields="beads:BeadList")
@click.option("-s", "--status", multiple=True, type=types.statuses, help="Only with this status.")
@click.option("-t", "--type", "types", multiple=True, type=types.words, help="Only of this kind.")
@click.option("-p", "--priority", type=types.priority, help="Only with this priority.")
@click.option("--priority-min", type=types.priority, help="This priority number or higher.")
@click.option("--priority-max", type=types.priority, help="This priority number or lower.")
@click.option(
    "-l", "--label", "labels", multiple=True, type=types.words, help="Only with this label."
)
@click.option("-a", "--assignee", help="Only assigned to this one.")
@click.option("--parent", "parent_id", metavar="ID", help="Only direct parts of this bead.")
@click.option("--epic", "apex_id", metavar="ID", help="Only below this topmost bead.")
@click.option("--claimed-by", metavar="ALIAS", help="Only claimed by this one.")
@click.option("--updated-since", metavar="WHEN", help="Only changed since (ISO 8601).")
@click.option("--ready", is_flag=True, help="Only what can be started.")
@click.option("--all", "include_closed", is_flag=True, help="Also closed ones.")
@click.option("--sort", type=click.Choice(["priority", "created", "updated"]), help="By what.")
@paging_options
@click.pass_obj
def command(
    app: App,
    /,
    status: tuple[tuple[str, ...], ...],
    types: tuple[tuple[str, ...], ...],
    labels: tuple[tuple[str, ...], ...],
    priority: int | None,
    **filters: Any,
) -> None:
    """List beads that are not closed."""
    from bdh.core import beads

    if priority is not None:
        filters |= {"priority_min": priority, "priority_max": priority}
    found = beads.list_beads(
        app.backend, status=flat(status), types=flat(types), labels=flat(labels), **filters
    )
    app.emit(found, human)


def human(found: BeadList) -> str:
    if not found.beads:
        return "No beads"
    return bead_lines(found.beads) + more(found.next_cursor, "bdh list")
