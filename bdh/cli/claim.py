"""`bdh claim`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import holder
from bdh.cli.text import line
from bdh.cli.types import jump_in_option
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.claims import TakenClaim


@verb("claim", yields="claims:TakenClaim")
@click.argument("bead_id")
@jump_in_option
@click.option("--force", is_flag=True, help="Also when the bead is blocked.")
@click.pass_obj
def command(app: App, /, bead_id: str, jump_in: str | None, force: bool) -> None:
    """Claim BEAD_ID, so that nobody else starts it. Claiming again changes nothing."""
    from bdh.core import claims

    taken = claims.claim(app.backend, app.epochs, bead_id, jump_in=jump_in, force=force)
    app.emit(taken, human)


def human(claim: TakenClaim) -> str:
    already = " already" if claim.already_held else ""
    text = f"{claim.bead_id} is yours{already}: {line(claim.bead_title)}"
    if claim.jumped_in_over is not None:
        text += f"\n  taken over from {holder(claim.jumped_in_over)}, who has been told why"
    return text
