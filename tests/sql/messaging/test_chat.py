"""Chat: sessions, numbering, read marks, who comes and goes."""

from __future__ import annotations

import asyncio

import pytest

from tests.sql.messaging.conftest import Team, bodies, live_waits, refresh, refused


async def test_a_question_waits_until_it_is_answered(team: Team) -> None:
    asked = await team.wait(team.alice, "bob", body="API endpoints?")
    assert (asked["status"], asked["wait"]["targets"]) == ("waiting", ["bob"])
    assert asked["wait"]["seconds_left"] == 120

    pending = (await team.call(team.bob, "chat_pending"))["chats"]
    assert pending[0]["waiting"][0]["short"] == "alice"
    assert pending[0]["command"] == "bdh :aweb chat open alice"
    assert bodies(await team.call(team.bob, "chat_open", chat="alice")) == ["API endpoints?"]
    await team.say(team.bob, "alice", body="GET /v1", leave=True)

    answered = await refresh(team, team.alice, asked, after_seq=asked["message"]["seq"])
    assert (answered["status"], bodies(answered)) == ("replied", ["GET /v1"])
    assert await live_waits(team) == 0
    assert (await team.call(team.bob, "chat_pending"))["chats"] == []


async def test_one_session_per_exact_set(team: Team) -> None:
    first = await team.say(team.alice, "bob")
    back = await team.say(team.bob, "alice")
    group = await team.say(team.alice, "bob", "carol")
    other_order = await team.say(team.carol, "bob-backend", "alice-dev")

    assert first["session_id"] == back["session_id"]
    assert group["session_id"] == other_order["session_id"] != first["session_id"]


async def test_a_session_made_by_many_at_once_is_one(team: Team) -> None:
    sent = await team.sql.race(
        team.say(caller, other)
        for _ in range(8)
        for caller, other in ((team.alice, "bob"), (team.bob, "alice"))
    )

    assert len({message["session_id"] for message in sent}) == 1
    assert sorted(m["message"]["seq"] for m in sent) == list(range(1, 17))


async def test_numbers_have_no_gaps_when_a_writer_fails(team: Team) -> None:
    await team.say(team.alice, "bob")
    await team.sql.race(
        team.say(team.alice, "bob", body=body) for body in ["a", "x" * 200_001, "b", " ", "c"]
    )

    seqs = await team.sql.fetch("select seq from public.chat_messages order by seq")
    assert [row["seq"] for row in seqs] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("to", "code", "status"),
    [
        (["alice"], "self_chat", 400),
        (["bob", "alice"], "self_chat", 400),
        (["nobody"], "not_found", 404),
        (["mallory-dev"], "not_found", 404),
        ([], "bad_chat", 400),
    ],
)
async def test_impossible_chats_are_refused(
    team: Team, to: list[str], code: str, status: int
) -> None:
    await refused(team.say(team.alice, *to), code, status)


async def test_an_ambiguous_alias_is_listed(team: Team) -> None:
    await team.sql.workspace(team.project, "bob-frontend")

    refusal = await refused(team.say(team.alice, "bob"), "ambiguous_alias", 409)

    assert refusal.message == "bob could be bob-backend, bob-frontend"


async def test_a_removed_target_is_refused_and_releases_who_waited(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    await team.sql.execute(
        "update public.workspaces set removed_at = now() where id = $1", team.bob.id
    )

    assert (await refresh(team, team.alice, asked))["status"] == "left"
    await refused(team.say(team.alice, "bob-backend"), "not_found", 404)
    await refused(
        team.call(team.alice, "chat_send", session_id=asked["session_id"], body="?"),
        "not_found",
        404,
    )


async def test_reading_marks_exactly_what_was_returned(team: Team) -> None:
    for number in range(5):
        await team.say(team.alice, "bob", body=str(number))

    opened = await team.call(team.bob, "chat_open", chat="alice", limit=2)
    assert (bodies(opened), opened["more"]) == (["0", "1"], 3)
    assert (await team.call(team.bob, "chat_pending"))["chats"][0]["unread"] == 3
    assert bodies(await team.call(team.bob, "chat_open", chat="alice")) == ["2", "3", "4"]


async def test_a_lost_answer_to_opening_can_be_asked_for_again(team: Team) -> None:
    await team.say(team.alice, "bob", body="once")

    first = await team.call(team.bob, "chat_open", chat="alice", idempotency_key="k")
    again = await team.call(team.bob, "chat_open", chat="alice", idempotency_key="k")

    assert bodies(first) == bodies(again) == ["once"]
    assert bodies(await team.call(team.bob, "chat_open", chat="alice")) == []


async def test_a_message_that_was_not_shown_stays_unread(team: Team) -> None:
    sent = [await team.say(team.alice, "bob", body=str(n)) for n in range(3)]
    session = sent[0]["session_id"]

    await team.call(
        team.bob, "chat_mark_read", shown=[f"{session}:1", f"{session}:3", "junk", "x:1"]
    )

    assert bodies(await team.call(team.bob, "chat_open", chat="alice")) == ["1", "2"]


async def test_nobody_marks_for_others(team: Team) -> None:
    sent = await team.say(team.alice, "bob")
    await team.call(team.carol, "chat_mark_read", shown=[f"{sent['session_id']}:1"])

    assert (await team.call(team.bob, "chat_pending"))["chats"][0]["unread"] == 1


async def test_messages_that_crossed_are_handed_over(team: Team) -> None:
    await team.say(team.bob, "alice", body="crossing")

    asked = await team.wait(team.alice, "bob")

    assert [m["body"] for m in asked["unread"]] == ["crossing"]
    assert bodies(await refresh(team, team.alice, asked)) == []


@pytest.mark.parametrize("listened", [{"chat": "alice"}, {}])
async def test_who_left_and_listens_is_back(team: Team, listened: dict[str, str]) -> None:
    await team.say(team.bob, "alice", leave=True)
    await team.call(team.alice, "chat_open", chat="bob")
    assert (await team.wait(team.alice, "bob"))["status"] == "left"
    await team.call(team.bob, "chat_open", chat="alice")
    await team.say(team.bob, "alice", leave=True)

    assert (await team.call(team.bob, "chat_listen", **listened))["status"] == "waiting"

    assert (await team.wait(team.alice, "bob"))["status"] == "waiting"


async def test_listening_to_one_chat_is_no_return_to_another(team: Team) -> None:
    await team.say(team.bob, "alice", leave=True)
    await team.say(team.bob, "carol")

    await team.call(team.bob, "chat_listen", chat="carol")

    assert (await team.wait(team.alice, "bob"))["status"] == "left"


async def test_listening_hears_every_chat_and_blocks_nobody(team: Team) -> None:
    listening = await team.call(team.alice, "chat_listen")
    assert listening["status"] == "waiting"
    assert (await team.call(team.bob, "chat_pending"))["chats"] == []

    await team.say(team.bob, "alice", body="one")

    heard = await refresh(team, team.alice, listening)
    assert (heard["status"], bodies(heard)) == ("replied", ["one"])
    assert (await team.call(team.alice, "chat_listen"))["status"] == "replied"


async def test_participants_and_humans_read_it_and_nobody_else(team: Team) -> None:
    sent = await team.wait(team.alice, "bob", body="s3cret")
    tables = ("chat_sessions", "chat_participants", "chat_messages", "chat_waits")

    for table in tables:
        for reader in (team.alice, team.bob, team.ann):
            assert await team.sql.rows(reader, f"select * from public.{table}"), table
        for stranger in (team.carol, team.mallory, team.eve):
            assert await team.sql.rows(stranger, f"select * from public.{table}") == []
    for stranger in (team.carol, team.mallory, team.eve):
        for fn in ("chat_history", "chat_open"):
            await refused(team.call(stranger, fn, chat=sent["session_id"]), "not_found", 404)
        await refused(
            team.call(stranger, "chat_send", session_id=sent["session_id"], body="x"),
            "not_found",
            404,
        )


async def test_a_human_joins_and_answers(team: Team) -> None:
    asked = await team.wait(team.alice, "bob")
    session = asked["session_id"]
    await refused(team.call(team.carol, "chat_join", session_id=session), "human_only", 403)
    await refused(team.call(team.eve, "chat_join", session_id=session), "not_found", 404)
    await refused(team.call(team.ann, "chat_send", session_id=session, body="x"), "not_found", 404)

    await team.call(team.ann, "chat_join", session_id=session)
    await team.call(team.ann, "chat_send", session_id=session, body="from a human")

    answered = await refresh(team, team.alice, asked)
    assert (answered["status"], bodies(answered)) == ("replied", ["from a human"])
    # The pair's own chat is still the same session.
    assert (await team.say(team.bob, "alice"))["session_id"] == session


async def test_an_agent_chats_with_a_human(team: Team) -> None:
    asked = await team.wait(team.alice, "ann lee")
    await team.say(team.ann, "alice", body="sure")

    answered = await refresh(team, team.alice, asked)

    assert answered["messages"][0]["sender"]["short"] == "Ann Lee"


async def test_text_goes_to_the_participants_topics_alone(team: Team) -> None:
    await team.say(team.alice, "bob", body="s3cret")

    sent = await team.sql.fetch(
        "select topic, payload from realtime.messages where payload::text like '%s3cret%'"
    )

    assert [row["topic"] for row in sent] == [f"workspace:{team.bob.id}"]
    (event,) = await team.sql.events(team.project, "chat.message")
    assert "s3cret" not in str(event)


async def test_a_long_text_is_fetched_not_pushed(team: Team) -> None:
    await team.say(team.alice, "bob", body="é" * 60_000)

    (payload,) = [row["payload"] for row in await team.sql.fetch(
        "select payload from realtime.messages where event = 'chat'")]  # fmt: skip

    assert "body" not in payload
    assert (
        len((await team.call(team.bob, "chat_open", chat="alice"))["messages"][0]["body"]) == 60_000
    )


async def test_history_pages_back_and_marks_nothing(team: Team) -> None:
    for number in range(5):
        await team.say(team.alice, "bob", body=str(number))

    newest = await team.call(team.bob, "chat_history", chat="alice", limit=2)
    older = await team.call(
        team.bob, "chat_history", chat="alice", limit=9, before=int(newest["next_cursor"])
    )

    assert (bodies(newest), bodies(older)) == (["3", "4"], ["0", "1", "2"])
    assert (await team.call(team.bob, "chat_pending"))["chats"][0]["unread"] == 5


async def test_writers_readers_and_leavers_never_deadlock(team: Team) -> None:
    """Any order of calls on overlapping chats ends; a 40P01 would raise."""
    people = [(team.alice, "alice"), (team.bob, "bob"), (team.carol, "carol")]
    await team.wait(team.alice, "bob", "carol")
    calls = []
    for _ in range(6):
        for caller, name in people:
            others = [other for _, other in people if other != name]
            calls += [
                team.wait(caller, *others),
                team.wait(caller, others[0]),
                team.call(caller, "chat_open", chat=others[0]),
                team.call(caller, "chat_listen"),
                team.call(caller, "notices"),
            ]

    await team.sql.race(calls)
    await asyncio.gather(*(team.call(caller, "chat_pending") for caller, _ in people))
