"""Who subscribes is told of every change of status, once, and never of its own."""

from __future__ import annotations

import asyncio

import pytest

from tests.sql.team.conftest import Team
from tests.support.sql import Refused


async def test_a_subscriber_is_told_of_each_change_once(team: Team) -> None:
    """One outbox row and one notice per subscriber and change, in the transaction of the change."""
    bead = await team.bead()
    for subscriber in (team.bob, team.ann):
        await team.call(subscriber, "subscribe", bead_ids=[bead])

    await team.call(team.alice, "claim_bead", bead_id=bead)
    await team.call(team.alice, "close_beads", ids=[bead])

    for subscriber in (team.bob, team.ann):
        rows = await team.outbox(subscriber)
        assert [row["content"]["text"] for row in rows] == [
            f'{bead}: open → in_progress by alice: "Fix the parser"',
            f'{bead}: in_progress → closed by alice: "Fix the parser"',
        ]
        shown = (await team.call(subscriber, "notices"))["notices"]
        assert [n["text"] for n in shown if n["id"].startswith("notice:")] == [
            row["content"]["text"] for row in rows
        ]


async def test_nobody_is_told_of_its_own_change(team: Team) -> None:
    bead = await team.bead()
    await team.call(team.bob, "subscribe", bead_ids=[bead])

    await team.call(team.bob, "claim_bead", bead_id=bead)
    await team.call(team.bob, "close_beads", ids=[bead])

    assert await team.outbox(team.bob) == []


async def test_a_change_that_is_rolled_back_tells_nobody(team: Team) -> None:
    bead = await team.bead()
    await team.call(team.bob, "subscribe", bead_ids=[bead])
    await team.call(team.ann, "claim_bead", bead_id=bead)
    before = await team.outbox(team.bob)

    with pytest.raises(Refused, match="claim_taken"):
        await team.call(team.alice, "close_beads", ids=[bead])

    assert await team.outbox(team.bob) == before


async def test_changes_that_are_no_change_of_status_are_not_told(team: Team) -> None:
    bead = await team.bead()
    await team.call(team.bob, "subscribe", bead_ids=[bead])

    await team.call(team.alice, "update_beads", ids=[bead], changes={"title": "Mend the parser"})
    await team.call(team.alice, "comment_bead", id=bead, body="looking")

    assert await team.outbox(team.bob) == []


async def test_a_race_for_the_claim_is_told_once(team: Team) -> None:
    """Sixteen calls at once change the status once: the subscriber hears of it once."""
    bead = await team.bead()
    await team.call(team.bob, "subscribe", bead_ids=[bead])
    contenders = [await team.sql.workspace(team.project) for _ in range(16)]

    await team.sql.race(team.call(each, "claim_bead", bead_id=bead) for each in contenders)

    assert len(await team.outbox(team.bob)) == 1


async def test_subscribing_twice_is_subscribing_once(team: Team) -> None:
    bead = await team.bead()
    calls = [team.call(team.bob, "subscribe", bead_ids=[bead, bead]) for _ in range(4)]
    for result in await asyncio.gather(*calls):
        assert [s["bead_id"] for s in result["subscriptions"]] == [bead]

    await team.call(team.alice, "close_beads", ids=[bead])

    assert len(await team.outbox(team.bob)) == 1


async def test_who_unsubscribes_is_told_no_more(team: Team) -> None:
    beads = [await team.bead(f"Bead {n}") for n in range(3)]
    await team.call(team.bob, "subscribe", bead_ids=beads)

    gone = await team.call(team.bob, "unsubscribe", bead_ids=beads[:1])
    assert gone == {"unsubscribed": beads[:1]}
    await team.call(team.alice, "close_beads", ids=beads)

    assert len(await team.outbox(team.bob)) == 2
    assert await team.call(team.bob, "unsubscribe") == {"unsubscribed": beads[1:]}
    assert (await team.call(team.bob, "list_subscriptions"))["subscriptions"] == []


async def test_a_list_goes_on_at_its_cursor(team: Team) -> None:
    beads = [await team.bead(f"Bead {n}") for n in range(5)]
    for bead in beads:
        await team.call(team.bob, "subscribe", bead_ids=[bead])

    found, cursor = [], None
    while True:
        page = await team.call(team.bob, "list_subscriptions", cursor=cursor, limit=2)
        found += [s["bead_id"] for s in page["subscriptions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == beads


async def test_an_unknown_bead_and_a_stranger_are_refused(team: Team) -> None:
    bead = await team.bead()

    with pytest.raises(Refused, match="not_found") as unknown:
        await team.call(team.bob, "subscribe", bead_ids=[bead, "bd-999"])
    assert unknown.value.details == {"ids": ["bd-999"]}
    with pytest.raises(Refused, match="not_found"):
        await team.call(team.eve, "subscribe", bead_ids=[bead])
    with pytest.raises(Refused, match="not_member"):
        await team.call(team.eve, "subscribe", bead_ids=[bead], project_id=team.project.id)


async def test_another_project_sees_no_subscriptions(team: Team) -> None:
    bead = await team.bead()
    await team.call(team.bob, "subscribe", bead_ids=[bead])

    query = "select bead_id from public.subscriptions"
    assert len(await team.sql.rows(team.ann, query)) == 1
    assert await team.sql.rows(team.eve, query) == []


async def test_who_is_removed_is_subscribed_no_more(team: Team) -> None:
    bead = await team.bead()
    for subscriber in (team.bob, team.dan):
        await team.call(subscriber, "subscribe", bead_ids=[bead])

    await team.call(team.ann, "remove_workspace", alias="bob-backend")
    await team.call(team.ann, "remove_member", member_id=team.dan.id)
    await team.call(team.alice, "close_beads", ids=[bead])

    assert await team.outbox(team.bob, team.dan) == []
    assert await team.sql.value("select count(*) from public.subscriptions") == 0
