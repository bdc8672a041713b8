"""The leased worker: nothing lost, nothing taken twice, everything parked in the end is visible."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.sql.team.conftest import Team
from tests.support.sql import Refused

LAPSE = (
    "update private.outbox set locked_until = now() - interval '1 second' where lease is not null"
)
DUE = "update private.outbox set due_at = now() where status = 'pending'"


async def test_a_question_goes_to_every_human_once(team: Team) -> None:
    """Each human has one row; only who has a channel has one that waits for the worker."""
    await team.channel(team.ann)

    await team.escalate()

    [ann] = await team.outbox(team.ann)
    [dan] = await team.outbox(team.dan)
    assert (ann["status"], dan["status"]) == ("pending", "told")
    assert await team.outbox(team.alice) == []


async def test_the_worker_gets_what_it_needs_to_deliver(team: Team) -> None:
    made = await team.channel(team.ann, "webhook")
    await team.channel(team.ann, "email")
    asked = await team.escalate(options=["Postgres", "SQLite"])

    _, [row] = await team.lease()

    assert row["content"]["entity"] == {"type": "escalation", "id": asked["id"]}
    assert row["content"]["options"] == ["Postgres", "SQLite"]
    assert [c["type"] for c in row["channels"]] == ["webhook", "email"]
    assert row["channels"][0]["secret"] == made["secret"]
    assert row["channels"][1]["address"] == "owner-acme@example.com"


async def test_workers_at_once_never_lease_the_same_row(team: Team) -> None:
    await team.channel(team.ann)
    for n in range(20):
        await team.escalate(f"Question {n}")

    leased = await asyncio.gather(*(team.lease(limit=4) for _ in range(8)))

    ids = [row["id"] for _, rows in leased for row in rows]
    assert len(ids) == 20
    assert len(set(ids)) == 20


async def test_a_delivered_row_is_leased_no_more(team: Team) -> None:
    await team.channel(team.ann)
    await team.escalate()

    lease, [row] = await team.lease()
    settled = await team.settle(row, lease, ok=True)

    assert settled["status"] == "delivered"
    await team.sql.execute(DUE)
    assert (await team.lease())[1] == []


async def test_the_row_of_a_worker_that_died_is_leased_again_under_the_same_key(team: Team) -> None:
    await team.channel(team.ann)
    await team.escalate()

    _, [first] = await team.lease()
    assert (await team.lease())[1] == []
    await team.sql.execute(LAPSE)
    _, [second] = await team.lease()

    assert second["id"] == first["id"]
    assert second["answer_token"] == first["answer_token"]
    assert second["attempt"] == 2


async def test_a_lost_lease_settles_only_what_has_arrived(team: Team) -> None:
    """A slow worker's failure must not touch the row that another worker has by now."""
    await team.channel(team.ann)
    await team.escalate()
    old, [row] = await team.lease()
    await team.sql.execute(LAPSE)
    new, _ = await team.lease()

    late = await team.settle(row, old, ok=False, error="timeout")
    [stored] = await team.outbox(team.ann)
    assert late["late"]
    assert (stored["status"], stored["lease"]) == ("pending", str(new))

    await team.settle(row, old, ok=True)
    assert (await team.settle({**row, "channels": []}, new, ok=True))["status"] == "delivered"


async def test_only_the_channel_that_failed_is_tried_again(team: Team) -> None:
    await team.channel(team.ann, "webhook")
    await team.channel(team.ann, "slack")
    await team.escalate()
    lease, [row] = await team.lease()
    webhook, slack = row["channels"]

    results = [
        {"channel_id": webhook["id"], "ok": True},
        {"channel_id": slack["id"], "ok": False, "error": "500"},
    ]
    settled = await team.service("settle_outbox", id=UUID(row["id"]), lease=lease, results=results)

    assert settled["status"] == "pending"
    await team.sql.execute(DUE)
    _, [again] = await team.lease()
    assert [c["id"] for c in again["channels"]] == [slack["id"]]


async def test_pauses_grow_and_the_eighth_failure_parks(team: Team) -> None:
    await team.channel(team.ann)
    await team.escalate()
    pauses = []
    for _ in range(8):
        lease, [row] = await team.lease()
        settled = await team.settle(row, lease, ok=False, error="connection refused")
        if settled["status"] == "pending":
            pauses.append(
                await team.sql.value(
                    "select extract(epoch from due_at - now())::float8 from private.outbox"
                    " where status = 'pending'"
                )
            )
        await team.sql.execute(DUE)

    assert settled["status"] == "parked"
    expected = [15 * 2**n for n in range(7)]
    assert all(low - 2 <= p <= low * 1.26 for p, low in zip(pauses, expected, strict=True))
    assert (await team.lease())[1] == []


async def test_a_row_that_kills_every_worker_is_parked(team: Team) -> None:
    """No settlement ever comes; the eighth lease is the last."""
    await team.channel(team.ann)
    await team.escalate()
    for _ in range(8):
        assert len((await team.lease())[1]) == 1
        await team.sql.execute(LAPSE)

    assert (await team.lease())[1] == []
    [row] = (await team.call(team.ann, "list_outbox"))["deliveries"]
    assert (row["status"], row["attempts"]) == ("parked", 8)
    assert row["error"] == "The worker ended during every attempt"


async def test_parked_rows_are_seen_and_retried_by_humans_of_the_project_only(team: Team) -> None:
    await team.channel(team.ann)
    await team.escalate()
    lease, [row] = await team.lease()
    await team.settle(row, lease, ok=False, error="410 gone", permanent=True)

    with pytest.raises(Refused, match="human_only"):
        await team.call(team.bob, "list_outbox")
    assert (await team.call(team.eve, "list_outbox"))["deliveries"] == []
    assert await team.call(team.eve, "retry_outbox", ids=[UUID(row["id"])]) == {"retried": []}
    [seen] = (await team.call(team.dan, "list_outbox"))["deliveries"]
    assert (seen["status"], seen["error"]) == ("parked", "410 gone")

    assert await team.call(team.dan, "retry_outbox") == {"retried": [row["id"]]}
    assert len((await team.lease())[1]) == 1


async def test_a_channel_that_is_gone_is_switched_off(team: Team) -> None:
    keys = {"p256dh": "B" * 87, "auth": "a" * 22}
    await team.channel(team.ann, "web_push", config=keys)
    await team.escalate()
    lease, [row] = await team.lease()

    settled = await team.settle(row, lease, ok=False, error="410", gone=True, permanent=True)

    assert settled["status"] == "delivered"
    [channel] = (await team.call(team.ann, "list_channels"))["channels"]
    assert (channel["enabled"], channel["last_error"]) == (False, "410")


async def test_an_answered_question_is_not_sent_any_more(team: Team) -> None:
    await team.channel(team.ann)
    asked = await team.escalate()
    await team.call(team.dan, "answer_escalation", id=asked["id"], answer="Postgres")

    assert (await team.lease())[1] == []
    [answer] = [row for row in await team.outbox(team.alice) if row["kind"] == "answer"]
    assert answer["content"]["text"] == "Postgres"


async def test_mail_goes_outside_to_who_wants_it(team: Team) -> None:
    await team.channel(team.ann, kinds=["mail"])
    await team.call(team.alice, "send_mail", to=["@humans"], body="Lunch?", subject="Lunch")

    [row] = await team.outbox(team.ann, team.dan)
    assert (row["recipient_id"], row["kind"]) == (str(team.ann.id), "mail")


async def test_quiet_hours_hold_back_what_is_not_let_through(team: Team) -> None:
    now = await team.sql.value("select to_char(now() at time zone 'UTC', 'HH24:MI')")
    hour = int(now[:2])
    quiet = {"quiet_from": f"{hour:02}:00", "quiet_to": f"{(hour + 2) % 24:02}:00"}
    await team.channel(team.ann)
    await team.call(team.ann, "notify_settings", changes=quiet)

    await team.escalate()
    assert (await team.lease())[1] == []

    await team.call(team.ann, "notify_settings", changes={"urgent_breaks_quiet": True})
    await team.escalate("Another")
    assert len((await team.lease())[1]) == 1


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-01-10 21:59", "2026-01-10 21:59"),
        ("2026-01-10 22:00", "2026-01-11 07:00"),
        ("2026-01-11 06:59", "2026-01-11 07:00"),
        ("2026-01-11 07:00", "2026-01-11 07:00"),
    ],
)
async def test_quiet_hours_go_past_midnight_in_the_members_zone(
    team: Team, at: str, until: str
) -> None:
    changes = {"quiet_from": "22:00", "quiet_to": "07:00", "time_zone": "Europe/Berlin"}
    await team.call(team.ann, "notify_settings", changes=changes)

    found = await team.sql.value(
        "select (private.quiet_until($1, false, $2::text::timestamp at time zone 'Europe/Berlin')"
        " at time zone 'Europe/Berlin')::text",
        team.ann.id, at,
    )  # fmt: skip

    assert found == f"{until}:00"


async def test_an_unanswered_question_is_repeated_as_often_as_wanted(team: Team) -> None:
    await team.channel(team.ann)
    await team.call(
        team.ann, "notify_settings", changes={"remind_after_minutes": 10, "reminders": 2}
    )
    await team.escalate()

    for minutes in (5, 6, 10, 10, 10):
        await team.sql.execute(
            "update public.escalations set created_at = created_at - make_interval(mins => $1)",
            minutes,
        )
        await team.sql.execute("select private.remind_of_escalations()")
        await team.sql.execute("select private.remind_of_escalations()")

    subjects = [row["content"]["subject"] for row in await team.outbox(team.ann)]
    assert subjects == ["Which database?"] + ["Reminder: Which database?"] * 2
    assert len(await team.outbox(team.dan)) == 1


async def test_a_link_shows_and_then_answers_once_as_its_member(team: Team) -> None:
    await team.channel(team.ann)
    asked = await team.escalate(options=["Postgres", "SQLite"])
    _, [row] = await team.lease()
    token = row["answer_token"]

    for _ in range(2):
        shown = await team.service("show_answer_link", token=token)
        assert (shown["status"], shown["member"]) == ("pending", team.ann.name)
        assert "context" not in shown
    answered = await team.service("answer_by_link", token=token, option=2)

    assert (answered["status"], answered["answer"]) == ("answered", "SQLite")
    assert answered["closed_by"] == team.ann.actor
    assert answered["id"] == asked["id"]
    with pytest.raises(Exception, match="link_invalid"):
        await team.service("answer_by_link", token=token, option=1)


async def test_links_can_be_neither_guessed_nor_altered_nor_kept(team: Team) -> None:
    await team.channel(team.ann)
    await team.escalate()
    _, [row] = await team.lease()
    token = row["answer_token"]
    flipped = ("A" if token[0] != "A" else "B") + token[1:]

    for bad in (flipped, token[:-1], token + "A", "A" * 64, "", None, "'; select 1"):
        with pytest.raises(Exception, match="link_invalid"):
            await team.service("show_answer_link", token=bad)

    await team.sql.execute("update private.outbox set created_at = now() - interval '8 days'")
    with pytest.raises(Exception, match="link_invalid"):
        await team.service("answer_by_link", token=token, answer="yes")


async def test_a_link_of_a_removed_member_answers_nothing(team: Team) -> None:
    await team.channel(team.dan)
    await team.escalate()
    _, [row] = await team.lease()
    await team.call(team.ann, "remove_member", member_id=team.dan.id)

    with pytest.raises(Exception, match="link_invalid"):
        await team.service("answer_by_link", token=row["answer_token"], answer="yes")


async def test_the_relays_calls_are_not_for_users(team: Team) -> None:
    for fn, args in (
        ("lease_outbox", {}),
        ("settle_outbox", {"id": uuid4(), "lease": uuid4(), "results": []}),
        ("show_answer_link", {"token": "x"}),
        ("answer_by_link", {"token": "x"}),
    ):
        with pytest.raises(Exception, match="permission denied"):
            await team.call(team.ann, fn, **args)
