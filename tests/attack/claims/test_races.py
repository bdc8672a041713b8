"""Exactly-once claims, proven where users meet them: over HTTP, 32 agents at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from threading import Barrier

import pytest

from tests.attack.claims.agents import AGENTS, Agent, beads, holders, team, together
from tests.sql.claims.invariants import assert_sound
from tests.support.cluster import TestDatabase
from tests.support.gateway import TestGateway
from tests.support.sql import Project, Sql

FEW = 25
MANY = pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])


@pytest.fixture
async def sql(database: TestDatabase) -> AsyncIterator[Sql]:
    sql = Sql(database)
    yield sql
    await sql.close()


@pytest.fixture
async def project(sql: Sql) -> Project:
    return await sql.project("acme")


@pytest.fixture
async def agents(sql: Sql, project: Project, gateway: TestGateway) -> list[Agent]:
    return await team(sql, project, gateway.url, gateway.secrets, AGENTS)


@pytest.mark.parametrize("count", [FEW, MANY])
async def test_every_bead_has_exactly_one_winner(
    sql: Sql, project: Project, agents: list[Agent], count: int
) -> None:
    """All fight for the same bead at the same moment, bead after bead."""
    ids = await beads(sql, project, count)
    barrier = Barrier(AGENTS, timeout=60)

    def fight(agent: Agent) -> dict[str, str]:
        outcomes = {}
        for bead_id in ids:
            barrier.wait()
            outcomes[bead_id] = agent.claim(bead_id)
        return outcomes

    fights = await asyncio.to_thread(together, agents, fight)

    winners: dict[str, str] = {}
    for bead_id in ids:
        outcomes = {name: fight[bead_id] for name, fight in fights.items()}
        assert Counter(outcomes.values()) == {"claimed": 1, "claim_taken": AGENTS - 1}
        winners[bead_id] = next(name for name, got in outcomes.items() if got == "claimed")
    assert await holders(sql) == winners
    await assert_sound(sql)


@pytest.mark.parametrize("count", [AGENTS * 3 + 5, MANY])
async def test_claim_next_never_gives_the_same_bead_twice(
    sql: Sql, project: Project, agents: list[Agent], count: int
) -> None:
    ids = await beads(sql, project, count)

    def take_all(agent: Agent) -> list[str]:
        taken = []
        while (bead_id := agent.claim_next()) is not None:
            taken.append(bead_id)
        return taken

    hauls = await asyncio.to_thread(together, agents, take_all)

    taken = [bead_id for haul in hauls.values() for bead_id in haul]
    assert sorted(taken) == sorted(ids)
    assert await holders(sql) == {one: name for name, haul in hauls.items() for one in haul}
    await assert_sound(sql)
