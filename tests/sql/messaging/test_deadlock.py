"""Circles of waiting: found when the last wait is opened, told to all, escalated once."""

from __future__ import annotations

from tests.sql.messaging.conftest import Team

REPLACE = """
    create or replace function private.wait_edges(p_project_id uuid)
    returns table (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean, what text)
    language sql stable security definer set search_path = '' as $$
        select * from private.chat_wait_edges(p_project_id) {more}
    $$
"""


async def found(team: Team) -> int:
    return int(await team.sql.value("select count(*) from private.deadlocks"))


async def test_two_who_wait_for_each_other_are_told(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    assert asked["deadlock"] is None

    # Not an answer: it is another chat.
    second = await team.wait(team.bob, "alice", "carol", all_replies=True)

    assert sorted(second["deadlock"]["members"]) == ["alice", "bob"]
    for caller in (team.alice, team.bob):
        assert any(text.startswith("Deadlock: ") for text in await team.banner(caller))
    assert await team.banner(team.carol) == ["WAITING: bob is waiting for you"]
    seen = await team.call(team.alice, "chat_wait_refresh", wait_id=asked["wait"]["id"])
    assert "alice waits for an answer from bob" in seen["deadlock"]


async def test_it_is_escalated_once(team: Team) -> None:
    await team.wait(team.alice, "bob")
    await team.wait(team.bob, "alice", "carol", all_replies=True)
    await team.wait(team.bob, "alice", "carol", all_replies=True)

    escalations = (await team.call(team.ann, "list_escalations"))["escalations"]

    assert len(escalations) == 1
    assert escalations[0]["asker"]["kind"] == "system"


async def test_a_circle_of_three_opened_at_once_is_found_once(team: Team) -> None:
    outcomes = await team.sql.race([
        team.wait(team.alice, "bob"), team.wait(team.bob, "carol"), team.wait(team.carol, "alice"),
    ])  # fmt: skip

    assert [o["deadlock"] is not None for o in outcomes].count(True) == 1
    assert await found(team) == 1


async def test_an_answer_is_no_circle(team: Team) -> None:
    """Asking back in the same chat ends the other's wait."""
    await team.wait(team.alice, "bob")

    assert (await team.wait(team.bob, "alice"))["deadlock"] is None


async def test_one_free_target_is_enough(team: Team) -> None:
    await team.wait(team.alice, "bob")

    # Carol can answer Bob, so Bob can go on.
    assert (await team.wait(team.bob, "alice", "carol"))["deadlock"] is None
    # Until she waits for Alice.
    assert (await team.wait(team.carol, "alice"))["deadlock"] is not None


async def test_a_lapsed_wait_closes_no_circle(team: Team) -> None:
    await team.wait(team.alice, "bob")
    await team.age("public.chat_waits", "lease_until", "2 minutes")

    assert (await team.wait(team.bob, "alice", "carol", all_replies=True))["deadlock"] is None


async def test_listening_closes_no_circle(team: Team) -> None:
    await team.call(team.alice, "chat_listen")
    await team.call(team.bob, "chat_listen")

    assert (await team.wait(team.bob, "alice", "carol", all_replies=True))["deadlock"] is None


async def test_other_waits_join_the_graph(team: Team) -> None:
    """What SQL of other concerns adds to private.wait_edges counts."""
    await team.wait(team.alice, "bob")
    more = f"""union all select '{team.project.id}'::uuid, '{team.bob.id}'::uuid,
        '{team.alice.id}'::uuid, false, 'the lock on src/'"""
    async with (await team.sql.pool()).acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(REPLACE.format(more=more))
        deadlock = await connection.fetchval(
            "select private.find_deadlock($1, $2)", team.project.id, team.bob.id
        )
        await transaction.rollback()

    assert "bob waits for the lock on src/ from alice" in deadlock["text"]
