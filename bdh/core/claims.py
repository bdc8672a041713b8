"""Claims: who works on what. The database decides; epochs fence off holders of the past."""

from __future__ import annotations

from collections.abc import Sequence

from bdh.core.ports import Backend, EpochBook
from bdh.errors import RefusedError
from bdh.models.claims import ClaimList, Released, TakenClaim

STALE = "stale_claim"


def claim(
    backend: Backend,
    epochs: EpochBook,
    bead_id: str,
    *,
    jump_in: str | None = None,
    force: bool = False,
) -> TakenClaim:
    """
    Claim a bead; the holder claiming again changes nothing.

    Args:
        jump_in: The reason to take the bead over from whoever holds it, who is told.
        force: Also when it is blocked.

    Raises:
        RefusedError: `claim_taken`, `bead_blocked`, `bead_closed`, `not_found`.
    """
    result = backend.call(
        "claim_bead",
        bead_id=bead_id,
        jump_in=True if jump_in is not None else None,
        reason=jump_in,
        force=force or None,
    )
    taken = TakenClaim.from_json(result)
    epochs.remember(taken.bead_id, taken.epoch)
    return taken


def claim_next(
    backend: Backend,
    epochs: EpochBook,
    *,
    priority_max: int | None = None,
    labels: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    apex_id: str | None = None,
) -> TakenClaim | None:
    """Claim the best ready bead, one nobody else gets; `None` when nothing is ready."""
    result = backend.call(
        "claim_next",
        priority_max=priority_max,
        labels=list(labels) if labels else None,
        types=list(types) if types else None,
        apex_id=apex_id,
    )
    if not result.get("bead_id"):
        return None
    taken = TakenClaim.from_json(result)
    epochs.remember(taken.bead_id, taken.epoch)
    return taken


def release(backend: Backend, epochs: EpochBook, bead_id: str, *, note: str | None) -> Released:
    """
    Give a bead back, with a note for whoever takes it next; kept when the backend is away.

    Raises:
        RefusedError: `stale_claim`, when somebody else has taken it over meanwhile.
    """
    epoch = epochs.get(bead_id)
    try:
        result = backend.submit(
            "release_bead", f"the release of {bead_id}", bead_id=bead_id, note=note, epoch=epoch
        )
    except RefusedError as refusal:
        forget_stale(epochs, [bead_id], refusal)
        raise
    epochs.forget(bead_id)
    return Released.from_json(result)


def release_for(
    backend: Backend, bead_id: str, alias: str, reason: str, note: str | None
) -> Released:
    """As a human, give back a bead that the workspace `alias` holds."""
    result = backend.call(
        "release_bead", bead_id=bead_id, note=note, for_alias=alias, reason=reason
    )
    return Released.from_json(result)


def list_claims(
    backend: Backend,
    *,
    mine: bool = False,
    holder: str | None = None,
    stale: bool = False,
    include_ended: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> ClaimList:
    """Claims, the live ones unless asked otherwise."""
    result = backend.call(
        "list_claims",
        mine=mine or None,
        holder=holder,
        stale=stale or None,
        include_ended=include_ended or None,
        limit=limit,
        cursor=cursor,
    )
    return ClaimList.from_json(result)


def fence(epochs: EpochBook, bead_ids: Sequence[str]) -> dict[str, int] | None:
    """The epochs of this workspace's claims among the beads, to pass with a write."""
    known = {bead_id: epoch for bead_id in bead_ids if (epoch := epochs.get(bead_id)) is not None}
    return known or None


def forget_stale(epochs: EpochBook, bead_ids: Sequence[str], refusal: RefusedError) -> None:
    """Told once that a claim is lost, this workspace does not insist on it again."""
    if refusal.code == STALE:
        for bead_id in bead_ids:
            epochs.forget(bead_id)
