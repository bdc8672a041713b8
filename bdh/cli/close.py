"""`bdh close`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import ids, reference
from bdh.cli.text import line
from bdh.cli.types import jump_in_option
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import ClosedBeads


@verb("close", yields="beads:ClosedBeads")
@click.argument("bead_ids", nargs=-1, required=True)
@click.option("-r", "--reason", help="What was done, or why it is not needed.")
@jump_in_option
@click.pass_obj
def command(
    app: App, /, bead_ids: tuple[str, ...], reason: str | None, jump_in: str | None
) -> None:
    """Close BEAD_IDS, see what that unblocked and which work of others it touches."""
    from bdh.core import beads

    closed = beads.close(app.backend, app.epochs, bead_ids, reason=reason, jump_in=jump_in)
    app.emit(closed, human)


def human(closed: ClosedBeads) -> str:
    lines = [f"Closed {ids(closed.beads)}"]
    lines += [f"  unblocked {reference(bead)}" for bead in closed.unblocked]
    lines += [
        f"  related: {work.bead_id} {line(work.title)} ({line(work.holder)} is on it)"
        for work in closed.related
    ]
    return "\n".join(lines)
