"""
What a killed supervisor left behind: found, proven to be this stack's, and ended.

Proof is one of: the pid and start time that our supervisor wrote down; a server of Postgres whose
command line names our data folder; a gateway whose command line names our stack. Anything else is
left alone, whatever pid a file claims.
"""

from __future__ import annotations

import signal
from typing import Any

from bdh.stack import pidfile
from bdh.stack.paths import ClusterPlace, StackPaths
from bdh.stack.processes import (
    ProcessRecord,
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
    pid = pidfile.read_pid(place.data / pidfile.NAME)
    return record(pid) if pid is not None and pidfile.serves(pid, place.data) else None
