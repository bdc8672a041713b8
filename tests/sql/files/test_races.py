"""Many agents at once: exactly one gets what only one can have, and nobody gets an error."""

from __future__ import annotations

import random

import pytest

from tests.sql.files.conftest import Pair, outcome
from tests.support.sql import Refused

OVERLAPPING = """
    select count(*) from public.reservations as a
    join public.reservations as b on b.repo_id = a.repo_id and b.workspace_id <> a.workspace_id
    where 'exclusive' in (a.mode, b.mode)
      and (a.key = b.key or (a.is_directory and starts_with(b.key, a.key || '/')))
"""


async def test_of_two_first_acquirers_one_is_granted(pair: Pair) -> None:
    for n in range(20):
        outcomes = await pair.sql.race(
            pair.reserve(who, f"dir{n}/" if who is pair.alice else f"dir{n}/file.py")
            for who in (pair.alice, pair.bob)
        )

        answers = sorted(outcome(result) for result in outcomes)
        assert [len(conflicts) for _, _, conflicts in answers] == [1, 0]
        assert [len(granted) for granted, _, _ in answers] == [0, 1]


async def test_32_agents_on_overlapping_directories(pair: Pair) -> None:
    """Whatever the order, no two hold what overlaps, and every answer is an answer."""
    agents = [await pair.sql.workspace(pair.project) for _ in range(32)]
    tree = ["", "a/", "a/b/", "a/b/c.py", "a/b/d.py", "a/e.py", "f/", "f/g.py", "h.py"]
    dice = random.Random(7)

    for _ in range(4):
        outcomes = await pair.sql.race(
            pair.reserve(agent, *[path or "./" for path in dice.sample(tree, 4)])
            for agent in agents
        )
        assert not [one for one in outcomes if isinstance(one, Refused)]
        assert await pair.sql.value(OVERLAPPING) == 0
        await pair.sql.race(pair.release(agent) for agent in agents[::2])


async def test_reserving_releasing_and_beating_together(pair: Pair) -> None:
    """One workspace from several processes at once: opposite orders never deadlock."""
    paths = [f"src/{n}.py" for n in range(200)]

    outcomes = await pair.sql.race(
        call
        for _ in range(6)
        for call in (
            pair.reserve(pair.alice, *paths, automatic=True),
            pair.reserve(pair.alice, *reversed(paths), automatic=True),
            pair.sql.call(pair.alice, "heartbeat", modified_paths=paths[::-1]),
            pair.release(pair.alice, *paths[::2]),
        )
    )

    assert not [one for one in outcomes if isinstance(one, Refused)]


async def test_repos_do_not_wait_for_each_other_and_checks_for_nobody(pair: Pair) -> None:
    other = await pair.sql.repo(pair.project.id, "example.com/acme/other")

    async with pair.sql.acting(pair.alice) as connection:
        await connection.fetchval("select public.reserve_paths(array['a.py'])")
        await pair.sql.execute("set lock_timeout = '5s'")
        granted, _, _ = outcome(await pair.reserve(pair.bob, "a.py", repo_id=other))
        assert granted == ["a.py"]
        assert await pair.check(pair.bob, "a.py") == []
        waiting = pair.sql.start(pair.reserve(pair.bob, "a.py"))
        await pair.sql.until_blocked()

    assert outcome(await waiting)[2] == ["a.py"]


async def test_waiting_is_a_lease_that_the_holder_hears_of(pair: Pair) -> None:
    await pair.reserve(pair.alice, "it's here.py")

    waiting = await pair.reserve(pair.bob, "it's here.py", wait_seconds=300)

    assert waiting["wait"]["deadlock"] is None
    status = await pair.sql.call(pair.alice, "team_status")
    assert [w["waiting_for"] for w in status["workspaces"]] == [None, ["alice"]]
    [notice] = (await pair.sql.call(pair.alice, "notices"))["notices"]
    assert notice["text"] == 'bob is waiting for your lock on "it\'s here.py"'
    assert notice["command"] == "bdh :release-paths 'it'\\''s here.py'"
    again = await pair.reserve(pair.bob, "it's here.py", wait_seconds=300)
    assert again["wait"] == waiting["wait"]
    await pair.release(pair.alice)
    done = await pair.reserve(pair.bob, "it's here.py", wait_seconds=300)
    assert outcome(done)[0] == ["it's here.py"]
    assert "wait" not in done
    assert await pair.sql.call(pair.bob, "end_lock_wait") == {"ended": 0}


async def test_a_killed_waiter_stops_counting(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py")
    await pair.reserve(pair.bob, "a.py", wait_seconds=300)

    await pair.sql.execute("update public.lock_waits set lease_until = now()")
    status = await pair.sql.call(pair.alice, "team_status")
    assert [w["waiting_for"] for w in status["workspaces"]] == [None, None]
    await pair.reserve(pair.bob, "a.py", wait_seconds=300)
    assert await pair.sql.call(pair.bob, "end_lock_wait") == {"ended": 1}


async def test_waiting_for_each_others_files_is_a_deadlock(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py")
    await pair.reserve(pair.bob, "b.py")

    assert (await pair.reserve(pair.alice, "b.py", wait_seconds=300))["wait"]["deadlock"] is None
    deadlock = (await pair.reserve(pair.bob, "a.py", wait_seconds=300))["wait"]["deadlock"]

    assert sorted(deadlock["members"]) == ["alice", "bob"]
    assert 'alice waits for the lock on "b.py" from bob' in deadlock["text"]
    for who in (pair.alice, pair.bob):
        notices = (await pair.sql.call(who, "notices"))["notices"]
        assert any(notice["text"].startswith("Deadlock: ") for notice in notices)
    assert len(await pair.sql.events(pair.project, "escalation.opened")) == 1


@pytest.mark.parametrize("seconds", [0, None])
async def test_not_waiting_opens_no_wait(pair: Pair, seconds: int | None) -> None:
    await pair.reserve(pair.alice, "a.py")

    assert "wait" not in await pair.reserve(pair.bob, "a.py", wait_seconds=seconds)
    assert await pair.sql.value("select count(*) from public.lock_waits") == 0
