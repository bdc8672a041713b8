"""Escalations: one answer, by a human, in time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.messaging.conftest import Team, refused
from tests.support.sql import Caller, Refused


async def ask(team: Team, caller: Caller | None = None, **args: Any) -> dict[str, Any]:
    given = {"subject": "Drop the table?", "situation": "It blocks the migration.", **args}
    return await team.call(caller or team.alice, "escalate", **given)


async def test_the_first_of_sixteen_answers_wins(team: Team) -> None:
    asked = await ask(team)
    humans = [team.ann, team.project.owner]

    outcomes = await team.sql.race(
        team.call(humans[n % 2], "answer_escalation", id=asked["id"], answer=f"answer {n}")
        for n in range(16)
    )

    (winner,) = [o for o in outcomes if not isinstance(o, Refused)]
    losers = [o for o in outcomes if isinstance(o, Refused)]
    assert {(o.code, o.status) for o in losers} == {("already_answered", 409)}
    assert {o.details["answer"] for o in losers} == {winner["answer"]}
    assert losers[0].details["answered_by"] == winner["closed_by"]
    assert len(await team.sql.events(team.project, "escalation.answered")) == 1


@pytest.mark.parametrize(
    ("answer", "option", "stored"),
    [("yes", None, ("Yes", 1)), (None, 2, ("No", 2)), ("maybe", None, ("maybe", None))],
)
async def test_options_are_matched_by_text_or_number(
    team: Team, answer: str | None, option: int | None, stored: tuple[str, int | None]
) -> None:
    asked = await ask(team, options=["Yes", " No ", " "])
    assert asked["options"] == ["Yes", "No"]

    answered = await team.call(
        team.ann, "answer_escalation", id=asked["id"][:8], answer=answer, option=option
    )

    assert (answered["answer"], answered["option"]) == stored
    assert answered["closed_by"] == team.ann.actor


async def test_only_humans_of_the_project_answer(team: Team) -> None:
    asked = await ask(team)

    for agent in (team.alice, team.bob):
        await refused(
            team.call(agent, "answer_escalation", id=asked["id"], answer="x"), "human_only", 403
        )
    await refused(
        team.call(team.eve, "answer_escalation", id=asked["id"], answer="x"), "not_found", 404
    )
    await refused(
        team.call(team.ann, "answer_escalation", id=asked["id"], answer=" "), "empty_message", 400
    )
    await refused(
        team.call(team.ann, "answer_escalation", id=asked["id"], option=1), "bad_option", 400
    )


async def test_the_asker_and_the_humans_see_it_and_nobody_else(team: Team) -> None:
    asked = await ask(team)
    query = "select * from public.escalations"

    for reader in (team.alice, team.ann):
        assert len(await team.sql.rows(reader, query)) == 1
        assert (await team.call(reader, "show_escalation", id=asked["id"][:8]))["id"] == asked["id"]
    for stranger in (team.bob, team.mallory, team.eve):
        assert await team.sql.rows(stranger, query) == []
        assert (await team.call(stranger, "list_escalations"))["escalations"] == []
        for fn in ("show_escalation", "withdraw_escalation"):
            await refused(team.call(stranger, fn, id=asked["id"]), "not_found", 404)


async def test_the_database_attaches_what_the_agent_was_doing(team: Team) -> None:
    await team.sql.execute(
        "update public.workspaces set branch = 'fix/login' where id = $1", team.alice.id
    )
    for number in range(6):
        await team.mail(team.alice, "bob", body=f"mail {number}")
        await team.say(team.bob, "alice", body=f"chat {number}")
    await team.say(team.bob, "carol", body="not hers")

    context = (await ask(team))["context"]

    assert context["branch"] == "fix/login"
    assert len(context["messages"]) == 10
    assert context["messages"][-1]["text"] == "chat 5"
    assert "not hers" not in str(context)


async def test_the_claims_of_the_asker_are_attached(team: Team) -> None:
    bead = await team.call(team.alice, "create_bead", title="Fix the login")
    await team.call(team.alice, "claim_bead", bead_id=bead["id"])

    context = (await ask(team))["context"]

    assert [claim["bead_id"] for claim in context["claims"]] == [bead["id"]]


async def test_it_expires_with_one_event(team: Team) -> None:
    asked = await ask(team, expires_seconds=60)
    await team.age("public.escalations", "expires_at", "61 seconds")

    late = team.call(team.ann, "answer_escalation", id=asked["id"], answer="late")
    await refused(late, "escalation_closed", 409)
    await team.sql.execute("update private.schedules set last_run = null")
    await team.sql.race(team.sql.value("select private.run_schedules()") for _ in range(4))
    await team.sql.execute("update private.schedules set last_run = null")
    await team.sql.value("select private.run_schedules()")

    assert len(await team.sql.events(team.project, "escalation.expired")) == 1
    assert (await team.call(team.alice, "show_escalation", id=asked["id"]))["status"] == "expired"
    assert await team.banner(team.alice) == [
        'Your escalation "Drop the table?" has expired without an answer'
    ]


async def test_the_answer_stays_in_the_banner_until_shown(team: Team) -> None:
    asked = await ask(team)
    assert await team.banner(team.ann) == ['ESCALATION from alice: "Drop the table?"']
    await team.call(team.ann, "answer_escalation", id=asked["id"], answer="no")

    assert await team.banner(team.ann) == []
    for _ in range(2):
        assert await team.banner(team.alice) == ['ANSWERED by Ann Lee: "Drop the table?": "no"']
    assert await team.banner(team.alice, shown=[f"escalation:{asked['id']}"], session="s1") == []
    assert await team.banner(team.alice, session="s2") == []


async def test_nobody_else_marks_the_answer_as_shown(team: Team) -> None:
    asked = await ask(team)
    await team.call(team.ann, "answer_escalation", id=asked["id"], answer="no")

    await team.banner(team.bob, shown=[f"escalation:{asked['id']}"])

    assert len(await team.banner(team.alice)) == 1


async def test_the_answer_is_pushed_to_the_asker(team: Team) -> None:
    asked = await ask(team)
    await team.call(team.ann, "answer_escalation", id=asked["id"], answer="no", note="too risky")

    pushed = await team.sql.fetch(
        "select payload from realtime.messages where topic = $1 and event = 'escalation'",
        f"workspace:{team.alice.id}",
    )
    assert [row["payload"]["answer"] for row in pushed] == ["no"]
    assert (await team.call(team.alice, "show_escalation", id=asked["id"]))["note"] == "too risky"


async def test_it_can_be_withdrawn_by_asker_or_human(team: Team) -> None:
    mine, theirs = await ask(team), await ask(team)

    assert (await team.call(team.alice, "withdraw_escalation", id=mine["id"]))[
        "status"
    ] == "withdrawn"
    assert (await team.call(team.ann, "withdraw_escalation", id=theirs["id"]))[
        "status"
    ] == "withdrawn"
    await refused(
        team.call(team.ann, "answer_escalation", id=mine["id"], answer="x"),
        "escalation_closed",
        409,
    )
    # Nobody is told of their own change.
    assert await team.banner(team.alice) == ['Your escalation "Drop the table?" was withdrawn']


async def test_a_removed_workspaces_question_is_withdrawn(team: Team) -> None:
    asked = await ask(team)
    await team.sql.execute(
        "update public.workspaces set removed_at = now() where id = $1", team.alice.id
    )

    assert (await team.call(team.ann, "show_escalation", id=asked["id"]))["status"] == "withdrawn"


async def test_the_status_names_the_question_to_all(team: Team) -> None:
    await ask(team)

    status = await team.call(team.bob, "team_status")

    assert [e["subject"] for e in status["escalations"]] == ["Drop the table?"]
    assert "situation" not in status["escalations"][0]


async def test_limits_are_checked_and_a_key_asks_once(team: Team) -> None:
    await refused(ask(team, subject=" "), "empty_message", 400)
    await refused(ask(team, expires_seconds=0), "bad_time", 400)
    await refused(ask(team, options=["x"] * 21), "too_many", 400)
    first, second = await ask(team, idempotency_key="k"), await ask(team, idempotency_key="k")
    assert first["id"] == second["id"]


async def test_the_list_pages(team: Team) -> None:
    for number in range(5):
        await ask(team, subject=str(number))

    first = await team.call(team.ann, "list_escalations", limit=3)
    rest = await team.call(team.ann, "list_escalations", limit=3, cursor=first["next_cursor"])

    assert [e["subject"] for e in first["escalations"] + rest["escalations"]] == list("43210")
    assert rest["next_cursor"] is None


async def test_a_broken_schedule_does_not_stop_the_others(team: Team) -> None:
    await team.sql.execute("update private.schedules set last_run = null")
    await team.sql.execute(
        "insert into private.schedules (name, every, function)"
        " values ('broken', '1 s', 'private.missing')"
    )
    await ask(team, expires_seconds=1)
    await team.age("public.escalations", "expires_at", "2 seconds")

    await team.sql.value("select private.run_schedules()")

    assert len(await team.sql.events(team.project, "escalation.expired")) == 1
    error = await team.sql.value(
        "delete from private.schedules where name = 'broken' returning last_error"
    )
    assert "missing" in error
