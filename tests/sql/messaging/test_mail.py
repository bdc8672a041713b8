"""Mail: to whom it goes, who may read it, how far it got."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.messaging.conftest import Team, refused

HOSTILE = (
    "`rm -rf /` $(id) $HOME \\ 'quoted' \"double\" %s {}\n\u05e9\u05dc"
    " \u202e\u0007\x1b[31m 🎉 </script>"
)


async def test_a_mail_reaches_aliases_roles_humans_and_names(team: Team) -> None:
    sent = await team.mail(team.alice, "bob", "@dev", "Ann Lee", subject="Plan")

    assert [r["name"] for r in sent["recipients"]] == ["Ann Lee", "bob-backend", "carol-dev"]
    assert sent["sender"]["short"] == "alice"


async def test_a_member_is_found_by_email(team: Team) -> None:
    sent = await team.mail(team.alice, "ann lee@EXAMPLE.com")

    assert [r["id"] for r in sent["recipients"]] == [str(team.ann.id)]


async def test_all_are_the_agents_but_the_sender(team: Team) -> None:
    sent = await team.mail(team.alice, "@all")

    assert [r["name"] for r in sent["recipients"]] == ["bob-backend", "carol-dev"]


@pytest.mark.parametrize(
    ("to", "code", "status"),
    [
        (["nobody"], "not_found", 404),
        (["@nobody"], "not_found", 404),
        (["mallory"], "not_found", 404),
        (["alice"], "no_recipient", 400),
        ([], "no_recipient", 400),
    ],
)
async def test_a_mail_to_nobody_is_refused(
    team: Team, to: list[str], code: str, status: int
) -> None:
    await refused(team.mail(team.alice, *to), code, status)


async def test_an_ambiguous_alias_lists_who_is_meant(team: Team) -> None:
    await team.sql.workspace(team.project, "bob-frontend")

    refusal = await refused(team.mail(team.alice, "bob"), "ambiguous_alias", 409)

    assert refusal.details == {"candidates": ["bob-backend", "bob-frontend"]}


async def test_hostile_text_arrives_as_sent(team: Team) -> None:
    sent = await team.mail(team.alice, "bob", body=HOSTILE, subject=HOSTILE)

    opened = await team.call(team.bob, "open_mail", id=sent["id"])

    assert (opened["subject"], opened["body"]) == (HOSTILE, HOSTILE)


async def test_the_banner_strips_what_moves_a_terminal(team: Team) -> None:
    await team.mail(team.alice, "bob", subject=HOSTILE)

    (text,) = await team.banner(team.bob)

    assert text.startswith('MAIL from alice: "`rm -rf /` $(id)')
    assert not any(ord(c) < 32 or c in "\u202e\x1b" for c in text)


async def test_secrets_are_not_stored(team: Team) -> None:
    token = "ghp_" + "a1B2" * 9
    sent = await team.mail(team.alice, "bob", body=f"use {token} please")

    assert token not in sent["body"]
    assert sent["body"].startswith("use ")


async def test_receipts_go_from_stored_to_shown_to_read_to_acked(team: Team) -> None:
    sent = await team.mail(team.alice, "bob", ack=True)

    async def receipt() -> list[bool]:
        seen = await team.call(team.alice, "open_mail", id=sent["id"])
        (copy,) = seen["recipients"]
        return [copy[k] is not None for k in ("stored_at", "shown_at", "read_at", "acked_at")]

    assert await receipt() == [True, False, False, False]
    await team.banner(team.bob, shown=[f"mail:{sent['id']}"])
    assert await receipt() == [True, True, False, False]
    await team.call(team.bob, "open_mail", id=sent["id"][:8])
    assert await receipt() == [True, True, True, False]
    await team.call(team.bob, "ack_mail", ids=[sent["id"]])
    assert await receipt() == [True, True, True, True]


async def test_the_first_time_of_a_receipt_stays(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")
    first = await team.call(team.bob, "ack_mail", ids=[sent["id"]])
    await team.age("public.mail_recipients", "acked_at", "1 hour")
    before = await team.sql.value("select acked_at from public.mail_recipients")

    again = await team.call(team.bob, "ack_mail", ids=[sent["id"]])

    assert (first["acked"], again["acked"]) == (1, 0)
    assert await team.sql.value("select acked_at from public.mail_recipients") == before


async def test_only_a_recipient_acknowledges(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")

    await refused(team.call(team.alice, "ack_mail", ids=[sent["id"]]), "not_recipient", 403)
    await refused(team.call(team.carol, "ack_mail", ids=[sent["id"]]), "not_found", 404)


async def test_unread_and_urgent_come_first(team: Team) -> None:
    for priority in ("low", "urgent", "normal", "high", "urgent"):
        await team.mail(team.alice, "bob", priority=priority, subject=priority)
    read = await team.mail(team.alice, "bob", priority="urgent", subject="read")
    await team.call(team.bob, "open_mail", id=read["id"])

    listed = await team.call(team.bob, "list_mail")

    subjects = [m["subject"] for m in listed["mail"]]
    assert subjects == ["urgent", "urgent", "high", "normal", "low", "read"]
    assert listed["unread"] == 5


async def test_pages_cover_every_mail_once(team: Team) -> None:
    for number in range(7):
        await team.mail(team.alice, "bob", subject=str(number))
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await team.call(team.bob, "list_mail", limit=3, cursor=cursor)
        found += [m["subject"] for m in page["mail"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == ["6", "5", "4", "3", "2", "1", "0"]


async def test_a_reply_goes_back_into_the_thread(team: Team) -> None:
    asked = await team.mail(team.alice, "bob", "carol", subject="Schema?")
    answer = await team.call(team.bob, "send_mail", body="yes", in_reply_to=asked["id"][:8])

    assert [r["name"] for r in answer["recipients"]] == ["alice-dev"]
    assert (answer["subject"], answer["thread_id"]) == ("Re: Schema?", asked["id"])
    thread = await team.call(team.alice, "list_mail", box="all", thread_id=asked["id"])
    assert len(thread["mail"]) == 2
    # Carol was not on the reply.
    thread = await team.call(team.carol, "list_mail", box="all", thread_id=asked["id"])
    assert len(thread["mail"]) == 1


async def test_nobody_writes_into_a_strangers_thread(team: Team) -> None:
    asked = await team.mail(team.alice, "bob")

    await refused(team.mail(team.carol, "bob", thread_id=asked["id"]), "not_found", 404)
    await refused(team.mail(team.carol, "bob", in_reply_to=asked["id"]), "not_found", 404)


async def test_participants_and_humans_read_it_and_nobody_else(team: Team) -> None:
    sent = await team.mail(team.alice, "bob", body="the plan")
    query = "select count(*) from public.mail as m join public.mail_recipients as r on true"

    for reader in (team.alice, team.bob, team.ann, team.project.owner):
        assert (await team.sql.rows(reader, query))[0][0] == 1
        assert (await team.call(reader, "open_mail", id=sent["id"]))["body"] == "the plan"
    for stranger in (team.carol, team.mallory, team.eve):
        assert (await team.sql.rows(stranger, query))[0][0] == 0
        await refused(team.call(stranger, "open_mail", id=sent["id"]), "not_found", 404)
        assert (await team.call(stranger, "list_mail", box="all"))["mail"] == []
        assert (await team.call(stranger, "search_mail", query="plan"))["mail"] == []


async def test_the_log_tells_that_there_was_mail_not_what(team: Team) -> None:
    await team.mail(team.alice, "bob", body="s3cret", subject="s3cret")

    (event,) = await team.sql.events(team.project, "mail.sent")

    assert event["actor"] == team.alice.actor
    assert "s3cret" not in str(event)


async def test_a_human_reading_along_leaves_no_receipt(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")
    await team.call(team.ann, "open_mail", id=sent["id"])

    assert await team.sql.value("select read_at from public.mail_recipients") is None


async def test_recipients_do_not_see_each_others_receipts(team: Team) -> None:
    sent = await team.mail(team.alice, "bob", "carol")
    await team.call(team.bob, "open_mail", id=sent["id"])

    seen = await team.call(team.carol, "open_mail", id=sent["id"])

    by_name = {r["name"]: r["read_at"] for r in seen["recipients"]}
    assert by_name["bob-backend"] is None
    assert by_name["carol-dev"] is not None


async def test_a_sender_cannot_be_forged(team: Team) -> None:
    """No argument names the sender, and the tables take no rows."""
    for statement in (
        "insert into public.mail (project_id, thread_id, sender, participants, subject, body)"
        f" values ('{team.project.id}', gen_random_uuid(), '{{}}', '{{}}', '', '')",
        "update public.mail_recipients set acked_at = now()",
        "delete from public.mail",
        f"select private.deliver_mail('{team.project.id}', '{{}}', '[]', 'x', 'y')",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await team.sql.rows(team.alice, statement)


async def test_search_finds_words_and_phrases(team: Team) -> None:
    await team.mail(team.alice, "bob", subject="Migration", body="drop the legacy table on friday")
    await team.mail(team.alice, "bob", body="lunch on friday")

    async def found(query: str) -> list[Any]:
        return [
            m["subject"] for m in (await team.call(team.bob, "search_mail", query=query))["mail"]
        ]

    assert await found("friday") == ["lunch on friday", "Migration"]
    assert await found('"legacy table"') == ["Migration"]
    assert await found("friday -lunch") == ["Migration"]
    await refused(found("!!"), "empty_query", 400)


async def test_a_repeated_key_sends_once(team: Team) -> None:
    sent = await team.sql.race(team.mail(team.alice, "bob", idempotency_key="k1") for _ in range(8))

    assert len({mail["id"] for mail in sent}) == 1
    assert await team.sql.value("select count(*) from public.mail") == 1


async def test_limits_and_priorities_are_checked(team: Team) -> None:
    await refused(team.mail(team.alice, "bob", body="x" * 200_001), "too_long", 400)
    await refused(team.mail(team.alice, "bob", body=" "), "empty_message", 400)
    await refused(team.mail(team.alice, "bob", priority="asap"), "bad_priority", 400)
    await refused(team.call(team.bob, "list_mail", cursor="x"), "bad_cursor", 400)
    await refused(team.call(team.bob, "list_mail", box="x"), "bad_box", 400)


async def test_a_long_hostile_body_is_stored_and_indexed(team: Team) -> None:
    body = " ".join(f"w{n}" for n in range(30_000))

    sent = await team.mail(team.alice, "bob", body=body)

    assert sent["body"] == body


async def test_mail_of_a_removed_workspace_stays_readable_for_humans(team: Team) -> None:
    sent = await team.mail(team.alice, "bob")
    await team.sql.execute(
        "update public.workspaces set removed_at = now() where id = $1", team.bob.id
    )

    await refused(team.call(team.bob, "open_mail", id=sent["id"]), "workspace_gone", 410)
    assert (await team.sql.rows(team.bob, "select * from public.mail")) == []
    refusal = await refused(team.mail(team.alice, "bob-backend"), "not_found", 404)
    assert refusal.message == "bob-backend was removed from the project"
    assert (await team.call(team.ann, "open_mail", id=sent["id"]))["id"] == sent["id"]


async def test_waking_is_told_honestly(team: Team) -> None:
    async def learns() -> str:
        sent = await team.mail(team.alice, "bob")
        return str(sent["wake"][0]["learns"])

    assert await learns() == "next_command"
    await team.call(team.bob, "notices", source="hook")
    assert await learns() == "next_tool_call"
    await team.call(team.bob, "attend", seconds=60)
    assert await learns() == "now"
    await team.call(team.bob, "attend", seconds=0)
    assert await learns() == "next_tool_call"
    await team.sql.seen(team.bob, "2 hours")
    assert await learns() == "when_back"


async def test_a_blocked_agent_does_not_read_mail_at_once(team: Team) -> None:
    await team.wait(team.bob, "carol")

    sent = await team.mail(team.alice, "bob")

    assert sent["wake"][0]["learns"] == "next_command"


async def test_the_system_sends_mail_that_nobody_answers(team: Team) -> None:
    mail_id = await team.sql.value(
        "select private.deliver_mail($1, private.system_actor(), $2, 'bob took over bd-1', 'why')",
        team.project.id, [{"kind": "workspace", "id": str(team.alice.id)}],
    )  # fmt: skip

    opened = await team.call(team.alice, "open_mail", id=str(mail_id))

    assert opened["sender"]["name"] == "bdh"
    await refused(
        team.call(team.alice, "send_mail", body="?", in_reply_to=str(mail_id)), "no_recipient", 400
    )
