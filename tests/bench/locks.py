"""Reservations: a large set in one call, and checks among very many locks."""

from __future__ import annotations

import statistics

from tests.bench.sql_claims import Figure, median_ms
from tests.support.cluster import TestCluster
from tests.support.sql import Caller, Sql

SET = 5_000
LOCKS = 100_000
CHECKED = 200
ROUNDS = 7

FILL = """
insert into public.reservations (project_id, repo_id, workspace_id, path, key, is_directory,
    ttl_seconds, expires_at)
select $1, $2, $3, p, p, n % 50 = 0, 3600, now() + interval '1 hour'
from generate_series(1, $4::int) as n, format('src/m%s/p%s/f%s.py', n % 100, n % 7, n) as p
"""


def path(number: int, name: str = "f") -> str:
    """A path among the filled ones, or beside them under another name."""
    return f"src/m{number % 100}/p{number % 7}/{name}{number}.py"


async def reservations(cluster: TestCluster) -> list[Figure]:
    """Milliseconds with the round trip, as an agent's call takes them."""
    sql = Sql(cluster.clone())
    try:
        project = await sql.project("locks")
        alice = await sql.workspace(project, "alice-bench")
        bob = await sql.workspace(project, "bob-bench")
        sets = [await one_set(sql, alice, number) for number in range(ROUNDS)]
        await sql.execute("delete from public.reservations")
        await sql.execute(FILL, project.id, project.repo_id, alice.id, LOCKS)
        await sql.execute("analyze public.reservations")
        free = [path(n, "new") for n in range(1, CHECKED + 1)]
        held = [path(n) for n in range(1, CHECKED + 1)]
        figures = [Figure(f"{SET} new paths in one call, p50", statistics.median(sets), "ms")]
        for name, paths in (("free", free), ("all held by another", held)):
            p50 = await median_ms(
                lambda _, paths=paths: sql.call(bob, "check_paths", paths=paths), 60
            )
            figures.append(
                Figure(f"{CHECKED} paths checked among {LOCKS} locks, {name}", p50, "ms")
            )
        return figures
    finally:
        await sql.close()


async def one_set(sql: Sql, agent: Caller, number: int) -> float:
    """Milliseconds of reserving a set of paths that nobody holds."""
    paths = [f"part{number}/{path(n)}" for n in range(SET)]
    took = await median_ms(lambda _: sql.call(agent, "reserve_paths", paths=paths), 1)
    await sql.call(agent, "release_paths", all=True)
    return took
