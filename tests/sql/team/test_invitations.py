"""A human is invited by e-mail: one row of the outbox each time, for one address, until revoked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.sql.team.conftest import Team
from tests.support.sql import Caller, Refused, Sql

ADA = "ada@example.com"
ROWS = "select to_jsonb(o) as row from private.outbox as o where kind = 'invitation'"


async def invite(team: Team, email: str = ADA, **args: Any) -> dict[str, Any]:
    return await team.call(team.ann, "create_invite", kind="member", email=email, **args)


async def mails(sql: Sql) -> list[dict[str, Any]]:
    return [row["row"] for row in await sql.fetch(f"{ROWS} order by created_at")]


async def expire(team: Team) -> None:
    await team.sql.execute("update public.invites set expires_at = now() - interval '1 s'")


async def test_an_invitation_is_one_mail_to_one_address(team: Team) -> None:
    made = await invite(team, " Ada@Example.com", role="admin")

    _, [row] = await team.lease()
    assert row["channels"] == [
        {"id": made["id"], "type": "email", "address": ADA, "secret": None, "config": {}}
    ]
    assert row["recipient"] == {"kind": "invitee", "id": made["id"], "name": ADA}
    assert row["invite_token"] == made["token"]
    assert row["answer_token"] is None
    text = "owner-acme@example.com invites you to the project acme, as admin."
    assert row["content"]["text"] == text
    assert len(await mails(team.sql)) == 1


async def test_the_token_is_stored_nowhere(team: Team) -> None:
    made = await invite(team)

    stored = await team.sql.fetch(
        "select to_jsonb(i)::text as row from public.invites as i"
        " union all select to_jsonb(o)::text from private.outbox as o"
        " union all select to_jsonb(e)::text from public.events as e"
    )
    assert not [row for row in stored if made["token"] in row["row"]]


async def test_a_transaction_that_fails_mails_nothing(team: Team) -> None:
    async with (await team.sql.pool()).acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        async with team.sql.acting_on(connection, team.ann):
            query = "select public.create_invite(p_kind => 'member', p_email => $1)"
            assert (await connection.fetchval(query, ADA))["token"]
        await transaction.rollback()

    assert await mails(team.sql) == []
    assert await team.sql.events(team.project, "invite.created") == []


async def test_invitations_at_once_are_one(team: Team) -> None:
    """The second gets told what to do instead."""
    outcomes = await team.sql.race(invite(team) for _ in range(8))

    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["conflict"] * 7
    assert len(await mails(team.sql)) == 1
    hint = "bdh :members resend ada@example.com, or bdh :members uninvite ada@example.com"
    with pytest.raises(Refused) as again:
        await invite(team)
    assert again.value.hint == hint


async def test_only_who_reads_that_mailbox_can_accept(team: Team) -> None:
    made = await invite(team)
    unverified = await team.sql.user("ada")
    await team.sql.execute(
        "update auth.users set email_confirmed_at = null where id = $1", unverified.user_id
    )

    for caller, code in ((team.eve, "invite_invalid"), (unverified, "verified_email_required")):
        with pytest.raises(Refused, match=code):
            await team.call(caller, "accept_invite", token=made["token"])
    await team.sql.execute(
        "update auth.users set email_confirmed_at = now() where id = $1", unverified.user_id
    )
    accepted = await team.call(unverified, "accept_invite", token=made["token"])

    assert (accepted["role"], accepted["project"]["slug"]) == ("member", "acme")
    with pytest.raises(Refused, match="invite_invalid"):
        await team.call(await team.sql.user(), "accept_invite", token=made["token"])


@pytest.mark.parametrize("how", ["revoked", "accepted", "expired", "inviter left"])
async def test_a_mail_that_waits_is_not_sent_when_the_invite_is_gone(team: Team, how: str) -> None:
    made = await invite(team)
    if how == "revoked":
        await team.call(team.ann, "revoke_invite", invite_id=made["id"])
    elif how == "accepted":
        ada = await team.sql.user("ada")
        await team.call(ada, "accept_invite", token=made["token"])
    elif how == "expired":
        await expire(team)
    else:
        await team.call(team.ann, "transfer_ownership", member_id=team.dan.id)
        await team.call(team.ann, "leave_project")

    _, rows = await team.lease()

    assert [row for row in rows if row["channels"]] == []
    assert [row["status"] for row in await mails(team.sql)] == ["delivered"]


async def test_resending_mails_the_same_token_once_more(team: Team) -> None:
    made = await invite(team, expires_seconds=60)
    await expire(team)

    again = await team.call(team.ann, "resend_invite", invite_id=made["id"])

    assert "token" not in again
    _, rows = await team.lease()
    assert [row["invite_token"] for row in rows] == [made["token"]] * 2
    assert len({row["id"] for row in rows}) == 2
    ada = await team.sql.user("ada")
    assert (await team.call(ada, "accept_invite", token=made["token"]))["role"] == "member"
    with pytest.raises(Refused, match="not_found"):
        await team.call(team.ann, "resend_invite", invite_id=made["id"])


async def test_an_address_is_invited_anew_after_an_invitation_has_ended(team: Team) -> None:
    first = await invite(team)
    await expire(team)
    second = await invite(team)
    await team.call(team.ann, "revoke_invite", invite_id=second["id"])
    third = await invite(team)

    assert len({first["token"], second["token"], third["token"]}) == 3


async def test_nobody_floods_a_mailbox_or_many(team: Team) -> None:
    """Whatever the project: three an hour to an address, twenty an hour by a human."""
    made = await invite(team)
    for _ in range(2):
        await team.call(team.ann, "resend_invite", invite_id=made["id"])
    other = await team.sql.project("third")
    for caller, fn, args in (
        (team.ann, "resend_invite", {"invite_id": made["id"]}),
        (other.owner, "create_invite", {"kind": "member", "email": ADA}),
    ):
        with pytest.raises(Refused, match="too_many_invitations") as refused:
            await team.call(caller, fn, **args)
        assert refused.value.status == 429
    outcomes = await team.sql.race(invite(team, f"user{n}@example.org") for n in range(24))
    codes = [one.code for one in outcomes if isinstance(one, Refused)]
    assert codes == ["too_many_invitations"] * 7
    assert len(await mails(team.sql)) == 20


@pytest.mark.parametrize(
    ("email", "args", "code"),
    [
        ("no address", {}, "bad_email"),
        ("a@b@c", {}, "bad_email"),
        ("<x@y.z>", {}, "bad_email"),
        (ADA, {"uses": 2}, "bad_argument"),
        ("dan@example.com", {}, "conflict"),
    ],
)
async def test_what_is_no_invitation(
    team: Team, email: str, args: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        await invite(team, email, **args)
    assert await mails(team.sql) == []


async def test_only_owners_and_admins_invite_humans(team: Team) -> None:
    made = await invite(team)

    for caller, code in ((team.dan, "role_required"), (team.alice, "human_only")):
        for fn, args in (
            ("create_invite", {"kind": "member", "email": "x@y.z"}),
            ("resend_invite", {"invite_id": made["id"]}),
            ("revoke_invite", {"invite_id": made["id"]}),
        ):
            with pytest.raises(Refused, match=code):
                await team.call(caller, fn, **args)
    with pytest.raises(Refused, match="not_found"):
        await team.call(team.eve, "resend_invite", invite_id=made["id"])
    assert len(await mails(team.sql)) == 1


async def test_humans_see_what_became_of_the_mail(team: Team) -> None:
    await invite(team)
    lease, [row] = await team.lease()
    await team.settle(row, lease, ok=False, error="no mail server", permanent=True)

    for caller in (team.ann, team.dan):
        [one] = (await team.call(caller, "list_invites"))["invites"]
        assert (one["email"], one["kind"], one["uses"]) == (ADA, "member", 1)
        assert one["delivery"] == {"status": "parked", "attempts": 1, "error": "no mail server"}
        assert one["created_by"] == team.ann.actor
    assert (await team.call(team.eve, "list_invites"))["invites"] == []
    with pytest.raises(Refused, match="human_only"):
        await team.call(team.alice, "list_invites")
    [parked] = (await team.call(team.ann, "list_outbox"))["deliveries"]
    assert parked["subject"] == "Invitation to the project acme"


async def test_members_accepting_at_once_stay_within_the_plan(sql: Sql) -> None:
    """Sixteen invited, each by a mail of its own, into two places."""
    project = await sql.project("small", plan="free")
    people: list[tuple[Caller, str]] = []
    for n in range(16):
        user = await sql.user(f"guest{n}")
        made = await sql.call(
            project.owner, "create_invite", kind="member", email=f"guest{n}@example.com"
        )
        people.append((user, made["token"]))

    outcomes = await asyncio.gather(
        *(sql.call(user, "accept_invite", token=token) for user, token in people),
        return_exceptions=True,
    )

    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["limit_exceeded"] * 14
    members = "select count(*) from public.members where project_id = $1"
    assert await sql.value(members, project.id) == 3
