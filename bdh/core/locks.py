"""File reservations: who holds which path of the repo."""

from __future__ import annotations

from collections.abc import Sequence

from bdh.core.ports import Backend
from bdh.models.locks import LockList, ReleasedLocks, Reserved


def reserve(
    backend: Backend,
    paths: Sequence[str],
    *,
    shared: bool = False,
    ttl_seconds: int | None = None,
    reason: str | None = None,
    wait_seconds: int | None = None,
) -> Reserved:
    """
    Lock paths, relative to the root of the repo; each is decided by itself.

    Args:
        wait_seconds: Also wait, on a lease, for what is in the way; 0 ends such a wait.

    Raises:
        RefusedError: `bad_path`, `bad_argument`, `too_many`. A conflict is an answer, no refusal.
    """
    result = backend.call(
        "reserve_paths",
        paths=list(paths),
        mode="shared" if shared else None,
        ttl_seconds=ttl_seconds,
        reason=reason,
        wait_seconds=wait_seconds,
    )
    return Reserved.from_json(result)


def release(
    backend: Backend,
    paths: Sequence[str] = (),
    *,
    everything: bool = False,
    for_alias: str | None = None,
) -> ReleasedLocks:
    """Give locks back: these paths, or all; `for_alias` is for humans."""
    result = backend.call(
        "release_paths",
        paths=list(paths) or None,
        all=everything or None,
        for_alias=for_alias,
    )
    return ReleasedLocks.from_json(result)


def find(
    backend: Backend,
    *,
    mine: bool = False,
    path: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> LockList:
    """A page of live locks; with `path` those that overlap it."""
    result = backend.call("list_locks", mine=mine or None, path=path, limit=limit, cursor=cursor)
    return LockList.from_json(result)
