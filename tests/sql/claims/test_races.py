"""Many at once: one winner per bead, other beads for everybody else, no deadlock, all sound."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.sql.claims.conftest import beads
from tests.sql.claims.invariants import assert_sound
from tests.support.sql import Caller, Project, Refused, Sql

AGENTS = 32
STORM_CONNECTIONS = 16
STORM_CALLS = 80


async def team(sql: Sql, project: Project, count: int) -> list[Caller]:
    return [await sql.workspace(project, f"a{n}-dev") for n in range(count)]


async def test_32_agents_and_one_winner_each(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, AGENTS)
    ids = await beads(sql, project, 12)

    for bead_id in ids:
        outcomes = await sql.race(sql.call(a, "claim_bead", bead_id=bead_id) for a in agents)
        won = [o for o in outcomes if not isinstance(o, Refused)]
        assert len(won) == 1
        assert Counter(o.code for o in outcomes if isinstance(o, Refused)) == {
            "claim_taken": AGENTS - 1
        }
    await assert_sound(sql)


async def test_claim_next_gives_everybody_something_else(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, AGENTS)
    await beads(sql, project, AGENTS * 2 + 5)

    first = await sql.race(sql.call(a, "claim_next") for a in agents)
    second = await sql.race(sql.call(a, "claim_next") for a in agents)
    last = await sql.race(sql.call(a, "claim_next") for a in agents)

    got = [claim["bead_id"] for claim in [*first, *second, *last] if "bead_id" in claim]
    assert len(got) == len(set(got)) == AGENTS * 2 + 5
    assert last.count({"claim": None}) == AGENTS - 5
    # The most urgent went first.
    assert max(c["bead"]["priority"] for c in first) <= min(c["bead"]["priority"] for c in second)
    await assert_sound(sql)


async def test_the_last_beads_are_fought_over_without_deadlock(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, 16)
    ids = await beads(sql, project, 5)  # their order of priority is not their order of ids

    for _ in range(12):
        await sql.race(
            [*(sql.call(a, "claim_next") for a in agents),
             *(sql.call(a, "update_beads", ids=ids, changes={"notes": "x"}) for a in agents[:6])]
        )  # fmt: skip
        await sql.execute("update public.beads set status = 'open', assignee = null")
    await assert_sound(sql)


async def test_everybody_jumps_in_and_one_ends_up_with_it(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, 8)
    bead_id = (await beads(sql, project, 1))[0]

    outcomes = await sql.race(
        sql.call(a, "claim_bead", bead_id=bead_id, jump_in=True, reason="mine") for a in agents
    )

    assert sorted(o["epoch"] for o in outcomes) == list(range(1, 9))
    assert await sql.value("select count(*) from public.mail") == 7
    await assert_sound(sql)


async def test_creating_at_once_gives_different_numbers(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, 8)

    calls = [sql.call(a, "create_bead", title="x") for a in agents * 3]
    calls += [sql.call(agents[0], "create_bead", title="x", id=f"bd-{n}") for n in (5, 12, 20)]
    outcomes = await sql.race(calls)

    made = [o["id"] for o in outcomes if not isinstance(o, Refused)]
    assert len(made) == len(set(made))
    assert {o.code for o in outcomes if isinstance(o, Refused)} <= {"conflict"}


class Storm:
    """Random calls on few beads, so that they meet."""

    def __init__(self, sql: Sql, agents: list[Caller], owner: Caller, ids: list[str]) -> None:
        self.sql, self.agents, self.owner, self.ids = sql, agents, owner, ids
        self.random = random.Random(20261123)
        self.outcomes: Counter[str] = Counter()

    def some(self, most: int = 3) -> list[str]:
        return self.random.sample(self.ids, self.random.randint(1, most))

    def call(self) -> Awaitable[Any]:
        agent, one = self.random.choice(self.agents), self.random.choice(self.ids)
        other = self.random.choice(self.ids)
        jump = {"jump_in": True, "reason": "storm"}
        calls: list[Callable[[], tuple[Caller, str, dict[str, Any]]]] = [
            lambda: (agent, "claim_bead", {"bead_id": one}),
            lambda: (agent, "claim_bead", {"bead_id": one, "force": True}),
            lambda: (agent, "claim_bead", {"bead_id": one, **jump}),
            lambda: (agent, "claim_next", {}),
            lambda: (agent, "release_bead", {"bead_id": one}),
            lambda: (self.owner, "release_bead", {"bead_id": one, "reason": "storm"}),
            lambda: (agent, "close_beads", {"ids": self.some()}),
            lambda: (agent, "close_beads", {
                "ids": self.some(), "jump_in": True, "jump_in_reason": "storm"}),
            lambda: (agent, "reopen_beads", {"ids": self.some()}),
            lambda: (agent, "update_beads", {
                "ids": self.some(), "changes": {"status": "in_progress"}, **jump}),
            lambda: (agent, "update_beads", {"ids": self.some(), "changes": {"status": "open"}}),
            lambda: (agent, "update_beads", {"ids": self.some(), "changes": {"parent_id": other}}),
            lambda: (agent, "update_beads", {"ids": self.some(), "changes": {"parent_id": None}}),
            lambda: (agent, "add_dependency", {"id": one, "depends_on": other}),
            lambda: (agent, "remove_dependency", {"id": one, "depends_on": other}),
            lambda: (agent, "create_bead", {"title": "s", "parent_id": one, "depends_on": [other]}),
            lambda: (agent, "comment_bead", {"id": one, "body": "storm"}),
            lambda: (agent, "import_beads", {"beads": [
                {"id": i, "title": "s", "status": "open", "updated_at": "2090-01-01T00:00:00Z",
                 "dependencies": [{"depends_on_id": "bd-999", "type": "blocks"}]}
                for i in self.some()]}),
        ]  # fmt: skip
        if self.random.random() < 0.01:
            return self.sql.call(agent, "delete_beads", ids=[one])
        caller, fn, args = self.random.choice(calls)()
        return self.sql.call(caller, fn, **args)

    async def blow(self) -> None:
        """One connection's share; refusals are counted, anything else is an error."""
        for _ in range(STORM_CALLS):
            try:
                await self.call()
                self.outcomes["done"] += 1
            except Refused as refused:
                self.outcomes[refused.code] += 1


async def test_a_storm_leaves_everything_sound(sql: Sql, project: Project) -> None:
    agents = await team(sql, project, 6)
    storm = Storm(sql, agents, project.owner, await beads(sql, project, 12))

    await asyncio.gather(*(storm.blow() for _ in range(STORM_CONNECTIONS)))

    await assert_sound(sql)
    assert storm.outcomes["done"] > STORM_CONNECTIONS * STORM_CALLS / 4
    assert set(storm.outcomes) <= {
        "done", "claim_taken", "bead_blocked", "bead_closed", "cycle", "not_found", "human_only",
    }  # fmt: skip


async def test_a_bead_that_is_being_given_to_another_is_not_taken(
    sql: Sql, project: Project
) -> None:
    """Who waited for the last bead looks at all of it again, not only whether it is open."""
    alice, bob = await team(sql, project, 2)
    [bead_id] = await beads(sql, project, 1)

    for change in ("assignee = 'carol'", "defer_until = now() + interval '1 day'"):
        async with (await sql.pool()).acquire() as connection, connection.transaction():
            await connection.execute(f"update public.beads set {change} where id = $1", bead_id)
            asking = sql.start(sql.call(bob, "claim_next"))
            await sql.until_blocked()
        assert await asking == {"claim": None}
        await sql.execute("update public.beads set assignee = null, defer_until = null")
    await sql.call(alice, "claim_bead", bead_id=bead_id)
    await assert_sound(sql)
