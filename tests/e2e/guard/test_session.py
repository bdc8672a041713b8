"""A whole session of an agent, by the workload of lessons.md §2.8; and an agent that dies."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.hooks import Session, run_session
from tests.e2e.guard.conftest import Agent
from tests.integration.cli.proxy import Proxy
from tests.support.terminal import Terminal


@pytest.fixture
def counted(remote: Terminal, proxy: Proxy) -> Session:
    """A session whose calls of the backend go through a proxy that counts them."""
    return Session(remote, proxy.functions)


# The others do the same; a quarter of it shows that.
@pytest.mark.parametrize(
    ("host", "calls", "minutes", "limit"),
    [("claude", 423, 10, 40), ("codex", 106, 2.5, 13), ("cursor", 106, 2.5, 13)],
)
def test_a_session_without_edits_asks_the_backend_at_most_forty_times(
    counted: Session, host: str, calls: int, minutes: float, limit: int
) -> None:
    """423 tool calls in ten minutes, time told by the stamp files."""
    cost = run_session(counted, host, calls=calls, minutes=minutes, sample=15)

    assert cost.backend_calls <= limit, cost.functions
    # `make bench` says how long; here, that no hook does far more than start.
    empty = min(counted.run((sys.executable, "-c", "pass"), {}) for _ in range(15))
    assert min(cost.before_seconds) <= 8 * empty


def test_a_dead_agents_locks_vanish_and_its_claim_stays(a: Agent, b: Agent) -> None:
    bead = a.terminal.json("create", "Refactor auth")["id"]
    a.terminal.bdh("claim", bead)
    a.edit("src/api.py", "api = 2\n")
    a.terminal.bdh(":reserve", "src/ui.py", "--ttl", "60s")
    # Nobody releases anything; only time passes, in the database.
    pass_time(a.terminal, seconds=1000)

    assert b.edit("src/api.py") == {}
    assert b.edit("src/ui.py") == {}
    (claim,) = b.terminal.json("claims")["claims"]
    assert claim["holder"]["name"] == "alice-backend"


def pass_time(terminal: Terminal, seconds: int) -> None:
    """Let every reservation be as many seconds older."""
    import asyncpg

    from bdh.stack.address import stack_address
    from bdh.stack.paths import StackPaths
    from tests.support.cluster import run_aside

    async def run() -> None:
        paths = StackPaths(Path(terminal.environment["BDH_STACK_DIR"]))
        connection = await asyncpg.connect(stack_address(paths).dsn("postgres"))
        try:
            await connection.execute(
                "update public.reservations set expires_at = expires_at - $1 * interval '1 second'",
                seconds,
            )
        finally:
            await connection.close()

    run_aside(run())


def test_the_stamp_script_starts_nothing_for_fifteen_seconds(a: Agent) -> None:
    environment = {**a.terminal.environment, "PATH": f"{Path(__file__).parents[3]}/hooks:/nowhere"}
    payload = json.dumps(
        {"hook_event_name": "PostToolBatch", "session_id": "s", "cwd": str(a.root)}
    )
    a.after()

    def stamp() -> tuple[int, float]:
        started = time.perf_counter()
        done = subprocess.run(["bdh-hook-stamp", "claude"], input=payload, text=True,
                              cwd=a.root / "src", env=environment, check=False)  # fmt: skip
        return done.returncode, time.perf_counter() - started

    times = sorted(stamp() for _ in range(20))
    assert {code for code, _ in times} == {0}
    # 5 ms by itself; here a loaded machine starts the process too.
    assert times[10][1] < 0.05
