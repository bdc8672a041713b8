"""Import and export: nothing lost, nothing doubled, every conflict listed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.sql.beads.conftest import MakeBead
from tests.support.sql import Caller, Project, Refused, Sql

REAL = Path(__file__).parents[4] / "shared" / "data" / "beads-924.jsonl"
Issue = dict[str, Any]


def issue(issue_id: str = "bd-5", **fields: Any) -> Issue:
    return {
        "id": issue_id, "title": "imported", "status": "open", "priority": 1, "issue_type": "task",
        "created_at": "2025-01-01T00:00:00-08:00", "updated_at": "2025-01-02T00:00:00-08:00",
    } | fields  # fmt: skip


def comparable(issues: Iterable[Issue]) -> dict[str, Issue]:
    """Issues by id; labels, dependencies and comments as sets."""
    result = {}
    for each in issues:
        copy = dict(each)
        for key in ("labels", "dependencies", "comments"):
            if key in copy:
                copy[key] = sorted(copy[key], key=partial(json.dumps, sort_keys=True))
        result[each["id"]] = copy
    return result


class Tracker:
    """Imports and exports of one caller."""

    def __init__(self, sql: Sql, caller: Caller) -> None:
        self.sql, self.caller = sql, caller

    async def load(self, *issues: Issue, mode: str = "merge") -> dict[str, Any]:
        return await self.sql.call(self.caller, "import_beads", beads=list(issues), mode=mode)

    async def load_all(self, issues: list[Issue]) -> dict[str, int]:
        total = {"created": 0, "updated": 0, "unchanged": 0, "conflicts": 0}
        for start in range(0, len(issues), 500):
            result = await self.load(*issues[start : start + 500])
            for key in ("created", "updated", "unchanged"):
                total[key] += result[key]
            total["conflicts"] += len(result["conflicts"])
        return total

    async def dump(self) -> list[Issue]:
        issues: list[Issue] = []
        cursor = None
        while True:
            page = await self.sql.call(self.caller, "export_beads", cursor=cursor, limit=1000)
            issues += page["beads"]
            cursor = page["next_cursor"]
            if cursor is None:
                return issues

    async def edit(self, bead_id: str, **changes: Any) -> None:
        await self.sql.call(self.caller, "update_beads", ids=[bead_id], changes=changes)

    async def show(self, bead_id: str) -> dict[str, Any]:
        return await self.sql.call(self.caller, "show_bead", id=bead_id)


@pytest.fixture
def tracker(sql: Sql, alice: Caller) -> Tracker:
    return Tracker(sql, alice)


@pytest.fixture
def real() -> list[Issue]:
    if not REAL.exists():
        pytest.skip("shared/data/beads-924.jsonl is not here")
    return [json.loads(line) for line in REAL.read_text().splitlines()]


async def test_real_data_comes_back_as_it_went_in(
    sql: Sql, project: Project, alice: Caller, tracker: Tracker, real: list[Issue]
) -> None:
    start = time.perf_counter()
    first = await tracker.load_all(real)
    seconds = time.perf_counter() - start
    again = await tracker.load_all(real)

    assert first == {"created": 924, "updated": 0, "unchanged": 0, "conflicts": 0}
    assert again == {"created": 0, "updated": 0, "unchanged": 924, "conflicts": 0}
    assert seconds < 3
    exported = await tracker.dump()
    assert comparable(exported) == comparable(real)
    # Into an empty project too: the export is a complete copy.
    other = await sql.project("other")
    copy = Tracker(sql, await sql.workspace(other, "carol-docs"))
    await copy.load_all(exported)
    assert comparable(await copy.dump()) == comparable(real)


async def test_an_import_derives_what_local_work_would_have(
    sql: Sql, project: Project, alice: Caller, tracker: Tracker, real: list[Issue]
) -> None:
    # Children before parents, dependents before blockers: later batches complete earlier ones.
    await tracker.load_all(real[::-1])

    status = {each["id"]: each["status"] for each in real}
    edges = [edge for each in real for edge in each.get("dependencies", ())]
    gone = {each for each, state in status.items() if state == "tombstone"}
    blocked: set[str] = set()
    while True:
        found = {
            edge["issue_id"] for edge in edges if edge["issue_id"] not in gone
            and ((edge["type"] == "blocks"
                 and status.get(edge["depends_on_id"], "closed") not in ("closed", "tombstone"))
                 or (edge["type"] == "parent-child" and edge["depends_on_id"] in blocked))
        }  # fmt: skip
        if found == blocked:
            break
        blocked = found
    rows = await sql.fetch("select id, blocked, parent_id from public.beads")
    assert {row["id"] for row in rows if row["blocked"]} == blocked
    parents = {
        e["issue_id"]: e["depends_on_id"] for e in edges[::-1] if e["type"] == "parent-child"
    }
    assert {row["id"]: row["parent_id"] for row in rows if row["parent_id"]} == parents
    assert (await sql.call(alice, "create_bead", title="next"))["id"] == "bd-9116"


async def test_2500_beads_import_and_export(tracker: Tracker) -> None:
    issues = [
        issue(f"bd-{n}", description="words " * 40, labels=["a", f"l{n % 7}"], dependencies=[
            {"issue_id": f"bd-{n}", "depends_on_id": f"bd-{n + 1}", "type": "blocks",
             "created_at": "2025-01-01T00:00:00Z", "created_by": "x"}])
        for n in range(1, 2501)
    ]  # fmt: skip

    assert (await tracker.load_all(issues))["created"] == 2500
    assert (await tracker.load_all(issues))["unchanged"] == 2500
    assert comparable(await tracker.dump()) == comparable(issues)


async def test_unknown_fields_nulls_and_odd_words_survive(tracker: Tracker) -> None:
    odd = issue(
        "x-1", status="hooked", issue_type="molecule", priority=7, mol={"deep": [1, None]},
        parent_id="not ours", blocked="odd", wisp=None, close_reason="early", description="",
        comments=[{"id": 3, "issue_id": "x-1", "author": "ann", "text": "hi",
                   "created_at": "2025-01-01T00:00:00.123456789Z", "mood": "good"}],
        dependencies=[{"issue_id": "x-1", "depends_on_id": "x-99", "type": "odd", "weight": 2}],
    )  # fmt: skip

    await tracker.load(odd)

    assert await tracker.dump() == [odd]


async def test_a_tombstone_stays_deleted(tracker: Tracker, alice: Caller, sql: Sql) -> None:
    grave = issue(status="tombstone", deleted_at="2025-01-02T00:00:00Z", deleted_by="ann")
    await tracker.load(grave)

    result = await tracker.load(issue(updated_at="2030-01-01T00:00:00Z"))

    assert result["conflicts"] == [
        {"id": "bd-5", "fields": [], "reason": "deleted here", "kept": "local"}
    ]
    assert (await tracker.dump())[0]["status"] == "tombstone"
    assert (await sql.call(alice, "list_beads", include_closed=True))["beads"] == []


async def test_edits_on_both_sides_are_merged_by_field(tracker: Tracker) -> None:
    await tracker.load(issue(labels=["a"]))
    await tracker.edit("bd-5", notes="mine", priority=3)

    result = await tracker.load(
        issue(title="theirs", labels=["a", "b"], updated_at="2025-02-01T00:00:00Z")
    )

    assert (result["updated"], result["conflicts"]) == (1, [])
    shown = await tracker.show("bd-5")
    assert (shown["title"], shown["notes"], shown["priority"]) == ("theirs", "mine", 3)
    assert shown["labels"] == ["a", "b"]


async def test_a_newer_local_edit_is_a_listed_conflict(tracker: Tracker) -> None:
    await tracker.load(issue())
    await tracker.edit("bd-5", title="mine")
    theirs = issue(title="theirs", notes="theirs", updated_at="2025-02-01T00:00:00Z")

    for _ in range(2):  # listed until it is resolved
        result = await tracker.load(theirs)
        assert result["conflicts"] == [
            {"id": "bd-5", "fields": ["title"], "reason": "changed here and there", "kept": "local"}
        ]
        shown = await tracker.show("bd-5")
        assert (shown["title"], shown["notes"]) == ("mine", "theirs")

    await tracker.load(theirs, mode="theirs")
    assert (await tracker.show("bd-5"))["title"] == "theirs"
    assert (await tracker.load(theirs))["conflicts"] == []


async def test_a_newer_import_wins_and_says_so(tracker: Tracker) -> None:
    await tracker.load(issue())
    await tracker.edit("bd-5", title="mine")

    result = await tracker.load(issue(title="theirs", updated_at="2090-01-01T00:00:00Z"))

    assert [(c["fields"], c["kept"]) for c in result["conflicts"]] == [(["title"], "import")]
    assert (await tracker.show("bd-5"))["title"] == "theirs"


async def test_an_older_file_changes_nothing(tracker: Tracker) -> None:
    await tracker.load(issue(title="new", updated_at="2025-03-01T00:00:00Z"))

    result = await tracker.load(issue(title="old"))

    assert result["conflicts"][0]["reason"] == "older than what was imported before"
    assert (await tracker.show("bd-5"))["title"] == "new"


async def test_another_bead_with_the_same_id_is_not_overwritten(
    tracker: Tracker, make: MakeBead
) -> None:
    bead_id = await make("local")

    result = await tracker.load(issue(bead_id, updated_at="2090-01-01T00:00:00Z"))

    assert result["conflicts"][0]["reason"] == "another bead has this id here"
    assert (await tracker.show(bead_id))["title"] == "local"


async def test_ones_own_export_is_no_change(
    tracker: Tracker, alice: Caller, sql: Sql, make: MakeBead
) -> None:
    first = await make("first", labels=["x"], description="d")
    second = await make("second", depends_on=[first], status="deferred")
    await sql.call(alice, "comment_bead", id=second, body="hello")
    await sql.call(alice, "close_beads", ids=[first], reason="done")
    exported = await tracker.dump()

    result = await tracker.load(*deepcopy(exported))

    assert (result["unchanged"], result["updated"], result["conflicts"]) == (2, 0, [])
    assert await tracker.dump() == exported
    assert exported[0]["close_reason"] == "done"
    assert exported[1]["comments"][0]["text"] == "hello"


async def test_claims_survive_an_import_unless_the_status_says_otherwise(
    tracker: Tracker, sql: Sql, alice: Caller, bob: Caller
) -> None:
    await tracker.load(issue(), issue("bd-6"))
    for bead_id in ("bd-5", "bd-6"):
        await sql.call(bob, "claim_bead", bead_id=bead_id)

    await tracker.load(
        issue(title="new words", updated_at="2090-01-01T00:00:00Z"),
        issue("bd-6", status="closed", updated_at="2090-01-01T00:00:00Z"),
    )

    assert (await tracker.show("bd-5"))["claim"]["holder"]["short"] == "bob"
    shown = await tracker.show("bd-6")
    assert (shown["status"], shown["claims"][0]["ended_reason"]) == ("closed", "import")
    assert await sql.value("select subject from public.mail") == "alice released bd-6"


async def test_an_import_moves_parents_apexes_and_flags(
    tracker: Tracker, sql: Sql, alice: Caller, make: MakeBead
) -> None:
    leaf = await make("leaf", id="bd-1")
    await sql.call(alice, "claim_bead", bead_id=leaf)
    await tracker.load(issue("bd-8", dependencies=[{"depends_on_id": "bd-1", "type": "blocks"}]))
    assert (await tracker.show("bd-8"))["blocked"]
    exported = (await tracker.dump())[0]

    await tracker.load(
        exported | {"dependencies": [{"depends_on_id": "bd-7", "type": "parent-child"}]},
        issue("bd-7", issue_type="epic"),
    )

    shown = await tracker.show(leaf)
    assert (shown["parent_id"], shown["claim"]["apex_id"]) == ("bd-7", "bd-7")


async def test_what_cannot_be_stored_is_listed_and_the_rest_is_stored(tracker: Tracker) -> None:
    result = await tracker.load(
        issue("bd-1"), {"title": "no id"}, issue("bd 2"), issue("bd-3", priority="high"),
        issue("bd-4", created_at="yesterday-ish"), issue("bd-6", comments=["x"]),
        issue("bd-7", labels=None, dependencies=None, comments=None),
    )  # fmt: skip

    assert result["created"] == 2
    assert [(c["id"], c["kept"]) for c in result["conflicts"]] == [
        (None, "none"), ("bd 2", "none"), ("bd-3", "none"), ("bd-4", "none"), ("bd-6", "none"),
    ]  # fmt: skip
    assert all(c["reason"].startswith("invalid: ") for c in result["conflicts"])


async def test_a_dry_run_stores_nothing(tracker: Tracker) -> None:
    result = await tracker.load(issue(), mode="dry_run")

    assert result["created"] == 1
    assert await tracker.dump() == []


async def test_a_batch_has_at_most_500(tracker: Tracker) -> None:
    with pytest.raises(Refused) as refusal:
        await tracker.load(*[issue(f"bd-{n}") for n in range(501)])

    assert (refusal.value.code, refusal.value.status) == ("bad_field", 400)


async def test_an_import_is_logged_bead_by_bead(
    sql: Sql, project: Project, tracker: Tracker
) -> None:
    await tracker.load(issue("bd-1"), issue("bd-2", status="tombstone"), issue("bd-3"))
    await tracker.load(issue("bd-1", title="x", updated_at="2025-03-01T00:00:00Z"))

    events = await sql.events(project)
    assert [(e["type"], e["entity"]["id"]) for e in events] == [
        ("bead.created", "bd-1"), ("bead.created", "bd-3"), ("bead.updated", "bd-1"),
    ]  # fmt: skip
    assert await sql.value("select count(*) from realtime.messages") == 2
