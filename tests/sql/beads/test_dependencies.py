"""The graph: cycles, parents, apexes, trees."""

from __future__ import annotations

import pytest

from tests.sql.beads.conftest import MakeBead
from tests.support.sql import Caller, Project, Refused, Sql


async def apex(sql: Sql, bead_id: str) -> str:
    return str(
        await sql.value(
            "select apex_id from public.claims where bead_id = $1 and ended_at is null", bead_id
        )
    )


async def test_a_cycle_is_refused_and_named(sql: Sql, alice: Caller, make: MakeBead) -> None:
    a, b, c = await make("a"), await make("b"), await make("c")
    await sql.call(alice, "add_dependency", id=a, depends_on=b)
    await sql.call(alice, "add_dependency", id=b, depends_on=c)

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "add_dependency", id=c, depends_on=a)
    assert (refusal.value.code, refusal.value.status) == ("cycle", 409)
    assert f"{c} → {a} → {b} → {c}" in refusal.value.message
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "add_dependency", id=a, depends_on=a)
    assert f"{a} → {a}" in refusal.value.message
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "update_beads", ids=[c], changes={"parent_id": a})
    assert refusal.value.code == "cycle"


async def test_blocks_and_parents_are_one_graph(sql: Sql, alice: Caller, make: MakeBead) -> None:
    epic = await make("epic")
    child = await make("child", parent_id=epic)

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "add_dependency", id=epic, depends_on=child)

    assert refusal.value.details == {"cycle": [epic, child, epic]}


async def test_other_types_may_run_in_circles(sql: Sql, alice: Caller, make: MakeBead) -> None:
    a, b = await make("a"), await make("b")
    await sql.call(alice, "add_dependency", id=a, depends_on=b, type="related")

    added = await sql.call(alice, "add_dependency", id=b, depends_on=a, type="our-own-type")

    assert added["added"]
    assert not (await sql.call(alice, "add_dependency", id=b, depends_on=a, type="our-own-type"))[
        "added"
    ]
    assert not (await sql.call(alice, "show_bead", id=a))["blocked"]


async def test_dependencies_come_and_go(
    sql: Sql, project: Project, alice: Caller, make: MakeBead
) -> None:
    a, b = await make("a"), await make("b")
    child = await make("child", parent_id=a)
    await sql.call(alice, "add_dependency", id=a, depends_on=b)
    assert (await sql.call(alice, "show_bead", id=child))["blocked"]

    removed = await sql.call(alice, "remove_dependency", id=a, depends_on=b)

    assert [x["id"] for x in removed["unblocked"]] == [a, child]
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "remove_dependency", id=a, depends_on=b)
    assert refusal.value.code == "not_found"
    edits = [e["data"]["dependencies"] for e in await sql.events(project, "bead.updated")]
    assert edits == [
        {"added": {"id": b, "type": "blocks"}}, {"removed": {"id": b, "types": ["blocks"]}},
    ]  # fmt: skip


async def test_re_parenting_moves_the_apex_of_live_claims(
    sql: Sql, alice: Caller, make: MakeBead
) -> None:
    one, two = await make("one"), await make("two")
    middle = await make("middle", parent_id=one)
    leaf = await make("leaf", parent_id=middle)
    claim = await sql.call(alice, "claim_bead", bead_id=leaf)
    assert (claim["apex_id"], claim["apex_title"]) == (one, "one")

    await sql.call(alice, "update_beads", ids=[middle], changes={"parent_id": two})
    assert await apex(sql, leaf) == two
    await sql.call(alice, "add_dependency", id=two, depends_on=one, type="parent-child")
    assert await apex(sql, leaf) == one
    await sql.call(alice, "remove_dependency", id=two, depends_on=one)
    assert await apex(sql, leaf) == two
    await sql.call(alice, "delete_beads", ids=[two])
    assert await apex(sql, leaf) == middle
    await sql.call(alice, "update_beads", ids=[leaf], changes={"parent_id": None})
    assert await apex(sql, leaf) == leaf
    shown = await sql.call(alice, "show_bead", id=leaf)
    assert (shown["parent"], shown["dependencies"]) == (None, [])


async def test_a_tree_goes_down_and_up(sql: Sql, alice: Caller, make: MakeBead) -> None:
    base = await make("base")
    left, right = await make("left", depends_on=[base]), await make("right", depends_on=[base])
    top = await make("top", depends_on=[left, right])

    down = await sql.call(alice, "dependency_tree", id=top)
    up = await sql.call(alice, "dependency_tree", id=base, direction="up")

    assert [(n["id"], n["depth"], n["repeated"]) for n in down["nodes"]] == [
        (top, 0, False), (left, 1, False), (base, 2, False), (right, 1, False), (base, 2, True),
    ]  # fmt: skip
    assert [n["id"] for n in up["nodes"]] == [base, left, top, right, top]
    shallow = await sql.call(alice, "dependency_tree", id=top, depth=1)
    assert [n["id"] for n in shallow["nodes"]] == [top, left, right]
