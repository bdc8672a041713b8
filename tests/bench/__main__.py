"""
`make bench`: prints the figures that docs/performance.md quotes.

    python -m tests.bench [section…]     sections: see SECTIONS; all of them without a name

Times depend on the machine and on what else it does; ratios are taken within one run.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.bench import (
    chat,
    cli,
    dashboard,
    hooks,
    http_claims,
    locks,
    mcp,
    plans,
    realtime_latency,
    sql_claims,
)
from tests.bench.sql_claims import Figure
from tests.support import cluster as clusters
from tests.support.cluster import TestCluster


@contextmanager
def durable_cluster() -> Iterator[TestCluster]:
    """A cluster with the settings of the stack: unlike the tests', it waits for the disk."""
    throwaway = clusters.THROWAWAY
    clusters.THROWAWAY = {"max_connections": throwaway["max_connections"]}
    cluster = TestCluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        clusters.THROWAWAY = throwaway


def ready() -> list[Figure]:
    """Looking for work, from 1,000 to 1,000,000 beads."""
    with durable_cluster() as cluster:
        return asyncio.run(sql_claims.ready_growth(cluster))


def growth() -> list[Figure]:
    """Claiming among 1,000 and among 1,000,000 beads."""
    with durable_cluster() as cluster:
        return asyncio.run(sql_claims.claim_growth(cluster))


def claims() -> list[Figure]:
    """The complete claim over HTTP, beside pgbench."""
    with durable_cluster() as cluster:
        return asyncio.run(http_claims.claims(cluster))


def realtime() -> list[Figure]:
    """Commit to subscriber, memory of sockets."""
    with durable_cluster() as cluster:
        return realtime_latency.fan_out(cluster)


def writers() -> list[Figure]:
    """Committing messages with and without NOTIFY."""
    with durable_cluster() as cluster:
        return realtime_latency.notifying(cluster)


def talking() -> list[Figure]:
    """A question and its answer, between commands and between clients that stay."""
    with durable_cluster() as cluster:
        return asyncio.run(chat.round_trips(cluster))


def mcp_server() -> list[Figure]:
    """The MCP server: its start, its size, its calls."""
    with durable_cluster() as cluster:
        return asyncio.run(mcp.figures(cluster))


def reservations() -> list[Figure]:
    """Reserving and checking paths."""
    with durable_cluster() as cluster:
        return asyncio.run(locks.reservations(cluster))


def upkeep() -> list[Figure]:
    """Counting calls and retention."""
    with durable_cluster() as cluster:
        return asyncio.run(plans.figures(cluster))


SECTIONS: dict[str, Callable[[], list[Figure]]] = {
    "start": cli.cold_start,
    "commands": cli.commands,
    "hooks": hooks.figures,
    "claims": claims,
    "dashboard": dashboard.figures,
    "growth": growth,
    "locks": reservations,
    "mcp": mcp_server,
    "plans": upkeep,
    "ready": ready,
    "realtime": realtime,
    "writers": writers,
    "chat": talking,
}


def main(names: list[str]) -> int:
    """Run the named sections, or all."""
    # Users' commands are compiled once, when they are installed.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(f"No section {unknown[0]}; there are: {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    for name in names or SECTIONS:
        print(f"\n## {name}", flush=True)
        for figure in SECTIONS[name]():
            print(f"{figure.name:60} {figure.value:10.2f} {figure.unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
