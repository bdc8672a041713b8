"""`bdh blocked`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import more, reference
from bdh.cli.text import line
from bdh.cli.types import paging_options
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import BlockedBead, BlockedList


@verb("blocked", yields="beads:BlockedList")
@paging_options
@click.pass_obj
def command(app: App, /, limit: int | None, cursor: str | None) -> None:
    """List beads that wait for others, and for which."""
    from bdh.core import beads

    app.emit(beads.blocked(app.backend, limit, cursor), human)


def human(found: BlockedList) -> str:
    if not found.beads:
        return "Nothing is blocked"
    return "\n".join(map(_entry, found.beads)) + more(found.next_cursor, "bdh blocked")


def _entry(bead: BlockedBead) -> str:
    head = f"{bead.id}  P{bead.priority}  {line(bead.title)}"
    return "\n".join([head, *(f"    waits for {reference(other)}" for other in bead.blockers)])
