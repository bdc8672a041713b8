"""Creating, updating, closing, reopening, deleting and commenting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.sql.beads.conftest import MakeBead
from tests.support.sql import Caller, Project, Refused, Sql


async def test_a_bead_is_numbered_and_complete(sql: Sql, project: Project, alice: Caller) -> None:
    epic = await sql.call(alice, "create_bead", title="Epic", issue_type="epic")
    bead = await sql.call(
        alice, "create_bead",
        title="  Fix\tlogin ", description="It fails", priority=1, issue_type="bug",
        parent_id=epic["id"], labels=["auth", "auth", " ui "], assignee="me", design="d",
        acceptance_criteria="a", notes="n", estimated_minutes=30, external_ref="gh:1",
        defer_until=datetime(2030, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    assert (epic["id"], bead["id"]) == ("bd-1", "bd-2")
    expected = {
        "title": "Fix login", "description": "It fails", "priority": 1, "issue_type": "bug",
        "parent_id": "bd-1", "labels": ["auth", "ui"], "assignee": "alice-frontend",
        "design": "d", "acceptance_criteria": "a", "notes": "n", "estimated_minutes": 30,
        "external_ref": "gh:1", "status": "open", "blocked": False, "claim": None,
        "created_by": "alice-frontend",
    }  # fmt: skip
    assert {key: bead[key] for key in expected} == expected
    assert datetime.fromisoformat(bead["defer_until"]) == datetime(2030, 1, 1, tzinfo=UTC)
    created = await sql.events(project, "bead.created")
    assert [e["entity"] for e in created] == [
        {"type": "bead", "id": "bd-1"}, {"type": "bead", "id": "bd-2"},
    ]  # fmt: skip


async def test_an_explicit_id_is_kept_and_its_number_skipped(sql: Sql, alice: Caller) -> None:
    await sql.call(alice, "create_bead", title="mine", id="bd-7")
    await sql.call(alice, "create_bead", title="odd", id="bd-a3f8.1")

    assert (await sql.call(alice, "create_bead", title="next"))["id"] == "bd-8"
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "create_bead", title="again", id="bd-7")
    assert (refusal.value.code, refusal.value.status) == ("conflict", 409)


async def test_numbers_that_came_past_the_functions_are_skipped(
    sql: Sql, project: Project, alice: Caller
) -> None:
    await sql.execute(
        "insert into public.beads (project_id, id, title)"
        " select $1, 'bd-' || n, 'x' from generate_series(1, 5000) as n",
        project.id,
    )

    assert (await sql.call(alice, "create_bead", title="next"))["id"] == "bd-5001"


async def test_creating_in_progress_claims(sql: Sql, alice: Caller) -> None:
    bead = await sql.call(alice, "create_bead", title="now", status="in_progress")

    assert (bead["status"], bead["claim"]["holder"]["short"]) == ("in_progress", "alice")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "  "}, "bad_field"),
        ({"title": "x" * 501}, "too_long"),
        ({"title": "x", "priority": 5}, "bad_field"),
        ({"title": "x", "status": "tombstone"}, "bad_field"),
        ({"title": "x", "status": "done"}, "bad_field"),
        ({"title": "x", "id": "a b"}, "bad_field"),
        ({"title": "x", "parent_id": "bd-99"}, "not_found"),
        ({"title": "x", "depends_on": ["bd-99"]}, "not_found"),
    ],
)
async def test_bad_fields_are_refused(
    sql: Sql, alice: Caller, fields: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "create_bead", **fields)

    assert refusal.value.code == code
    assert await sql.value("select count(*) from public.beads") == 0


async def test_a_misspelt_status_does_not_lose_a_bead(
    sql: Sql, alice: Caller, make: MakeBead
) -> None:
    """One that an imported bead has may be given to others."""
    bead_id, other = await make(), await make()

    with pytest.raises(Refused, match="No bead has the status done") as refusal:
        await sql.call(alice, "update_beads", ids=[bead_id], changes={"status": "done"})
    await sql.execute("update public.beads set status = 'hooked' where id = $1", other)
    changed = await sql.call(alice, "update_beads", ids=[bead_id], changes={"status": "hooked"})

    assert refusal.value.hint == "open, in_progress, blocked, deferred or closed"
    assert changed["beads"][0]["status"] == "hooked"


async def test_secrets_are_scrubbed(sql: Sql, alice: Caller, make: MakeBead) -> None:
    secret = "ghp_" + "a1B2" * 9
    bead_id = await make(f"use {secret}", description=secret)
    await sql.call(alice, "comment_bead", id=bead_id, body=f"try {secret}")
    await sql.call(alice, "close_beads", ids=[bead_id], reason=secret)

    shown = await sql.call(alice, "show_bead", id=bead_id)

    assert secret not in str(shown)
    assert shown["comments"][0]["body"] == "try [secret removed by bdh]"


async def test_update_changes_many_or_none(
    sql: Sql, project: Project, alice: Caller, make: MakeBead
) -> None:
    ids = [await make(labels=["old", "kept"]), await make(description="words")]
    changes = {"priority": 0, "assignee": "bob", "add_labels": ["new"], "remove_labels": ["old"],
               "description": None}  # fmt: skip

    updated = await sql.call(alice, "update_beads", ids=ids, changes=changes)

    assert [b["labels"] for b in updated["beads"]] == [["kept", "new"], ["new"]]
    assert {b["priority"] for b in updated["beads"]} == {0}
    assert {b["description"] for b in updated["beads"]} == {None}
    events = await sql.events(project, "bead.updated")
    assert [e["entity"]["id"] for e in events] == ids
    assert set(events[0]["data"]["fields"]) == set(changes)
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "update_beads", ids=[*ids, "bd-99"], changes={"title": "no"})
    assert refusal.value.code == "not_found"
    assert (await sql.call(alice, "show_bead", id=ids[0]))["title"] == "work"
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "update_beads", ids=ids, changes={"tittle": "no"})
    assert (refusal.value.code, refusal.value.details) == ("bad_field", {"field": "tittle"})


async def test_an_assignee_may_be_a_prefix(
    sql: Sql, alice: Caller, bob: Caller, make: MakeBead
) -> None:
    bead_id = await make(assignee="bob")
    assert (await sql.call(alice, "show_bead", id=bead_id))["assignee"] == "bob-backend"

    await sql.call(alice, "update_beads", ids=[bead_id], changes={"assignee": "zoe"})

    assert (await sql.call(alice, "show_bead", id=bead_id))["assignee"] == "zoe"


async def test_closing_tells_what_it_unblocked_and_who_does_related_work(
    sql: Sql, alice: Caller, bob: Caller, make: MakeBead
) -> None:
    epic = await make("Epic")
    first = await make("first", parent_id=epic)
    second = await make("second", depends_on=[first])
    child = await make("child", parent_id=second)
    sibling = await make("sibling", parent_id=epic)
    labelled = await make("labelled", labels=["auth"])
    await sql.call(alice, "update_beads", ids=[first], changes={"labels": ["auth"]})
    await make("unrelated", status="in_progress")
    for bead_id in (sibling, labelled):
        await sql.call(bob, "claim_bead", bead_id=bead_id)
    assert [b["id"] for b in (await sql.call(alice, "blocked_beads"))["beads"]] == [second, child]

    closed = await sql.call(alice, "close_beads", ids=[first], reason="done")

    assert [(b["status"], b["close_reason"]) for b in closed["beads"]] == [("closed", "done")]
    assert [b["id"] for b in closed["unblocked"]] == [second, child]
    assert [(r["bead_id"], r["holder"]) for r in closed["related"]] == [
        (sibling, "bob"), (labelled, "bob"),
    ]  # fmt: skip
    assert (await sql.call(alice, "blocked_beads"))["beads"] == []


async def test_reopening_blocks_again(
    sql: Sql, project: Project, alice: Caller, make: MakeBead
) -> None:
    first = await make("first")
    second = await make("second", depends_on=[first])
    await sql.call(alice, "close_beads", ids=[first])

    reopened = await sql.call(alice, "reopen_beads", ids=[first], reason="not yet")

    assert (reopened["beads"][0]["status"], reopened["beads"][0]["closed_at"]) == ("open", None)
    assert [b["id"] for b in (await sql.call(alice, "ready_beads"))["beads"]] == [first]
    assert (await sql.call(alice, "show_bead", id=second))["blocked"]
    assert len(await sql.events(project, "bead.reopened")) == 1


async def test_deleting_unblocks_and_hides(
    sql: Sql, project: Project, alice: Caller, make: MakeBead
) -> None:
    blocker = await make("blocker")
    epic = await make("epic", depends_on=[blocker])
    child = await make("child", parent_id=epic)
    waiting = await make("waiting", depends_on=[epic])

    await sql.call(alice, "delete_beads", ids=[epic], reason="dropped")

    ready = {b["id"] for b in (await sql.call(alice, "ready_beads"))["beads"]}
    assert ready == {blocker, child, waiting}
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "show_bead", id=epic)
    assert (refusal.value.code, refusal.value.message) == ("not_found", f"{epic} was deleted")
    listed = await sql.call(alice, "list_beads", include_closed=True)
    assert epic not in {b["id"] for b in listed["beads"]}


async def test_repeated_calls_with_a_key_happen_once(
    sql: Sql, project: Project, alice: Caller, make: MakeBead
) -> None:
    for _ in range(2):
        created = await sql.call(alice, "create_bead", title="once", idempotency_key="k1")
        await sql.call(alice, "comment_bead", id=created["id"], body="hello", idempotency_key="k2")
        closed = await sql.call(alice, "close_beads", ids=[created["id"]], idempotency_key="k3")
        await sql.call(alice, "reopen_beads", ids=[created["id"]])

    assert closed["replayed"]
    assert await sql.value("select count(*) from public.beads") == 1
    assert await sql.value("select count(*) from public.bead_comments") == 1
    assert len(await sql.events(project, "bead.closed")) == 1


async def test_other_projects_see_nothing(sql: Sql, alice: Caller, make: MakeBead) -> None:
    bead_id = await make()
    other = await sql.project("other")
    mallory = await sql.workspace(other, "mallory-dev")

    for fn, args in (
        ("show_bead", {"id": bead_id}),
        ("claim_bead", {"bead_id": bead_id}),
        ("update_beads", {"ids": [bead_id], "changes": {"title": "x"}}),
        ("close_beads", {"ids": [bead_id]}),
        ("comment_bead", {"id": bead_id, "body": "x"}),
        ("add_dependency", {"id": bead_id, "depends_on": bead_id}),
    ):
        with pytest.raises(Refused) as refusal:
            await sql.call(mallory, fn, **args)
        assert refusal.value.code == "not_found", fn
    assert (await sql.call(mallory, "list_beads"))["beads"] == []
    assert await sql.rows(mallory, "select * from public.beads") == []
    assert len(await sql.rows(alice, "select * from public.beads")) == 1
