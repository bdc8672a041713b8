"""Beads: making, changing, closing, reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bdh.core.claims import fence, forget_stale
from bdh.core.ports import Backend, EpochBook
from bdh.errors import RefusedError
from bdh.models.beads import (
    Bead,
    BeadDetail,
    BeadList,
    BlockedList,
    ChangedBeads,
    ClosedBeads,
    Comment,
    DeletedBeads,
    ReadyBeads,
    Stats,
)

IN_PROGRESS = "in_progress"


def create(backend: Backend, title: str, **fields: object) -> Bead:
    """Create a bead; `fields` are those of `create_bead`, empty ones left out."""
    return Bead.from_json(backend.call("create_bead", title=title, **_given(fields)))


def update(
    backend: Backend,
    epochs: EpochBook,
    bead_ids: Sequence[str],
    changes: Mapping[str, Any],
    *,
    jump_in: str | None = None,
    force: bool = False,
) -> ChangedBeads:
    """
    Change beads in one transaction; the status `in_progress` claims them.

    Raises:
        RefusedError: `claim_taken`, `stale_claim`, `bead_blocked`, `not_found`, …
    """
    claiming = changes.get("status") == IN_PROGRESS
    try:
        result = backend.call(
            "update_beads",
            ids=list(bead_ids),
            changes=dict(changes),
            jump_in=True if jump_in is not None else None,
            reason=jump_in,
            force=force or None,
            # A new claim gets a new epoch; that of one that ended says nothing about it.
            epochs=None if claiming else fence(epochs, bead_ids),
        )
    except RefusedError as refusal:
        forget_stale(epochs, bead_ids, refusal)
        raise
    changed = ChangedBeads.from_json(result)
    for claim in changed.claims:
        epochs.remember(claim.bead_id, claim.epoch)
    return changed


def close(
    backend: Backend,
    epochs: EpochBook,
    bead_ids: Sequence[str],
    *,
    reason: str | None = None,
    jump_in: str | None = None,
) -> ClosedBeads:
    """Close beads, and learn what that unblocked; kept when the backend is away."""
    try:
        result = backend.submit(
            "close_beads",
            f"closing {', '.join(bead_ids)}",
            ids=list(bead_ids),
            reason=reason,
            jump_in=True if jump_in is not None else None,
            jump_in_reason=jump_in,
            epochs=fence(epochs, bead_ids),
        )
    except RefusedError as refusal:
        forget_stale(epochs, bead_ids, refusal)
        raise
    for bead_id in bead_ids:
        epochs.forget(bead_id)
    return ClosedBeads.from_json(result)


def reopen(backend: Backend, bead_ids: Sequence[str], reason: str | None = None) -> BeadList:
    """Open closed beads again."""
    return BeadList.from_json(backend.call("reopen_beads", ids=list(bead_ids), reason=reason))


def delete(backend: Backend, bead_ids: Sequence[str], reason: str | None = None) -> DeletedBeads:
    """Delete beads; tombstones stay, so that an import does not bring them back."""
    return DeletedBeads.from_json(backend.call("delete_beads", ids=list(bead_ids), reason=reason))


def comment(backend: Backend, bead_id: str, body: str) -> Comment:
    """Comment on a bead; kept when the backend is away."""
    result = backend.submit("comment_bead", f"the comment on {bead_id}", id=bead_id, body=body)
    return Comment.from_json(result)


def show(backend: Backend, bead_id: str) -> BeadDetail:
    """A bead with what hangs on it."""
    return BeadDetail.from_json(backend.call("show_bead", id=bead_id))


def list_beads(backend: Backend, **filters: object) -> BeadList:
    """A page of beads; `filters` are those of `list_beads`, empty ones left out."""
    return BeadList.from_json(backend.call("list_beads", **_given(filters)))


def ready(backend: Backend, **filters: object) -> ReadyBeads:
    """Beads that nothing blocks: one's own first, then by priority, then the oldest."""
    return ReadyBeads.from_json(backend.call("ready_beads", **_given(filters)))


def blocked(backend: Backend, limit: int | None = None, cursor: str | None = None) -> BlockedList:
    """Beads that wait, and for which."""
    return BlockedList.from_json(backend.call("blocked_beads", limit=limit, cursor=cursor))


def stats(backend: Backend) -> Stats:
    """Counts of the project's beads."""
    return Stats.from_json(backend.call("bead_stats"))


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    """`fields` without those nobody set; an empty text is set, an empty tuple is not."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
        if value is not None and value != () and value is not False
    }
