"""How beads and claims look to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bdh.cli.text import age, columns, line

if TYPE_CHECKING:
    from bdh.models.actors import Holder
    from bdh.models.beads import Bead, BeadRef
    from bdh.models.claims import Claim


def bead_lines(beads: Sequence[Bead]) -> str:
    """One line a bead, in columns: id, priority, status, kind, title, and who has it."""
    return columns(map(_cells, beads))


def plain_lines(beads: Sequence[Bead]) -> str:
    """The same without columns: hot verbs have no time for them."""
    return "\n".join("  ".join(_cells(bead)) for bead in beads)


def _cells(bead: Bead) -> list[str]:
    return [bead.id, f"P{bead.priority}", status(bead), bead.issue_type, _title(bead)]


def status(bead: Bead) -> str:
    """The status, or `blocked` for an open bead that waits for another."""
    return "blocked" if bead.blocked and bead.status == "open" else bead.status


def _title(bead: Bead) -> str:
    labels = f" [{', '.join(map(line, bead.labels))}]" if bead.labels else ""
    who = ""
    if bead.claim is not None and bead.claim.holder is not None:
        who = f" ← {bead.claim.holder.name}{' (stale)' if bead.claim.stale else ''}"
    elif bead.assignee:
        who = f" @{line(bead.assignee)}"
    return f"{line(bead.title)}{labels}{who}"


def holder(held: Holder | None) -> str:
    """`alice-backend (Alice Adams)`."""
    if held is None:
        return "somebody"
    human = f" ({line(held.human_name)})" if held.human_name else ""
    return f"{held.name}{human}"


def claim_line(claim: Claim) -> str:
    """A claim on one line, without its bead."""
    stale = ", stale" if claim.stale else ""
    return f"{holder(claim.holder)}, {age(claim.claimed_at)}{stale}"


def claim_lines(claims: Sequence[Claim]) -> str:
    """One line a claim: bead, holder, since when, title, epic."""
    return columns(
        [
            claim.bead_id,
            holder(claim.holder),
            _since(claim),
            line(claim.bead_title) + _epic(claim),
        ]
        for claim in claims
    )


def _since(claim: Claim) -> str:
    if claim.ended_at:
        return f"ended {age(claim.ended_at)} ({claim.ended_reason})"
    return age(claim.claimed_at) + (" stale" if claim.stale else "")


def _epic(claim: Claim) -> str:
    if claim.apex_id in (None, claim.bead_id):
        return ""
    return f" (in {claim.apex_id} {line(claim.apex_title, 60)})"


def reference(bead: BeadRef) -> str:
    """`bd-2 (open) Title`, with the dependency's type unless it blocks."""
    kind = f" [{bead.type}]" if bead.type not in (None, "blocks", "parent-child") else ""
    if bead.status is None:
        return f"{bead.id} (not here){kind}"
    return f"{bead.id} ({bead.status}) {line(bead.title)}{kind}"


def ids(beads: Iterable[Bead | BeadRef]) -> str:
    """Ids, comma-separated."""
    return ", ".join(bead.id for bead in beads)


def more(next_cursor: str | None, command: str) -> str:
    """How to see the rest of a list, or nothing; cursors are too long to be read."""
    hint = f"\n… more: {command} -n 500, or --cursor with next_cursor of --json"
    return hint if next_cursor else ""
