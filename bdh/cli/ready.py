"""`bdh ready`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.bead_text import more, plain_lines
from bdh.cli.text import line, plural
from bdh.cli.types import flat, paging_options
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import ReadyBeads


@verb("ready", yields="beads:ReadyBeads|claims:TakenClaim|claims:NoClaim")
@click.option("--claim", "claim_it", is_flag=True, help="Claim the best one.")
@click.option("-p", "--priority", "priority_max", type=types.priority, help="This urgent or more.")
@click.option("-t", "--type", "types", multiple=True, help="Only of this kind.")
@click.option(
    "-l", "--label", "labels", multiple=True, type=types.words, help="Only with this label."
)
@click.option("--epic", "apex_id", metavar="ID", help="Only below this topmost bead.")
@click.option("-u", "--unassigned", is_flag=True, help="Only what is assigned to nobody.")
@paging_options
@click.pass_obj
def command(
    app: App, /, claim_it: bool, labels: tuple[tuple[str, ...], ...], **filters: Any
) -> None:
    """List work that nothing blocks: yours first, then by priority, then the oldest."""
    if claim_it:
        return claim_best(app, flat(labels), filters)
    from bdh.core import beads

    app.emit(beads.ready(app.backend, labels=flat(labels), **filters), human)
    return None


def claim_best(app: App, labels: tuple[str, ...], filters: dict[str, Any]) -> None:
    """`ready --claim`: one call that picks and claims, so that no two agents get the same."""
    from bdh.cli import claim
    from bdh.core import claims
    from bdh.models.claims import NoClaim

    taken = claims.claim_next(
        app.backend,
        app.epochs,
        priority_max=filters["priority_max"],
        labels=labels,
        types=filters["types"],
        apex_id=filters["apex_id"],
    )
    if taken is None:
        app.emit(NoClaim(), lambda _: "Nothing is ready")
    else:
        app.emit(taken, claim.human)


def human(found: ReadyBeads) -> str:
    if not found.beads:
        return "Nothing is ready: `bdh blocked` lists what waits"
    head = f"{plural(len(found.beads), 'bead')} without blockers:"
    lines = [head, plain_lines(found.beads)]
    lines += [
        f"{line(gap.bead_id)} names {line(gap.depends_on_id)} as a blocker, which is not here"
        for gap in found.missing_blockers
    ]
    return "\n".join(lines) + more(found.next_cursor, "bdh ready")
