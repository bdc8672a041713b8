"""Ready work, lists, search, pages, figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sql.beads.conftest import MakeBead
from tests.support.sql import Caller, Project, Refused, Sql


def ids(result: dict[str, Any]) -> list[str]:
    return [bead["id"] for bead in result["beads"]]


async def test_ready_is_own_first_then_priority_then_oldest(
    sql: Sql, alice: Caller, bob: Caller, make: MakeBead
) -> None:
    late, soon = await make(priority=3), await make(priority=1)
    old, mine = await make(priority=1), await make(priority=4, assignee="alice")
    bobs = await make(priority=0, assignee="bob")
    await make(defer_until=datetime(2090, 1, 1, tzinfo=UTC))
    await make(status="deferred")
    await sql.execute("update public.beads set created_at = '2020-01-01' where id = $1", old)

    assert ids(await sql.call(alice, "ready_beads")) == [mine, old, soon, late]
    assert ids(await sql.call(bob, "ready_beads")) == [bobs, old, soon, late]
    assert ids(await sql.call(alice, "ready_beads", unassigned=True)) == [old, soon, late]
    assert (await sql.call(alice, "claim_bead", bead_id=bobs))["bead_id"] == bobs


async def test_ready_can_be_filtered_and_paged(sql: Sql, alice: Caller, make: MakeBead) -> None:
    epic = await make("epic", issue_type="epic", priority=0)
    inside = [await make(parent_id=epic, labels=["x", "y"], issue_type="bug") for _ in range(3)]
    await make(labels=["x"])

    async def ready(**filters: Any) -> list[str]:
        return ids(await sql.call(alice, "ready_beads", **filters))

    assert await ready(labels=["x", "y"]) == inside
    assert await ready(types=["epic"]) == [epic]
    assert await ready(apex_id=epic) == [epic, *inside]
    assert await ready(priority_max=0) == [epic]
    first = await sql.call(alice, "ready_beads", apex_id=epic, limit=2)
    rest = await sql.call(alice, "ready_beads", apex_id=epic, limit=2, cursor=first["next_cursor"])
    assert ids(first) + ids(rest) == [epic, *inside]
    assert rest["next_cursor"] is None
    with pytest.raises(Refused) as refusal:
        await ready(cursor="nonsense")
    assert refusal.value.code == "bad_cursor"


async def test_a_missing_blocker_counts_as_satisfied_and_is_reported(
    sql: Sql, alice: Caller
) -> None:
    edge = {"issue_id": "bd-1", "depends_on_id": "bd-9", "type": "blocks"}
    await sql.call(
        alice, "import_beads",
        beads=[{"id": "bd-1", "title": "t", "status": "open", "dependencies": [edge]}],
    )  # fmt: skip

    ready = await sql.call(alice, "ready_beads")

    assert ids(ready) == ["bd-1"]
    assert ready["missing_blockers"] == [{"bead_id": "bd-1", "depends_on_id": "bd-9"}]
    await sql.call(alice, "create_bead", title="here it is", id="bd-9")
    assert ids(await sql.call(alice, "ready_beads")) == ["bd-9"]


async def test_blocked_work_names_its_blockers_and_through_whom(
    sql: Sql, alice: Caller, make: MakeBead
) -> None:
    blocker = await make("blocker")
    epic = await make("epic", depends_on=[blocker])
    task = await make("task", parent_id=epic)
    leaf = await make("leaf", parent_id=task)

    blocked = {b["id"]: b for b in (await sql.call(alice, "blocked_beads"))["beads"]}

    assert set(blocked) == {epic, task, leaf}
    assert [(b["id"], b["through"]) for b in blocked[epic]["blockers"]] == [(blocker, None)]
    assert [(b["id"], b["through"]) for b in blocked[leaf]["blockers"]] == [(blocker, epic)]
    page = await sql.call(alice, "blocked_beads", limit=2)
    rest = await sql.call(alice, "blocked_beads", limit=2, cursor=page["next_cursor"])
    assert ids(page) + ids(rest) == [epic, task, leaf]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("login", {"bd-1"}), ("LOG", {"bd-1"}), ("api.py", {"bd-2"}), ("src api", {"bd-2"}),
        ("bd-2", {"bd-2"}), ("bd-a3f8", {"bd-a3f8.1"}), ("größe", {"bd-a3f8.1"}),
        ('"page login"', set()), ("login or größe", {"bd-1", "bd-a3f8.1"}), ("page -login", set()),
        ("login'; drop \\", set()), ("!!!", set()),
    ],
)  # fmt: skip
async def test_search_finds_words_beginnings_and_ids(
    sql: Sql, alice: Caller, make: MakeBead, query: str, found: set[str]
) -> None:
    await make("Login page breaks")
    await make("Refactor", description="See src/api.py first")
    await make("Die Größe stimmt nicht", id="bd-a3f8.1")

    assert set(ids(await sql.call(alice, "list_beads", query=query))) == found


async def test_search_follows_edits(sql: Sql, alice: Caller, make: MakeBead) -> None:
    bead_id = await make("alpha")
    await sql.call(alice, "update_beads", ids=[bead_id], changes={"title": "omega"})

    assert ids(await sql.call(alice, "list_beads", query="alpha")) == []
    assert ids(await sql.call(alice, "list_beads", query="omega")) == [bead_id]


async def test_lists_can_be_filtered(sql: Sql, alice: Caller, bob: Caller, make: MakeBead) -> None:
    epic = await make("epic", priority=1)
    child = await make("child", parent_id=epic, labels=["ui"], assignee="bob")
    leaf = await make("leaf", parent_id=child, issue_type="bug", priority=4)
    closed = await make("closed", parent_id=epic)
    await sql.call(alice, "close_beads", ids=[closed])
    await sql.call(bob, "claim_bead", bead_id=leaf)

    async def listed(**filters: Any) -> list[str]:
        return ids(await sql.call(alice, "list_beads", **filters))

    assert await listed() == [epic, child, leaf]
    assert await listed(include_closed=True, sort="created") == [closed, leaf, child, epic]
    assert await listed(status=["closed"]) == [closed]
    assert await listed(types=["bug"]) == [leaf]
    assert await listed(priority_min=2, priority_max=3) == [child]
    assert await listed(labels=["ui"]) == [child]
    assert await listed(assignee="bob") == [child, leaf]
    assert await listed(parent_id=epic) == [child]
    assert await listed(apex_id=child) == [child, leaf]
    assert await listed(claimed_by="bob") == [leaf]
    assert await listed(claimed_by="me") == []
    assert await listed(ready=True) == [epic, child]
    assert await listed(sort="updated", limit=1) == [leaf]
    assert await listed(updated_since=datetime(2090, 1, 1, tzinfo=UTC)) == []
    with pytest.raises(Refused) as refusal:
        await listed(sort="colour")
    assert refusal.value.code == "bad_field"


async def test_a_status_that_is_none_is_refused(sql: Sql, alice: Caller, make: MakeBead) -> None:
    """One that an imported bead has may be asked for, in its own project."""
    odd = await make()
    await sql.execute("update public.beads set status = 'hooked' where id = $1", odd)
    other = await sql.project("elsewhere", prefix="ee")
    stranger = await sql.workspace(other, "eve-dev")

    assert ids(await sql.call(alice, "list_beads", status=["hooked", "deferred"])) == [odd]
    with pytest.raises(Refused, match="No bead has the status in_progres") as refusal:
        await sql.call(alice, "list_beads", status=["open", "in_progres"])
    with pytest.raises(Refused, match="No bead has the status hooked"):
        await sql.call(stranger, "list_beads", status=["hooked"])
    assert refusal.value.code == "bad_field"
    assert refusal.value.hint == "open, in_progress, blocked, deferred or closed"


@pytest.mark.parametrize("sort", ["priority", "created", "updated"])
async def test_2500_beads_come_in_pages_without_gap_or_repeat(
    sql: Sql, project: Project, alice: Caller, sort: str
) -> None:
    await sql.execute(
        "insert into public.beads (project_id, id, title, priority)"
        " select $1, 'bd-' || n, 'bead ' || n, n % 5 from generate_series(1, 2500) as n",
        project.id,
    )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await sql.call(
            alice, "list_beads", sort=sort, cursor=cursor, limit=500, include_closed=True
        )
        seen += ids(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 2500


async def test_show_tells_everything(sql: Sql, alice: Caller, make: MakeBead) -> None:
    epic, first = await make("epic"), await make("first")
    bead_id = await make("it", parent_id=epic, depends_on=[{"id": first, "type": "related"}, first])
    child = await make("child", parent_id=bead_id)
    waiting = await make("waiting", depends_on=[bead_id])
    await sql.call(alice, "comment_bead", id=bead_id, body="hi")

    shown = await sql.call(alice, "show_bead", id=bead_id)

    assert shown["parent"]["id"] == epic
    assert [c["id"] for c in shown["children"]] == [child]
    assert [(d["id"], d["type"], d["missing"]) for d in shown["dependencies"]] == [
        (epic, "parent-child", False), (first, "related", False), (first, "blocks", False),
    ]  # fmt: skip
    assert [(d["id"], d["type"]) for d in shown["dependents"]] == [
        (child, "parent-child"), (waiting, "blocks"),
    ]  # fmt: skip
    assert [b["id"] for b in shown["blockers"]] == [first]
    assert [(c["author"], c["body"]) for c in shown["comments"]] == [("alice-frontend", "hi")]
    assert (shown["claims"], shown["epoch"]) == ([], 0)


async def test_a_deleted_bead_keeps_its_name_where_others_name_it(
    sql: Sql, alice: Caller, make: MakeBead
) -> None:
    first = await make("first")
    found = await make("found", depends_on=[{"id": first, "type": "discovered-from"}])
    await sql.call(alice, "delete_beads", ids=[found])

    refs = (await sql.call(alice, "show_bead", id=first))["dependents"]

    assert [(ref["id"], ref["title"], ref["missing"]) for ref in refs] == [(found, None, True)]


async def test_stats_count(sql: Sql, alice: Caller, make: MakeBead) -> None:
    first = await make(issue_type="bug")
    await make(depends_on=[first])
    await make(status="deferred")
    await make(status="in_progress")
    await sql.call(alice, "delete_beads", ids=[await make()])

    assert await sql.call(alice, "bead_stats") == {
        "total": 4, "deleted": 1, "by_status": {"open": 2, "deferred": 1, "in_progress": 1},
        "by_type": {"bug": 1, "task": 3}, "ready": 1, "blocked": 1, "deferred": 1, "claims": 1,
    }  # fmt: skip
