"""Who holds which file."""

from __future__ import annotations

from collections.abc import Iterable

from bdh.cli.text import line, plural, quoted, span
from bdh.core import locks
from bdh.mcp.arguments import flag, number, text, texts
from bdh.mcp.tool import Call, Reply, Tool
from bdh.models.locks import Lock, LockConflict, LockList, ReleasedLocks, Reserved

DEFAULT_LIMIT = 20
MAX_LISTED = 20


def reserve_files(call: Call) -> Reply:
    reserved = locks.reserve(
        call.agent.backend,
        call["paths"],
        shared=bool(call["shared"]),
        ttl_seconds=call["ttl_seconds"],
        reason=call["reason"],
    )
    return Reply(reserved, reserved_text(reserved))


def release_files(call: Call) -> Reply:
    paths = call["paths"] or ()
    released = locks.release(call.agent.backend, paths, everything=not paths)
    count = plural(len(released.released), "file")
    return Reply(released, f"Released {count}{_listed(lock.path for lock in released.released)}")


def list_locks(call: Call) -> Reply:
    found = locks.find(
        call.agent.backend,
        mine=bool(call["mine"]),
        path=call["path"],
        limit=call["limit"] or DEFAULT_LIMIT,
    )
    return Reply(found, "\n".join(map(_held, found.locks)) or "Nothing is reserved")


def reserved_text(reserved: Reserved) -> str:
    """What is yours now, and what is not."""
    mine = [lock.path for lock in (*reserved.granted, *reserved.renewed)]
    lines = [f"Reserved {plural(len(mine), 'path')}{_listed(mine)}"] if mine else []
    lines += [_conflict(one) for one in reserved.conflicts[:MAX_LISTED]]
    more = len(reserved.conflicts) - MAX_LISTED
    lines += [f"… and {more} more are taken"] if more > 0 else []
    lines += [
        f"{line(rule.path)} is protected by the policy ({rule.action}): {quoted(rule.reason)}"
        for rule in reserved.protected[:MAX_LISTED]
    ]
    return "\n".join(lines)


def _conflict(one: LockConflict) -> str:
    holder = line(one.holder.short or one.holder.name, 80) if one.holder else "somebody"
    why = f": {quoted(one.reason)}" if one.reason else ""
    left = span(one.seconds_left) if one.seconds_left >= 60 else f"{one.seconds_left}s"
    return f"NOT reserved: {line(one.path)} is locked by {holder} for {left}{why}; do not edit it"


def _held(lock: Lock) -> str:
    holder = line(lock.holder.name, 80) if lock.holder else "?"
    why = f": {quoted(lock.reason)}" if lock.reason else ""
    return f"{line(lock.path)} {lock.mode} {holder} for {span(lock.seconds_left)}{why}"


def _listed(paths: Iterable[str]) -> str:
    names = [line(path) for path in paths]
    rest = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f": {', '.join(names[:MAX_LISTED])}{rest}" if names else ""


TOOLS = (
    Tool(
        "reserve_files",
        "Reserve files or directories (src/) before you edit them. Each path is granted or refused "
        "by itself: never edit a refused one.",
        reserve_files,
        (Reserved,),
        {
            "paths": texts("from the repo's root", required=True),
            "reason": text(),
            "shared": flag(),
            "ttl_seconds": number("60-3600"),
        },
        repeatable=True,
    ),
    Tool(
        "release_files",
        "Give reservations back when you are done; without paths all of yours.",
        release_files,
        (ReleasedLocks,),
        {"paths": texts()},
        repeatable=True,
    ),
    Tool(
        "list_locks",
        "Who holds which files now. Use it before you plan a change across files.",
        list_locks,
        (LockList,),
        {"path": text("only what overlaps it"), "mine": flag(), "limit": number()},
        reads=True,
        repeatable=True,
    ),
)
