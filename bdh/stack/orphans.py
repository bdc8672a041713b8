"""
What a killed supervisor left behind: found, proven to be this stack's, and ended.

Proof is one of: the pid and start time that our supervisor wrote down; a server of Postgres whose
command line names our data folder; a gateway whose command line names our stack. Anything else is
left alone, whatever pid a file claims.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from bdh.errors import UnreachableError
from bdh.stack.paths import ClusterPlace, StackPaths
from bdh.stack.processes import (
    ProcessRecord,
    command_line,
    end,
    find_by_words,
    is_alive,
    record,
)

GATEWAY_MODULE = "bdh.stack.server"


def end_orphans(paths: StackPaths, state: dict[str, Any], place: ClusterPlace | None) -> list[str]:
    """
    End what is left of an earlier run; the caller holds the supervisor's lock or knows it is free.

    Returns:
        The names of what was ended.
    """
    ended = []
    for process in _gateways(paths, state):
        end(process, signal.SIGTERM, 5.0)
        ended.append("gateway")
    if place is not None:
        server = _postgres(place, state)
        if server is not None:
            end(server, signal.SIGINT, 20.0)
            ended.append("postgres")
        _forget_stale_pid_file(place)
    return ended


def _gateways(paths: StackPaths, state: dict[str, Any]) -> set[ProcessRecord]:
    found = set(find_by_words(GATEWAY_MODULE, str(paths.root)))
    known = ProcessRecord.from_json(state.get("gateway"))
    if known is not None and is_alive(known):
        found.add(known)
    return found


def _postgres(place: ClusterPlace, state: dict[str, Any]) -> ProcessRecord | None:
    known = ProcessRecord.from_json(state.get("postgres"))
    if known is not None and is_alive(known):
        return known
    pid = _pid_in_file(place)
    return record(pid) if pid is not None and _serves(pid, place) else None


def _serves(pid: int, place: ClusterPlace) -> bool:
    words = command_line(pid)
    return bool(words) and Path(words[0]).name == "postgres" and str(place.data) in words


def _pid_in_file(place: ClusterPlace) -> int | None:
    try:
        return int((place.data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _forget_stale_pid_file(place: ClusterPlace) -> None:
    """
    Remove a pid file whose pid now belongs to a program that is not Postgres.

    Postgres itself would refuse to start for as long as that program runs. Where the pid's owner
    cannot be told, the file stays and Postgres decides.
    """
    pid = _pid_in_file(place)
    words = command_line(pid) if pid is not None else []
    if not words or not words[0]:
        return
    if _serves(pid or 0, place):
        raise UnreachableError(
            f"Cannot start PostgreSQL: an earlier server (pid {pid}) does not end",
            code="postgres_will_not_stop",
            hint="bdh :stack logs postgres",
        )
    if not Path(words[0]).name.startswith("postgres"):
        (place.data / "postmaster.pid").unlink(missing_ok=True)
