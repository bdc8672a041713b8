"""
What claiming and looking for work cost in the database alone, and how that grows with the project.

`make bench` calls `ready_growth`, `claim_growth` and `pgbench_claims`; each takes a running
`TestCluster` and returns figures.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bdh.stack.postgres import SUPERUSER, find_bin_dir
from tests.support.cluster import TestCluster
from tests.support.sql import Caller, Project, Sql

READY_SIZES = (1_000, 10_000, 100_000, 1_000_000)
CLAIM_SIZES = (1_000, 1_000_000)
EDGES_PER_BEAD = 2
CALLS = 200

# Every second edge points back, so there is no cycle; a third of all work is closed already.
FILL = """
insert into public.beads (project_id, id, title, description, status, closed_at, priority,
    created_at, updated_at)
select $1, 'bd-' || n, 'bead ' || n, repeat('some words ', 20),
    case when n % 3 = 0 then 'closed' else 'open' end, case when n % 3 = 0 then now() end, n % 5,
    now() - make_interval(secs => n), now() - make_interval(secs => n)
from generate_series(1, $2::int) as n
"""
EDGES = """
insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type)
select $1, 'bd-' || n, 'bd-' || greatest(1, n - 1 - (n * 7 + k * 13) % 50),
    case when k = 1 then 'blocks' else 'related' end
from generate_series(2, $2::int) as n cross join generate_series(1, $3::int) as k
on conflict do nothing
"""
SCRIPT = """
begin;
select set_config('request.jwt.claims', '{claims}', true),
    set_config('bdh.gateway', 'on', true), set_config('role', 'authenticated', true);
select public.claim_bead('bd-' || nextval('public.bench_claims'));
commit;
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A project full of beads and a workspace that works in it."""

    sql: Sql
    project: Project
    agent: Caller
    open_ids: list[str]


@asynccontextmanager
async def scene(cluster: TestCluster, beads: int, *, edges: bool = True) -> AsyncIterator[Scene]:
    """A database of its own with that many beads, analysed; dropped at the end."""
    database = cluster.clone()
    sql = Sql(database)
    try:
        project = await sql.project("bench")
        agent = await sql.workspace(project, "alice-bench")
        connection = await database.connect(SUPERUSER)
        # Rows as the functions would leave them, without the triggers' and foreign keys' time.
        await connection.execute("set session_replication_role = replica")
        await connection.execute(FILL, project.id, beads)
        if edges:
            await connection.execute(EDGES, project.id, beads, EDGES_PER_BEAD)
            await connection.execute(
                "select private.refresh_blocked($1, array(select b.id::text from public.beads as b"
                " where b.project_id = $1))", project.id,
            )  # fmt: skip
        # Not the empty tables: plans for nothing would outlive it.
        await connection.execute("vacuum analyze public.beads, public.bead_dependencies")
        rows = await connection.fetch(
            "select id from public.beads where status = 'open' and not blocked limit $1", CALLS * 2
        )
        yield Scene(sql, project, agent, [row["id"] for row in rows])
    finally:
        await sql.close()
        await database.close()
        cluster.drop(database)


async def median_ms(call: Callable[[int], Awaitable[object]], calls: int = CALLS) -> float:
    """The median time of a call, which gets its number; the first tenth only warms up."""
    times = []
    for number in range(calls):
        start = time.perf_counter()
        await call(number)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[calls // 10 :])


async def ready_growth(cluster: TestCluster, sizes: Sequence[int] = READY_SIZES) -> list[Figure]:
    """p50 of `ready_beads(limit 20)` in milliseconds, by number of beads."""
    figures = []
    for size in sizes:
        async with scene(cluster, size) as at:
            p50 = await median_ms(lambda _, at=at: at.sql.call(at.agent, "ready_beads", limit=20))
        figures.append(Figure(f"ready_beads(20), {size} beads, p50", p50, "ms"))
    return figures


async def claim_growth(cluster: TestCluster, sizes: Sequence[int] = CLAIM_SIZES) -> list[Figure]:
    """p50 of `claim_bead` in milliseconds by number of beads, and the last over the first."""
    figures = []
    for size in sizes:
        async with scene(cluster, size) as at:
            p50 = await median_ms(
                lambda n, at=at: at.sql.call(at.agent, "claim_bead", bead_id=at.open_ids[n])
            )
        figures.append(Figure(f"claim_bead, {size} beads, p50", p50, "ms"))
    ratio = figures[-1].value / figures[0].value
    return [*figures, Figure(f"claim_bead, {sizes[-1]} over {sizes[0]} beads", ratio, "x")]


async def pgbench_claims(
    cluster: TestCluster, *, clients: int = 16, seconds: int = 10, beads: int = 300_000
) -> list[Figure]:
    """Claims per second of pgbench, settings and commit as four statements on one connection."""
    async with scene(cluster, beads, edges=False) as at:
        await at.sql.execute("update public.beads set status = 'open' where status = 'closed'")
        await at.sql.execute("create sequence public.bench_claims")
        await at.sql.execute("grant usage on sequence public.bench_claims to authenticated")
        output = await _pgbench(cluster, at, clients, seconds)
    rate = re.search(r"tps = ([0-9.]+)", output)
    latency = re.search(r"latency average = ([0-9.]+) ms", output)
    assert rate, output
    assert latency, output
    return [
        Figure(f"claim_bead by pgbench, {clients} clients", float(rate[1]), "/s"),
        Figure(f"claim_bead by pgbench, {clients} clients, mean", float(latency[1]), "ms"),
    ]


async def _pgbench(cluster: TestCluster, at: Scene, clients: int, seconds: int) -> str:
    script = cluster.folder / "claim.sql"
    script.write_text(SCRIPT.format(claims=at.agent.claims))
    process = await asyncio.create_subprocess_exec(
        str(find_bin_dir() / "pgbench"), "--no-vacuum", "--file", str(script),
        "--client", str(clients), "--jobs", "2", "--time", str(seconds),
        at.sql.database.address.dsn("postgres"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return output.decode()
