"""File reservations: who holds which path of the repo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bdh.core.ports import Backend
from bdh.core.pulse import Pulse
from bdh.errors import UnreachableError
from bdh.models.locks import LockList, ReleasedLocks, Reserved

# Pushed on the project's topic when somebody's locks end; those that run out push nothing.
HINTS = ("lock.released",)
REFRESH_SECONDS = 20.0
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Wish:
    """Paths, relative to the root of the repo, and how to hold them."""

    paths: tuple[str, ...]
    shared: bool = False
    ttl_seconds: int | None = None
    reason: str | None = None


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


def reserve_as(backend: Backend, wish: Wish, *, wait_seconds: int | None = None) -> Reserved:
    """`reserve`, for a wish that may have to be repeated."""
    return reserve(
        backend,
        wish.paths,
        shared=wish.shared,
        ttl_seconds=wish.ttl_seconds,
        reason=wish.reason,
        wait_seconds=wait_seconds,
    )


def wait_for(
    backend: Backend,
    wish: Wish,
    found: Reserved,
    pulse: Pulse,
    clock: Callable[[], float],
    seconds: float,
) -> Reserved:
    """What became of `wish` once nothing is in the way, or when `seconds` have passed."""
    end = clock() + seconds
    while found.conflicts and (left := end - clock()) > 0:
        # Whoever's time runs out pushes nothing: look again then.
        soonest = min(one.seconds_left for one in found.conflicts) + 0.1
        pulse.pause(min(REFRESH_SECONDS, left, soonest))
        try:
            found = reserve_as(backend, wish, wait_seconds=max(int(end - clock()), 1))
        except UnreachableError:
            pulse.pause(RETRY_SECONDS)
    return found


def give_up(backend: Backend) -> None:
    """Wait for nothing any more."""
    backend.call("end_lock_wait")
