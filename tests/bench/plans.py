"""
What retention costs on five million events, and billing a claim.

`python -m tests.bench.plans [EVENTS]` prints it. Billing is a ratio within one run: claims and
releases by one workspace, with and without the counting, in turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.cluster import TestCluster
from tests.support.sql import Caller, Sql

FILL = """
    insert into public.events (project_id, type, actor, entity_type, entity_id, at, data)
    select $1, 'bead.updated', '{"kind": "system", "id": null, "name": "bdh"}', 'bead', 'bd-' || n % 10000,
        now() - (n::float8 / $2) * interval '730 days', '{"title": "A bead of some length"}'
    from generate_series(1, $2::int) as n
"""
UNBILLED = "create or replace function private.bill(uuid) returns void language sql as 'select'"
ROUNDS = 12
CLAIMS = 60


async def timed(work: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def retention(sql: Sql, events: int) -> dict[str, Any]:
    """Half of the events are beyond the 365 days of the plan."""
    project = await sql.project()
    fill = await timed(lambda: sql.execute(FILL, project.id, events))
    await sql.execute("analyze public.events")
    sweep = "select private.sweep_events()"
    batches = [await timed(lambda: sql.value(sweep)) for _ in range(50)]
    await sql.execute("delete from public.events where at < now() - interval '366 days'")
    while await sql.value(sweep):
        pass
    idle = [await timed(lambda: sql.value(sweep)) for _ in range(20)]
    return {
        "events": events,
        "fill_s": round(fill / 1000, 1),
        "batch_of_2000_p50_ms": round(statistics.median(batches), 1),
        "batch_of_2000_max_ms": round(max(batches), 1),
        "nothing_to_do_p50_ms": round(statistics.median(idle), 2),
    }


async def billing(sql: Sql) -> dict[str, Any]:
    project = await sql.project(plan="pro")
    alice = await sql.workspace(project)
    bead = (await sql.call(alice, "create_bead", title="The one"))["id"]
    billed = await sql.value("select pg_get_functiondef('private.bill(uuid)'::regprocedure)")
    figures: dict[str, list[float]] = {"billed": [], "free": []}
    for _ in range(ROUNDS):
        for name, definition in (("billed", billed), ("free", UNBILLED)):
            await sql.execute("drop function private.bill(uuid)")
            await sql.execute(definition)
            figures[name].append(await timed(lambda: _claims(sql, alice, bead)) / CLAIMS)
    billed_ms, free_ms = (statistics.median(figures[name]) for name in ("billed", "free"))
    return {
        "claim_and_release_ms": round(billed_ms, 3),
        "without_billing_ms": round(free_ms, 3),
        "share": round(billed_ms / free_ms - 1, 3),
    }


async def _claims(sql: Sql, alice: Caller, bead: str) -> None:
    for _ in range(CLAIMS):
        await sql.call(alice, "claim_bead", bead_id=bead)
        await sql.call(alice, "release_bead", bead_id=bead)


async def measure(events: int) -> None:
    cluster = TestCluster()
    cluster.start()
    sql = Sql(cluster.clone("template_bdh"))
    try:
        print(json.dumps({"billing": await billing(sql)}))  # noqa: T201
        print(json.dumps({"retention": await retention(sql, events)}))  # noqa: T201
    finally:
        await sql.close()
        cluster.stop()


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000))
