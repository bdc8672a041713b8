"""One bead's life, against a model: hypothesis looks for a sequence of calls that surprises."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.sql.claims.invariants import assert_sound
from tests.support.cluster import TestCluster
from tests.support.sql import Caller, Refused, Sql

AGENTS = st.integers(0, 1)
JUMP_IN = {"jump_in": True, "reason": "because"}


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


class OneBead(RuleBasedStateMachine):
    """The model: status, who holds the claim, how often it changed hands, mails sent."""

    runner: asyncio.Runner
    sql: Sql

    def __init__(self) -> None:
        super().__init__()
        self.status, self.holder, self.epoch, self.mails = "open", None, 0, 0
        self.agents, self.bead_id = self.run(self._prepare())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def _prepare(self) -> tuple[list[Caller], str]:
        project = await self.sql.project()
        self.project_id = project.id
        agents = [await self.sql.workspace(project) for _ in range(2)]
        return agents, await self._create(agents[0])

    async def _create(self, agent: Caller) -> str:
        bead = await self.sql.call(agent, "create_bead", title="one")
        return str(bead["id"])

    def attempt(self, agent: int, fn: str, **args: Any) -> str:
        """`done`, or the code of the refusal."""
        try:
            self.run(self.sql.call(self.agents[agent], fn, **args))
        except Refused as refused:
            return refused.code
        return "done"

    def expect(self, agent: int, *, jump_in: bool) -> str:
        """What a call that needs the claim, or nobody's, must answer."""
        if self.holder in (None, agent):
            return "done"
        return "done" if jump_in else "claim_taken"

    def take(self, agent: int) -> None:
        if self.holder != agent:
            self.mails += self.holder is not None
            self.epoch += 1
        self.holder, self.status = agent, "in_progress"

    @rule(agent=AGENTS, jump_in=st.booleans())
    def claim(self, agent: int, jump_in: bool) -> None:
        expected = "bead_closed" if self.status == "closed" else self.expect(agent, jump_in=jump_in)
        extra = JUMP_IN if jump_in else {}
        assert self.attempt(agent, "claim_bead", bead_id=self.bead_id, **extra) == expected
        if expected == "done":
            self.take(agent)

    @rule(agent=AGENTS, jump_in=st.booleans())
    def close(self, agent: int, jump_in: bool) -> None:
        expected = self.expect(agent, jump_in=jump_in)
        extra = {"jump_in": True, "jump_in_reason": "because"} if jump_in else {}
        assert self.attempt(agent, "close_beads", ids=[self.bead_id], **extra) == expected
        if expected == "done":
            if self.holder not in (None, agent):
                self.take(agent)
            self.status, self.holder = "closed", None

    @rule(agent=AGENTS)
    def reopen(self, agent: int) -> None:
        assert self.attempt(agent, "reopen_beads", ids=[self.bead_id]) == "done"
        if self.status == "closed":
            self.status = "open"

    @rule(agent=AGENTS)
    def release(self, agent: int) -> None:
        expected = "done" if self.holder in (None, agent) else "human_only"
        assert self.attempt(agent, "release_bead", bead_id=self.bead_id) == expected
        if expected == "done" and self.holder is not None:
            self.status, self.holder = "open", None

    @rule(agent=AGENTS, status=st.sampled_from(["open", "deferred", "blocked"]))
    def put_aside(self, agent: int, status: str) -> None:
        expected = self.expect(agent, jump_in=False)
        changes = {"status": status}
        result = self.attempt(agent, "update_beads", ids=[self.bead_id], changes=changes)
        assert result == expected
        if expected == "done":
            self.status, self.holder = status, None

    @rule(agent=AGENTS, behind=st.integers(0, 2))
    def write_late(self, agent: int, behind: int) -> None:
        epoch = self.epoch - behind
        changes = {"notes": "late"}
        result = self.attempt(
            agent, "update_beads", ids=[self.bead_id], changes=changes, epoch=epoch
        )
        assert result == ("stale_claim" if behind else "done")

    @rule(agent=AGENTS)
    def claim_next(self, agent: int) -> None:
        result = self.run(self.sql.call(self.agents[agent], "claim_next"))
        assert (result.get("bead_id") == self.bead_id) == (self.status == "open")
        if self.status == "open":
            self.take(agent)

    @rule(agent=AGENTS, verb=st.sampled_from(["claim_bead", "release_bead"]))
    def delete(self, agent: int, verb: str) -> None:
        """It is gone, its claim with it, and no call brings it back; the next bead takes over."""
        assert self.attempt(agent, "delete_beads", ids=[self.bead_id]) == "done"
        assert self.attempt(agent, verb, bead_id=self.bead_id) == "not_found"
        assert self.attempt(agent, "reopen_beads", ids=[self.bead_id]) == "not_found"
        self.mails += self.holder not in (None, agent)
        self.bead_id = self.run(self._create(self.agents[0]))
        self.status, self.holder, self.epoch = "open", None, 0

    @invariant()
    def database_agrees(self) -> None:
        shown = self.run(self.sql.call(self.agents[0], "show_bead", id=self.bead_id))
        holder = shown["claim"] and shown["claim"]["holder"]["name"]
        assert (shown["status"], holder, shown["epoch"]) == (
            self.status, None if self.holder is None else self.agents[self.holder].name, self.epoch,
        )  # fmt: skip
        query = "select count(*) from public.mail where project_id = $1"
        assert self.run(self.sql.value(query, self.project_id)) == self.mails


def test_one_bead_lives_as_the_model_says(cluster: TestCluster, runner: asyncio.Runner) -> None:
    database = cluster.clone("template_bdh")
    OneBead.runner, OneBead.sql = runner, Sql(database)
    try:
        run_state_machine_as_test(
            OneBead,
            settings=settings(
                max_examples=40, stateful_step_count=15, deadline=None, database=None,
                derandomize=True, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        runner.run(assert_sound(OneBead.sql))
    finally:
        runner.run(OneBead.sql.close())
        cluster.drop(database)
