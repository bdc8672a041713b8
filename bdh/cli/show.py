"""`bdh show`"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.bead_text import claim_line, reference, status
from bdh.cli.text import age, ago, block, line, moment
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import BeadDetail, BeadRef


@verb("show", yields="beads:BeadDetail")
@click.argument("bead_id")
@click.pass_obj
def command(app: App, /, bead_id: str) -> None:
    """Show BEAD_ID with its dependencies, comments and claims."""
    from bdh.core import beads

    app.emit(beads.show(app.backend, bead_id), human)


def human(bead: BeadDetail) -> str:
    parts = [f"{bead.id}: {line(bead.title)}", _facts(bead)]
    if bead.claim is not None:
        parts.append(f"claimed by {claim_line(bead.claim)}")
    if bead.close_reason:
        parts.append(f"closed: {line(bead.close_reason)}")
    texts = (
        ("Description", bead.description),
        ("Design", bead.design),
        ("Acceptance", bead.acceptance_criteria),
        ("Notes", bead.notes),
    )
    parts += [f"\n{title}:\n{block(text, '  ')}" for title, text in texts if text]
    parts += _links(bead)
    if bead.comments:
        parts.append("\nComments:")
        parts += [
            f"  {line(c.author)}, {age(c.created_at)}:\n{block(c.body, '  | ')}"
            for c in bead.comments
        ]
    return "\n".join(parts)


def _facts(bead: BeadDetail) -> str:
    facts = [status(bead), f"P{bead.priority}", bead.issue_type]
    facts += [f"labels {', '.join(map(line, bead.labels))}"] if bead.labels else []
    facts += [f"assigned to {line(bead.assignee)}"] if bead.assignee else []
    facts += [f"not before {moment(bead.defer_until)}"] if bead.defer_until else []
    facts += [f"{bead.estimated_minutes} min"] if bead.estimated_minutes else []
    facts += [line(bead.external_ref)] if bead.external_ref else []
    facts.append(f"updated {ago(bead.updated_at)}")
    return " · ".join(facts)


def _links(bead: BeadDetail) -> list[str]:
    groups: tuple[tuple[str, Iterable[BeadRef]], ...] = (
        ("Part of", [bead.parent] if bead.parent else []),
        ("Blocked by", bead.blockers),
        ("Depends on", [r for r in bead.dependencies if r.type != "parent-child"]),
        ("Needed by", [r for r in bead.dependents if r.type != "parent-child"]),
        ("Parts", bead.children),
    )
    return [
        "\n".join([f"\n{title}:", *(f"  {reference(ref)}" for ref in refs)])
        for title, refs in groups
        if refs
    ]
