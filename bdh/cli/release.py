"""`bdh release`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.claims import Released


@verb("release", yields="claims:Released")
@click.argument("bead_id")
@click.option("--note", help="A hand-over note for whoever takes it next.")
@click.option("--for", "for_alias", metavar="ALIAS", help="As a human: whose claim it is.")
@click.option("--reason", help="As a human: why it is taken away.")
@click.pass_obj
def command(
    app: App, /, bead_id: str, note: str | None, for_alias: str | None, reason: str | None
) -> None:
    """Give BEAD_ID back: it is open again, for anyone."""
    from bdh.core import claims

    if for_alias is None:
        if reason is not None:
            raise click.UsageError("--reason goes with --for; your own hand-over is --note")
        ended = claims.release(app.backend, app.epochs, bead_id, note=note)
    elif reason is None:
        raise click.UsageError("--for needs a --reason, which the holder is told")
    else:
        member = app.as_human("release another's claim")
        ended = claims.release_for(member, bead_id, for_alias, reason, note)
    app.emit(ended, human)


def human(ended: Released) -> str:
    if not ended.released:
        return f"{ended.bead_id} was not claimed"
    title = f": {line(ended.claim.bead_title)}" if ended.claim else ""
    return f"{ended.bead_id} is open again{title}"
