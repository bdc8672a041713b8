"""What retention costs on five million events, and what counting calls costs a claim."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bench.sql_claims import Figure
from tests.support.cluster import TestCluster
from tests.support.sql import Sql

FILL = """
    insert into public.events (project_id, type, actor, entity_type, entity_id, at, data)
    select $1, 'bead.updated', '{"kind": "system", "id": null, "name": "bdh"}', 'bead',
        'bd-' || n % 10000, now() - (n::float8 / $2) * interval '730 days',
        '{"title": "A bead of some length"}'
    from generate_series(1, $2::int) as n
"""
EVENTS = 5_000_000
ROUNDS = 12
CLAIMS = 60


async def timed(work: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def retention(sql: Sql, events: int) -> list[Figure]:
    """Half of the events are beyond the 365 days of the plan."""
    project = await sql.project()
    await sql.execute(FILL, project.id, events)
    await sql.execute("analyze public.events")
    sweep = "select private.sweep_events()"
    batches = [await timed(lambda: sql.value(sweep)) for _ in range(50)]
    await sql.execute("delete from public.events where at < now() - interval '366 days'")
    while await sql.value(sweep):
        pass
    # As autovacuum does after so many rows are gone; the test cluster's sleeps.
    await sql.execute("vacuum public.events")
    idle = [await timed(lambda: sql.value(sweep)) for _ in range(20)]
    name = f"retention of {events} events, 2,000 rows"
    return [
        Figure(f"{name}, p50", statistics.median(batches), "ms"),
        Figure(f"{name}, worst", max(batches), "ms"),
        Figure("retention with nothing to do, p50", statistics.median(idle), "ms"),
    ]


async def billing(sql: Sql) -> list[Figure]:
    """What counting takes of a claim, in one session and in turns: the machine may be busy."""
    project = await sql.project(plan="pro")
    alice = await sql.workspace(project)
    bead = (await sql.call(alice, "create_bead", title="The one"))["id"]
    work = f"perform private.bill('{project.id}')"
    bill = f"do $$ begin for n in 1..1000 loop {work}; end loop; end $$"
    shares, claims, bills = [], [], []
    async with (await sql.pool()).acquire() as connection:
        await connection.execute("select set_config('request.jwt.claims', $1, false)", alice.claims)
        for _ in range(ROUNDS):
            bills.append(await timed(lambda: connection.execute(bill)))
            claims.append(await timed(lambda: _claims(connection, bead)) / CLAIMS * 1000)
            shares.append(bills[-1] / claims[-1])
    return [
        Figure("counting one call", statistics.median(bills), "us"),
        Figure("counting, of a claim and its release", statistics.median(shares) * 100, "%"),
    ]


async def _claims(connection: Any, bead: str) -> None:
    for _ in range(CLAIMS):
        await connection.fetchval("select public.claim_bead($1)", bead)
        await connection.fetchval("select public.release_bead($1)", bead)


async def figures(cluster: TestCluster, events: int = EVENTS) -> list[Figure]:
    """Both, in a database of their own."""
    sql = Sql(cluster.clone())
    try:
        return [*await billing(sql), *await retention(sql, events)]
    finally:
        await sql.close()
