"""Calls on chats that meet halfway: no deadlock, and nobody who was removed meanwhile is heard."""

from __future__ import annotations

from typing import Any

from tests.sql.messaging.conftest import Team
from tests.support.sql import Refused


async def test_reading_two_chats_meets_the_end_of_a_wait_in_one(team: Team) -> None:
    """
    Who reads both chats holds Bob's wait in the first; Bob, who ends it, holds the second.
    """
    sql = team.sql
    pair = await team.wait(team.bob, "alice")
    group = await team.wait(team.bob, "alice", "carol")
    sessions = sorted([pair, group], key=lambda said: said["session_id"])
    first, second = sessions
    await team.call(team.alice, "chat_send", session_id=second["session_id"], body="so?")
    shown = [f"{said['session_id']}:1" for said in sessions]

    mine = (await sql.pool()).acquire
    async with mine() as connection, connection.transaction():
        await connection.execute(
            "select 1 from public.chat_participants where session_id = $1 and participant_id = $2"
            " for update",
            second["session_id"], team.bob.id,
        )  # fmt: skip
        ending = sql.start(team.call(
            team.bob, "chat_wait_end", wait_id=first["wait"]["id"],
            shown=[f"{second['session_id']}:2"],
        ))  # fmt: skip
        await sql.until_blocked()
        reading = sql.start(team.call(team.alice, "chat_mark_read", shown=shown))
        await sql.until_blocked(2)

    ended, read = await sql.race([ending, reading])
    assert ended["wait_id"] == first["wait"]["id"]
    assert read == {"sessions": 2}


async def test_who_is_removed_while_it_speaks_is_not_heard(team: Team) -> None:
    sql = team.sql
    said = await team.say(team.alice, "bob")

    async with sql.acting(team.ann) as connection:
        await connection.fetchval("select public.remove_workspace('alice')")
        late: list[Any] = [
            sql.start(team.wait(team.alice, "bob")),
            sql.start(team.call(team.alice, "chat_listen", chat=said["session_id"])),
        ]
        await sql.until_blocked(2)

    outcomes = await sql.race(late)
    assert [o.code for o in outcomes if isinstance(o, Refused)] == ["workspace_gone"] * 2
    live = "select count(*) from public.chat_waits where waiter_id = $1 and ended_at is null"
    assert await sql.value(live, team.alice.id) == 0


async def test_a_key_that_was_used_for_other_words_is_refused(team: Team) -> None:
    """An answer that fits another question would be a message lost in silence."""
    await team.mail(team.alice, "bob", body="first", idempotency_key="k")

    again = await team.mail(team.alice, "bob", body="first", idempotency_key="k")
    assert again["replayed"]
    [outcome] = await team.sql.race(
        [team.mail(team.alice, "bob", body="second", idempotency_key="k")]
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == ("conflict", 409)
    other = await team.mail(team.bob, "alice", body="second", idempotency_key="k")
    assert "replayed" not in other


async def test_what_was_spooled_is_replayed_once_also_after_a_reattachment(team: Team) -> None:
    first = await team.mail(team.alice, "bob", body="once", idempotency_key="spooled")
    token = (await team.call(team.ann, "reattach_workspace", alias="alice"))["token"]
    session = await team.sql.user(anonymous=True)
    await team.call(session, "join_project", token=token)

    again = await team.mail(session, "bob", body="once", idempotency_key="spooled")

    assert (again["id"], again["replayed"]) == (first["id"], True)
