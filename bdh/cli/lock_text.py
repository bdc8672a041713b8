"""Locks as people read them, and paths as the backend wants them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bdh.cli.text import columns, line, plural, quoted
from bdh.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.local.directory import Identity
    from bdh.models.locks import Lock, LockConflict, LockList, ReleasedLocks, Reserved


def repo_paths(identity: Identity, paths: Sequence[str]) -> list[str]:
    """
    `paths`, relative to where one is, relative to the root of the repo; directories with a slash.

    Raises:
        UsageError: `bad_path`, for one outside of the repo.
    """
    from bdh.hooks.desk import to_wire
    from bdh.hooks.places import in_repo

    folder, found = str(Path.cwd()), []
    for path in paths:
        slash = "/" if Path(folder, path).is_dir() and not path.endswith("/") else ""
        inside = in_repo(str(identity.root), folder, [f"{path}{slash}"], follow=True)
        if not inside:
            raise UsageError(
                f"{line(path)} is not a file of this repository",
                code="bad_path",
                hint="name paths below the checkout",
            )
        found += [to_wire(one) for one in inside]
    return found


def settle(app: App, found: Reserved) -> int:
    """
    Print what became of each path; 1 when one was not granted.

    Raises:
        RefusedError: `lock_held`, when none was; the details are the whole answer.
    """
    if found.conflicts and not (found.granted or found.renewed):
        raise RefusedError(
            "\n".join(map(conflict_line, found.conflicts)),
            code="lock_held",
            hint="; ".join(_ways(found)) or None,
            details=found.as_json(),
        )
    app.emit(found, reserved_words)
    return 1 if found.conflicts else 0


def reserved_words(found: Reserved) -> str:
    lines = [
        f"{line(lock.path, 300)} is yours for {_left(lock.seconds_left)}" for lock in found.granted
    ]
    lines += [
        f"{line(one.path, 300)} stays yours for {_left(one.seconds_left)}" for one in found.renewed
    ]
    lines += [conflict_line(one) for one in found.conflicts]
    lines += [
        f"{line(one.path, 300)} is protected by the team's policy"
        + (f": {quoted(one.reason)}" if one.reason else "")
        for one in found.protected
    ]
    return "\n".join([*lines, *(f"  → {way}" for way in _ways(found))])


def _ways(found: Reserved) -> list[str]:
    """How to reach each holder who is in the way."""
    holders = {one.holder.short or one.holder.name: one for one in found.conflicts if one.holder}
    return [_reach(name, one) for name, one in holders.items()]


def conflict_line(one: LockConflict) -> str:
    """`src/api.py is locked by bob-backend for 12m: "refactor auth"`"""
    holder = line(one.holder.name, 60) if one.holder else "somebody"
    because = f": {quoted(one.reason)}" if one.reason else ""
    return f"{line(one.path, 300)} is locked by {holder} for {_left(one.seconds_left)}{because}"


def _reach(name: str, one: LockConflict) -> str:
    from bdh.hooks.words import reach

    return reach(name, one.lock.path if one.lock else one.path)


def released_words(found: ReleasedLocks) -> str:
    if not found.released:
        return "Nothing was held"
    names = ", ".join(line(lock.path, 200) for lock in found.released[:10])
    return f"Released {plural(len(found.released), 'path')}: {names}"


def list_words(found: LockList) -> str:
    if not found.locks:
        return "No locks"
    rows = [_row(lock) for lock in found.locks]
    more = f"\n… more: bdh :locks --cursor {found.next_cursor}" if found.next_cursor else ""
    return columns(rows) + more


def _row(lock: Lock) -> list[str]:
    holder = lock.holder
    who = f"{line(holder.name, 60)} ({holder.presence})" if holder else ""
    kind = "automatic" if lock.automatic else lock.mode
    return [line(lock.path, 200), who, kind, _left(lock.seconds_left), line(lock.reason, 120)]


def _left(seconds: int) -> str:
    from bdh.hooks.words import left

    return left(seconds)


def forget_grants(identity: Identity, paths: Sequence[str] | None) -> None:
    """The guard must ask again before it lets these (`None`: any) be edited."""
    from bdh.hooks.memory import Memory

    with Memory(str(identity.folder / "hooks")).changing_locks() as locks:
        gone = None if paths is None else [path for path in locks.own if _covers(paths, path)]
        locks.forget(gone)


def _covers(paths: Sequence[str], path: str) -> bool:
    return any(
        path == one or one in (".", "./") or (one.endswith("/") and path.startswith(one))
        for one in paths
    )
