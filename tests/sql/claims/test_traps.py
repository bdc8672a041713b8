"""Two transactions that overlap, in every order that once went wrong somewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.sql.claims.conftest import bead, until_waiting
from tests.sql.claims.invariants import assert_sound
from tests.support.sql import Caller, Project, Refused, Sql


async def overlap(
    sql: Sql, first: tuple[Caller, str, dict[str, Any]], second: tuple[Caller, str, dict[str, Any]]
) -> Any:
    """Run `second` while `first` is not yet committed; the result or refusal of `second`."""
    caller, fn, args = first
    names = ", ".join(f"p_{name} => ${n}" for n, name in enumerate(args, 1))
    async with sql.acting(caller) as connection:
        await connection.fetchval(f"select public.{fn}({names})", *args.values())
        late = await until_waiting(sql, sql.call(second[0], second[1], **second[2]))
        assert not late.done(), "the second call did not wait for the first"
    return (await asyncio.gather(late, return_exceptions=True))[0]


async def test_a_claim_does_not_resurrect_what_is_being_closed(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)

    late = await overlap(
        sql, (alice, "close_beads", {"ids": [bead_id]}), (bob, "claim_bead", {"bead_id": bead_id})
    )

    assert isinstance(late, Refused)
    assert late.code == "bead_closed"
    assert (await sql.call(bob, "show_bead", id=bead_id))["status"] == "closed"
    await assert_sound(sql)


async def test_a_close_does_not_end_a_claim_that_came_first(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)

    late = await overlap(
        sql, (bob, "claim_bead", {"bead_id": bead_id}), (alice, "close_beads", {"ids": [bead_id]})
    )

    assert isinstance(late, Refused)
    assert late.code == "claim_taken"
    await assert_sound(sql)


@pytest.mark.parametrize("chain", [0, 3])
@pytest.mark.parametrize("types", [("blocks", "blocks"), ("blocks", "parent-child")])
async def test_two_edges_at_once_do_not_form_a_cycle(
    sql: Sql, alice: Caller, bob: Caller, chain: int, types: tuple[str, str]
) -> None:
    left, right = await bead(sql, alice), await bead(sql, alice)
    for _ in range(chain):
        left, old = await bead(sql, alice), left
        await sql.call(alice, "add_dependency", id=old, depends_on=left)
    start = (await sql.call(alice, "list_beads", sort="created"))["beads"][-1]["id"]

    late = await overlap(
        sql,
        (alice, "add_dependency", {"id": left, "depends_on": right, "type": types[0]}),
        (bob, "add_dependency", {"id": right, "depends_on": start, "type": types[1]}),
    )

    assert isinstance(late, Refused)
    assert late.code == "cycle"
    assert len(late.details["cycle"]) == chain + 3
    await assert_sound(sql)


async def test_a_claim_during_a_re_parent_gets_the_new_apex(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    one, two = await bead(sql, alice, "one"), await bead(sql, alice, "two")
    middle = await bead(sql, alice, parent_id=one)
    leaf = await bead(sql, alice, parent_id=middle)
    move = {"ids": [middle], "changes": {"parent_id": two}}

    late = await overlap(sql, (alice, "update_beads", move), (bob, "claim_bead", {"bead_id": leaf}))

    assert late["apex_id"] == two
    await assert_sound(sql)


async def test_a_re_parent_during_a_claim_moves_its_apex(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    one, two = await bead(sql, alice, "one"), await bead(sql, alice, "two")
    middle = await bead(sql, alice, parent_id=one)
    leaf = await bead(sql, alice, parent_id=middle)
    move = {"ids": [middle], "changes": {"parent_id": two}}

    await overlap(sql, (bob, "claim_bead", {"bead_id": leaf}), (alice, "update_beads", move))

    assert (await sql.call(bob, "show_bead", id=leaf))["claim"]["apex_id"] == two
    await assert_sound(sql)


async def test_two_blockers_closed_at_once_leave_nothing_blocked(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    one, two = await bead(sql, alice), await bead(sql, alice)
    waiting = await bead(sql, alice, depends_on=[one, two])
    child = await bead(sql, alice, parent_id=waiting)

    late = await overlap(
        sql, (alice, "close_beads", {"ids": [one]}), (bob, "close_beads", {"ids": [two]})
    )

    assert [b["id"] for b in late["unblocked"]] == [waiting, child]
    await assert_sound(sql)


async def test_a_blocker_that_is_being_closed_does_not_block(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    blocker, waiting = await bead(sql, alice), await bead(sql, alice)
    edge = {"id": waiting, "depends_on": blocker}

    await overlap(sql, (alice, "close_beads", {"ids": [blocker]}), (bob, "add_dependency", edge))

    await assert_sound(sql)


async def test_a_workspace_that_is_being_removed_claims_nothing(
    sql: Sql, project: Project, alice: Caller
) -> None:
    bead_id = await bead(sql, alice)

    late = await overlap(
        sql,
        (project.owner, "remove_workspace", {"alias": "alice"}),
        (alice, "claim_bead", {"bead_id": bead_id}),
    )

    assert isinstance(late, Refused)
    assert (late.code, late.status) == ("workspace_gone", 410)
    await assert_sound(sql)


async def test_a_removal_ends_a_claim_that_is_just_being_made(
    sql: Sql, project: Project, alice: Caller
) -> None:
    bead_id = await bead(sql, alice)

    await overlap(
        sql,
        (alice, "claim_bead", {"bead_id": bead_id}),
        (project.owner, "remove_workspace", {"alias": "alice"}),
    )

    assert await sql.value("select status from public.beads") == "open"
    await assert_sound(sql)


async def test_a_member_that_is_being_removed_claims_nothing(
    sql: Sql, project: Project, alice: Caller
) -> None:
    ann = await sql.member(project, "member", "Ann")
    bead_id = await bead(sql, alice)

    late = await overlap(
        sql,
        (project.owner, "remove_member", {"member_id": ann.id}),
        (ann, "claim_bead", {"bead_id": bead_id}),
    )

    assert isinstance(late, Refused)
    assert late.code == "not_member"
    await assert_sound(sql)


async def test_opposite_orders_wait_and_never_deadlock(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    ids = [await bead(sql, alice) for _ in range(6)]

    for _ in range(10):
        outcomes = await asyncio.gather(
            *(
                sql.call(caller, "update_beads", ids=order, changes={"priority": 1})
                for caller in (alice, bob)
                for order in (ids, ids[::-1], [ids[3], *ids])
            ),
            return_exceptions=True,
        )
        assert not [o for o in outcomes if isinstance(o, asyncpg.DeadlockDetectedError)]
    await assert_sound(sql)


async def test_claim_next_waits_for_a_claim_that_may_roll_back(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)

    async with sql.acting(alice) as connection:
        await connection.fetchval("select public.claim_bead($1)", bead_id)
        late = await until_waiting(sql, sql.call(bob, "claim_next"))
        await connection.execute("select set_config('role', 'postgres', true)")
        await connection.execute("update public.beads set status = 'open' where id = $1", bead_id)
        await connection.execute("update public.beads set assignee = null where id = $1", bead_id)

    assert (await late)["bead_id"] == bead_id
    await assert_sound(sql)
