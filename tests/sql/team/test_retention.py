"""Old history goes in small steps; nothing that is alive or unread goes with it."""

from __future__ import annotations

from tests.sql.team.conftest import Team

SWEEPS = ("events", "claims", "mail", "chats", "traces")


async def sweep(team: Team) -> None:
    for name in SWEEPS:
        await team.sql.execute(f"select private.sweep_{name}()")


async def age(team: Team, *columns: str) -> None:
    """Move the times of rows 400 days into the past: beyond every plan's history."""
    for column in columns:
        table, _, name = column.rpartition(".")
        await team.sql.execute(f"update {table} set {name} = {name} - interval '400 days'")


async def test_old_history_goes_and_new_history_stays(team: Team) -> None:
    bead = await team.bead()
    await team.call(team.alice, "claim_bead", bead_id=bead)
    await team.call(team.alice, "close_beads", ids=[bead])
    await age(team, "public.events.at", "public.claims.claimed_at", "public.claims.ended_at")
    await team.bead("A new one")

    await sweep(team)

    assert [e["type"] for e in await team.sql.events(team.project)] == ["bead.created"]
    assert await team.sql.value("select count(*) from public.claims") == 0
    assert await team.sql.value("select count(*) from public.beads") == 2


async def test_live_things_stay_however_old(team: Team) -> None:
    """A live claim, a pending question, a subscription, unread mail and chat outlast all plans."""
    bead = await team.bead()
    await team.call(team.alice, "claim_bead", bead_id=bead)
    await team.call(team.bob, "subscribe", bead_ids=[bead])
    await team.escalate()
    await team.call(team.alice, "send_mail", to=["bob"], body="Are you there?")
    await team.call(team.alice, "chat_send", to=["bob"], body="Still there?")
    tables = ("claims", "subscriptions", "escalations", "mail", "chat_messages", "beads")
    await age(
        team, "public.claims.claimed_at", "public.subscriptions.created_at",
        "public.escalations.created_at", "public.mail.created_at", "public.beads.created_at",
        "public.chat_messages.created_at",
    )  # fmt: skip

    await sweep(team)

    for table in tables:
        assert await team.sql.value(f"select count(*) from public.{table}") == 1, table


async def test_messages_go_once_everybody_present_has_read_them(team: Team) -> None:
    await team.call(team.alice, "send_mail", to=["bob"], body="one")
    await team.call(team.alice, "send_mail", to=["bob"], body="two")
    await team.call(team.alice, "chat_send", to=["bob"], body="hello")
    await age(team, "public.mail.created_at", "public.chat_messages.created_at")
    [first, _] = (await team.call(team.bob, "list_mail"))["mail"]
    await team.call(team.bob, "open_mail", id=first["id"])
    await team.call(team.bob, "chat_open", chat="alice")

    await sweep(team)
    assert await team.sql.value("select count(*) from public.mail") == 1
    assert await team.sql.value("select count(*) from public.chat_messages") == 0

    await team.call(team.ann, "remove_workspace", alias="bob-backend")
    await sweep(team)
    assert await team.sql.value("select count(*) from public.mail") == 0


async def test_a_sweep_takes_a_bounded_number_of_rows(team: Team) -> None:
    await team.sql.execute(
        "insert into public.events (project_id, type, actor, entity_type, entity_id, at)"
        " select $1, 'bead.updated', '{}', 'bead', 'bd-1', now() - interval '400 days'"
        " from generate_series(1, 4500)",
        team.project.id,
    )

    swept = [await team.sql.value("select private.sweep_events()") for _ in range(4)]

    assert swept == [2000, 2000, 500, 0]


async def test_each_plan_has_its_own_history(team: Team) -> None:
    small = await team.sql.project("small", plan="free")
    for project in (small, team.project):
        await team.sql.execute(
            "insert into public.events (project_id, type, actor, entity_type, entity_id, at)"
            " values ($1, 'bead.updated', '{}', 'bead', 'bd-1', now() - interval '8 days')",
            project.id,
        )

    await sweep(team)

    assert await team.sql.events(small) == []
    assert len(await team.sql.events(team.project)) == 1
