"""Waiting in a chat: leases, deadlines, receipts, groups."""

from __future__ import annotations

from tests.sql.messaging.conftest import Team, bodies, live_waits, refresh, refused


async def test_a_lapsed_lease_no_longer_counts(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    await team.age("public.chat_waits", "lease_until", "91 seconds")

    assert (await team.call(team.bob, "chat_pending"))["chats"][0]["waiting"] == []
    assert not any("WAITING" in text for text in await team.banner(team.bob))
    # A laptop that slept and woke before the deadline waits on.
    assert (await refresh(team, team.alice, asked))["status"] == "waiting"
    assert await live_waits(team) == 1


async def test_a_deadline_ends_the_wait(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    await team.age("public.chat_waits", "deadline", "121 seconds")

    ended = await refresh(team, team.alice, asked)

    assert (ended["status"], ended["seconds_left"]) == ("timeout", 0)
    # A late reply is unread for the banner.
    await team.say(team.bob, "alice", body="late")
    assert any("late" in text for text in await team.banner(team.alice))


async def test_the_sweeper_ends_what_nobody_refreshes(team: Team) -> None:
    await team.wait(team.alice, "bob")
    await team.age("public.chat_waits", "lease_until", "12 minutes")
    await team.sql.execute("update private.schedules set last_run = null")
    await team.sql.value("select private.run_schedules()")

    assert await team.sql.value("select ended_reason from public.chat_waits") == "lapsed"


async def test_a_read_receipt_lengthens_the_wait_once(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")

    await team.call(team.bob, "chat_open", chat="alice")
    await team.call(team.bob, "chat_open", chat="alice")

    seen = await refresh(team, team.alice, asked)
    assert 415 <= seen["seconds_left"] <= 420
    assert seen["read_by"] == ["bob"]


async def test_the_asked_may_ask_for_more_time(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")

    extended = await team.call(team.bob, "chat_extend_wait", chat="alice")

    assert extended["waiting"][0]["short"] == "alice"
    assert (await refresh(team, team.alice, asked))["seconds_left"] > 400
    await refused(team.call(team.alice, "chat_extend_wait", chat="bob"), "not_waiting", 409)


async def test_ending_a_wait_marks_what_was_printed(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    reply = await team.say(team.bob, "alice", body="yes")
    shown = [f"{reply['session_id']}:{reply['message']['seq']}"]

    ended = await team.call(team.alice, "chat_wait_end", wait_id=asked["wait"]["id"], shown=shown)

    assert ended["status"] == "replied"
    assert (await team.call(team.alice, "chat_pending"))["chats"] == []


async def test_an_interrupted_wait_stops_counting_at_once(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")

    ended = await team.call(team.alice, "chat_wait_end", wait_id=asked["wait"]["id"])

    assert ended["status"] == "cancelled"
    assert await live_waits(team) == 0


async def test_nobody_refreshes_or_ends_the_wait_of_another(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    wait_id = asked["wait"]["id"]

    for stranger in (team.bob, team.carol, team.mallory, team.ann):
        await refused(team.call(stranger, "chat_wait_refresh", wait_id=wait_id), "not_found", 404)
        await team.call(stranger, "chat_wait_end", wait_id=wait_id)
    assert await live_waits(team) == 1


async def test_a_group_waits_for_the_first_or_for_all(team: Team) -> None:
    first = await team.wait(team.alice, "bob", "carol")
    await team.say(team.bob, "alice", "carol", body="1")
    assert (await refresh(team, team.alice, first))["status"] == "replied"

    both = await team.wait(team.alice, "bob", "carol", all_replies=True)
    await team.say(team.bob, "alice", "carol", body="2")
    assert (await refresh(team, team.alice, both))["status"] == "waiting"
    await team.say(team.carol, "alice", "bob", body="3")
    done = await refresh(team, team.alice, both, after_seq=both["wait"]["after"])
    assert (done["status"], bodies(done)) == ("replied", ["2", "3"])


async def test_waiting_for_all_ends_when_the_rest_has_left(team: Team) -> None:
    both = await team.wait(team.alice, "bob", "carol", all_replies=True)
    await team.say(team.bob, "alice", "carol")
    await team.call(team.carol, "chat_leave", chat=both["session_id"])

    assert (await refresh(team, team.alice, both))["status"] == "replied"


async def test_leaving_tells_the_one_who_waits(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")

    await team.call(team.bob, "chat_leave", chat="alice")

    assert (await refresh(team, team.alice, asked))["status"] == "left"


async def test_who_left_is_waited_for_only_on_a_new_start(team: Team) -> None:
    await team.wait(team.alice, "bob")
    await team.say(team.bob, "alice", leave=True)

    assert (await team.wait(team.alice, "bob"))["status"] == "left"
    restarted = await team.wait(team.alice, "bob", start_conversation=True)
    assert restarted["status"] == "waiting"


async def test_a_resumed_wait_shows_that_somebody_waits(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    await team.call(team.alice, "chat_wait_end", wait_id=asked["wait"]["id"])

    resumed = await team.call(team.alice, "chat_listen", chat="bob")

    assert resumed["wait"]["targets"] == ["bob"]
    await team.say(team.bob, "alice", body="yes")
    assert bodies(await refresh(team, team.alice, resumed)) == ["yes"]


async def test_waiting_twice_in_a_chat_counts_once(team: Team) -> None:
    first = await team.wait(team.alice, "bob")
    await team.wait(team.alice, "bob")

    assert await live_waits(team) == 1
    assert (await refresh(team, team.alice, first))["status"] == "superseded"


async def test_who_waits_for_the_answer_is_said_to_hear_of_it_now(team: Team) -> None:
    """The answer ends the wait, but it was there when the answer was sent."""
    await team.wait(team.alice, "bob")

    answer = await team.say(team.bob, "alice")

    assert [row["learns"] for row in answer["wake"]] == ["now"]
