"""`kill -9` in the middle of a claim storm: afterwards exactly the acknowledged claims exist."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from threading import Condition

import pytest

from bdh.errors import BdhError
from bdh.stack import control
from bdh.stack.address import stack_address
from bdh.stack.secrets import load_secrets
from tests.attack.claims.agents import Agent, all_at_once, beads, holders, team
from tests.sql.claims.invariants import assert_sound
from tests.support.cluster import TestDatabase
from tests.support.sql import Sql
from tests.support.stack import TestStack, wait_until

CREW = 8
# What is killed, one after the other, each in the midst of the storm.
BLOWS = (("gateway",), ("postgres",), ("gateway", "postgres"), ("postgres", "gateway"))


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestStack]:
    """A whole stack, so that its supervisor brings back what is killed."""
    stack = TestStack()
    stack.use(monkeypatch)
    stack.up()
    yield stack
    stack.close()


@pytest.fixture
async def sql(stack: TestStack) -> AsyncIterator[Sql]:
    address, secrets = stack_address(stack.paths), load_secrets(stack.paths.secrets)
    sql = Sql(TestDatabase(address, secrets, stack.place()))
    yield sql
    await sql.close()


class Storm:
    """Agents that claim every bead, each in an order of its own; `progress` counts the answers."""

    def __init__(self, agents: list[Agent], ids: list[str]) -> None:
        self.agents, self.ids = agents, ids
        self.outcomes: list[tuple[str, str, str]] = []
        self._changed = Condition()

    def run(self, agent: Agent) -> None:
        order = random.Random(agent.name).sample(self.ids, len(self.ids))
        for bead_id in order:
            outcome = agent.insist(bead_id)
            with self._changed:
                self.outcomes.append((bead_id, agent.name, outcome))
                self._changed.notify_all()

    def wait_for(self, share: float) -> None:
        """Returns when this share of the calls has been answered."""
        wanted = share * len(self.agents) * len(self.ids)
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.outcomes) >= wanted, timeout=90)


def strike(stack: TestStack, storm: Storm) -> None:
    for number, victims in enumerate(BLOWS, 1):
        storm.wait_for(number / (len(BLOWS) + 1))
        # The blow before may have left a part that is only just starting.
        wait_until(lambda victims=victims: all(stack.state().get(name) for name in victims))
        stack.kill(*victims)
        wait_until(lambda: answers(stack))


def answers(stack: TestStack) -> bool:
    with suppress(BdhError, OSError):
        return control.find_running(stack.paths) is not None and stack.health() == 200
    return False


@pytest.mark.parametrize(
    "count", [40, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
async def test_exactly_the_acknowledged_claims_exist(
    stack: TestStack, sql: Sql, count: int
) -> None:
    project = await sql.project("acme")
    ids = await beads(sql, project, count)
    secrets = load_secrets(stack.paths.secrets)
    crew = await team(sql, project, str(stack.state()["url"]), secrets, CREW)
    await sql.close()
    storm = Storm(crew, ids)

    works = [lambda: strike(stack, storm), *(lambda one=one: storm.run(one) for one in crew)]  # type: ignore[misc]
    await asyncio.to_thread(all_at_once, works)

    after = Sql(sql.database)
    acknowledged = {bead: name for bead, name, outcome in storm.outcomes if outcome == "claimed"}
    assert Counter(outcome for *_, outcome in storm.outcomes) == {
        "claimed": count, "claim_taken": (CREW - 1) * count,
    }  # fmt: skip
    assert await holders(after) == acknowledged
    assert (
        await after.value("select count(*) from public.events where type = 'claim.taken'") == count
    )
    await assert_sound(after)
    await after.close()
