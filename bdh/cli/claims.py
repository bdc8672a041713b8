"""`bdh claims`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import claim_lines, more
from bdh.cli.types import paging_options
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.claims import ClaimList


@verb("claims", yields="claims:ClaimList")
@click.option("--mine", is_flag=True, help="Only one's own.")
@click.option("--holder", metavar="ALIAS", help="Only those of one workspace.")
@click.option("--stale", is_flag=True, help="Only those whose holder has been away for long.")
@click.option("--all", "include_ended", is_flag=True, help="Also those that have ended.")
@paging_options
@click.pass_obj
def command(
    app: App,
    /,
    mine: bool,
    holder: str | None,
    stale: bool,
    include_ended: bool,
    limit: int | None,
    cursor: str | None,
) -> None:
    """List who works on what."""
    from bdh.core import claims

    found = claims.list_claims(
        app.backend,
        mine=mine,
        holder=holder,
        stale=stale,
        include_ended=include_ended,
        limit=limit,
        cursor=cursor,
    )
    app.emit(found, human)


def human(found: ClaimList) -> str:
    if not found.claims:
        return "No claims"
    return claim_lines(found.claims) + more(found.next_cursor, "bdh claims")
