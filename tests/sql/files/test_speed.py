"""Large sets stay one fast call; bounds are generous, `make bench` prints figures."""

from __future__ import annotations

import time

from tests.sql.files.conftest import Pair, outcome


async def test_5000_paths_are_one_call(pair: Pair) -> None:
    paths = [f"src/module{n % 70}/part{n % 9}/file{n}.py" for n in range(5000)]

    started = time.perf_counter()
    granted, _, _ = outcome(await pair.reserve(pair.alice, *paths))
    assert len(granted) == 5000
    assert time.perf_counter() - started < 1.5
    started = time.perf_counter()
    _, _, conflicts = outcome(await pair.reserve(pair.bob, *paths))
    assert len(conflicts) == 5000
    assert time.perf_counter() - started < 1.5
    started = time.perf_counter()
    assert len(await pair.release(pair.alice, *paths)) == 5000
    assert time.perf_counter() - started < 1.5


async def test_a_check_does_not_read_every_lock(pair: Pair) -> None:
    await pair.sql.execute(
        "insert into public.reservations (project_id, repo_id, workspace_id, path, key,"
        "   is_directory, ttl_seconds, expires_at)"
        " select $1, $2, $3, p, p, n % 50 = 0, 3600, now() + interval '1 hour'"
        " from generate_series(1, 30000) as n,"
        "   format('src/m%s/p%s/f%s.py', n % 100, n % 7, n) as p",
        pair.project.id, pair.project.repo_id, pair.alice.id,
    )  # fmt: skip
    await pair.sql.execute("analyze public.reservations")
    held = [f"src/m{n % 100}/p{n % 7}/f{n}.py" for n in range(1, 6)]
    free = [f"src/m{n % 100}/p{n % 7}/new{n}.py" for n in range(195)]

    times = []
    for _ in range(8):
        started = time.perf_counter()
        assert await pair.check(pair.bob, *held, *free) == held
        times.append(time.perf_counter() - started)

    assert min(times) < 0.1
