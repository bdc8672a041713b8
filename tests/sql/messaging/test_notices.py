"""The banner: what it says first, how often, and that looking marks nothing."""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.sql.messaging.conftest import Team
from tests.support.sql import Caller


async def notices(team: Team, caller: Caller, **args: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await team.call(caller, "notices", **args))["notices"]
    return found


async def test_nothing_waits_for_a_newcomer(team: Team) -> None:
    assert await notices(team, team.alice) == []


async def test_a_blocked_sender_comes_first_with_the_exact_command(team: Team) -> None:
    await team.mail(team.alice, "bob", priority="urgent", subject="prod is down")
    await team.say(team.carol, "bob", body="hi")
    await team.wait(team.alice, "bob")

    found = await notices(team, team.bob)

    assert [(n["kind"], n["urgent"]) for n in found] == [
        ("waiting", True),
        ("chat", False),
        ("mail", True),
    ]
    assert found[0]["text"] == "WAITING: alice is waiting for you"
    assert found[0]["command"] == "bdh :aweb chat open alice"
    assert found[0]["from"] == {**team.alice.actor, "short": "alice"}
    assert found[1]["text"] == 'CHAT from carol: "hi"'
    assert found[2]["text"] == 'URGENT MAIL from alice: "prod is down"'


async def test_looking_marks_nothing(team: Team) -> None:
    await team.mail(team.alice, "bob")

    assert await notices(team, team.bob) == await notices(team, team.bob) != []
    assert await team.sql.value("select shown_at from public.mail_recipients") is None


async def test_what_was_shown_comes_again_after_1_5_15_60_minutes(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")
    item = f"mail:{sent['id']}"

    for minutes in (1, 5, 15, 60, 60):
        assert await notices(team, team.bob, shown=[item]) == []
        await team.age("private.notice_log", "due_at", f"{minutes * 60 - 1} seconds")
        assert await notices(team, team.bob) == []
        await team.age("private.notice_log", "due_at", "1 second")
        assert len(await notices(team, team.bob)) == 1


async def test_sessions_are_told_separately(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")

    assert await notices(team, team.bob, session="one", shown=[f"mail:{sent['id']}"]) == []
    assert len(await notices(team, team.bob, session="two")) == 1


async def test_a_new_message_is_said_although_the_chat_was(team: Team) -> None:
    await team.say(team.alice, "bob", body="one")
    (first,) = await notices(team, team.bob)
    await notices(team, team.bob, shown=[first["id"]])

    await team.say(team.alice, "bob", body="two")

    (second,) = await notices(team, team.bob)
    assert second["text"] == 'CHAT: 2 unread, last from alice: "two"'


async def test_nobody_hears_of_their_own_doing(team: Team) -> None:
    await team.mail(team.alice, "bob", "carol")
    await team.wait(team.alice, "bob")
    await team.call(team.ann, "escalate", subject="?", situation="?")

    assert await notices(team, team.alice) == []
    assert await notices(team, team.ann) == []


async def test_shown_ids_of_others_change_nothing(team: Team) -> None:
    mail = await team.mail(team.alice, "bob")
    chat = await team.say(team.alice, "bob")
    ids = [
        f"mail:{mail['id']}",
        f"chat:{chat['session_id']}:1",
        "mail:x",
        "'; drop table",
        "chat:1:2",
    ]

    await notices(team, team.carol, shown=ids)

    assert len(await notices(team, team.bob)) == 2
    assert await team.sql.value("select shown_at from public.mail_recipients") is None


async def test_a_group_is_opened_by_its_id(team: Team) -> None:
    sent = await team.say(team.alice, "bob", "carol")

    (notice,) = await notices(team, team.bob)

    assert notice["command"] == f"bdh :aweb chat open {sent['session_id'][:8]}"
    opened = await team.call(team.bob, "chat_open", chat=notice["command"].split()[-1])
    assert len(opened["messages"]) == 1


async def test_a_flood_is_cut_but_counted(team: Team) -> None:
    for number in range(30):
        await team.mail(team.alice, "bob", subject=str(number))

    found = await team.call(team.bob, "notices")

    assert len(found["notices"]) == 6
    assert found["unread_mail"] == 30
    shown = [n["id"] for n in found["notices"]]
    more = await notices(team, team.bob, shown=shown)
    assert len(more) == 6
    assert not {n["id"] for n in more} & set(shown)


async def test_a_posted_notice_is_said_once(team: Team) -> None:
    post = """select private.post_notice($1, 'workspace', $2, 'claim_taken', 'bob took bd-1',
        'bdh show bd-1', 'k')"""
    for _ in range(2):
        await team.sql.value(post, team.project.id, team.alice.id)

    (notice,) = await notices(team, team.alice)

    assert (notice["kind"], notice["command"]) == ("claim_taken", "bdh show bd-1")
    assert await notices(team, team.alice, shown=[notice["id"]], session="x") == []
    assert await notices(team, team.alice, session="y") == []


async def test_notices_are_not_billed_but_messages_are(team: Team) -> None:
    calls = "select count(*) from private.api_calls where project_id = $1"
    await notices(team, team.alice)
    await team.call(team.alice, "list_mail")
    assert await team.sql.value(calls, team.project.id) == 0

    await team.mail(team.alice, "bob")

    assert await team.sql.value(calls, team.project.id) == 1


async def test_it_is_quick(team: Team) -> None:
    """It runs with every command: 2 ms with little to say (product.md §3); generous here for CI."""
    await team.mail(team.alice, "bob")
    await team.wait(team.carol, "bob")
    times = []
    async with team.sql.acting(team.bob) as connection:
        for _ in range(60):
            start = time.perf_counter()
            await connection.fetchval("select public.notices(p_session => 's')")
            times.append((time.perf_counter() - start) * 1000)

    assert statistics.median(times[10:]) < 10
