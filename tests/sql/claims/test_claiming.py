"""Claims: first come, first served; jump-ins; epochs; every path that ends work ends the claim."""

from __future__ import annotations

import pytest

from tests.sql.claims.conftest import bead
from tests.support.sql import Caller, Project, Refused, Sql


async def live(sql: Sql, bead_id: str) -> list[dict[str, object]]:
    rows = await sql.fetch(
        "select to_jsonb(c) as c from public.claims as c where bead_id = $1 and ended_at is null",
        bead_id,
    )
    return [row["c"] for row in rows]


async def test_a_claim_makes_the_bead_mine(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, bob)

    claim = await sql.call(alice, "claim_bead", bead_id=bead_id)

    assert (claim["bead_id"], claim["apex_id"], claim["epoch"]) == (bead_id, bead_id, 1)
    assert claim["holder"]["short"] == "alice"
    assert claim["bead"]["status"] == "in_progress"
    shown = await sql.call(bob, "show_bead", id=bead_id)
    assert shown["assignee"] == "alice-frontend"
    assert shown["claim"]["holder"]["human_name"] == "Alice Ample"
    assert shown["claim"]["holder"]["presence"] == "active"
    taken = await sql.events(project, "claim.taken")
    assert [(e["entity"]["id"], e["actor"]) for e in taken] == [(bead_id, alice.actor)]


async def test_a_second_claimant_is_told_who_has_it(sql: Sql, alice: Caller, bob: Caller) -> None:
    bead_id = await bead(sql, alice)
    claim = await sql.call(bob, "claim_bead", bead_id=bead_id)

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "claim_bead", bead_id=bead_id)

    assert (refusal.value.code, refusal.value.status) == ("claim_taken", 409)
    assert refusal.value.message == f"{bead_id} is being worked on by bob (Bob Smith)"
    details = refusal.value.details
    assert (details["bead_id"], details["epoch"], details["presence"]) == (bead_id, 1, "active")
    assert details["since"] == claim["claimed_at"]
    assert details["holder"]["name"] == "bob-backend"


async def test_an_unknown_human_is_left_out(sql: Sql, project: Project, alice: Caller) -> None:
    carol = await sql.workspace(project, "carol-docs")
    bead_id = await bead(sql, alice)
    await sql.call(carol, "claim_bead", bead_id=bead_id)

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "claim_bead", bead_id=bead_id)

    assert refusal.value.message == f"{bead_id} is being worked on by carol"


async def test_claiming_again_changes_nothing(sql: Sql, project: Project, alice: Caller) -> None:
    bead_id = await bead(sql, alice)
    first = await sql.call(alice, "claim_bead", bead_id=bead_id)

    again = await sql.call(alice, "claim_bead", bead_id=bead_id)

    assert again["already_held"]
    assert not first["already_held"]
    assert (again["id"], again["epoch"]) == (first["id"], 1)
    assert len(await sql.events(project, "claim.taken")) == 1


async def test_a_jump_in_needs_a_reason(sql: Sql, alice: Caller, bob: Caller) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "claim_bead", bead_id=bead_id, jump_in=True, reason="  ")

    assert (refusal.value.code, refusal.value.status) == ("reason_required", 400)
    assert (await live(sql, bead_id))[0]["holder_name"] == "alice-frontend"


async def test_a_jump_in_moves_the_claim_and_mails_the_holder(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice, "Fix login")
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    claim = await sql.call(
        bob, "claim_bead", bead_id=bead_id, jump_in=True, reason="alice is at lunch"
    )

    assert (claim["epoch"], claim["jumped_in_over"]["name"]) == (2, "alice-frontend")
    mail = await sql.fetch(
        "select m.subject, m.body, m.sender, r.recipient_id from public.mail as m"
        " join public.mail_recipients as r on r.mail_id = m.id"
    )
    assert [(row["subject"], row["recipient_id"]) for row in mail] == [
        (f"bob took over {bead_id}", alice.id)
    ]
    assert "alice is at lunch" in mail[0]["body"]
    assert mail[0]["sender"] == bob.actor
    history = (await sql.call(bob, "show_bead", id=bead_id))["claims"]
    assert [(c["epoch"], c["ended_reason"]) for c in history] == [(2, None), (1, "jump_in")]
    assert history[1]["ended_by"] == bob.actor
    jumps = await sql.events(project, "claim.jumped_in", "claim.released")
    assert [(e["type"], e["actor"]) for e in jumps] == [("claim.jumped_in", bob.actor)]
    assert jumps[0]["data"]["holder"] == alice.actor
    assert len(await sql.events(project, "claim.taken")) == 1


async def test_jumping_in_on_free_work_is_an_ordinary_claim(
    sql: Sql, project: Project, bob: Caller
) -> None:
    bead_id = await bead(sql, bob)

    claim = await sql.call(bob, "claim_bead", bead_id=bead_id, jump_in=True)

    assert claim["jumped_in_over"] is None
    assert await sql.events(project, "claim.jumped_in") == []


async def test_blocked_work_refuses_and_names_the_blockers(sql: Sql, alice: Caller) -> None:
    first, second = await bead(sql, alice, "first"), await bead(sql, alice, "second")
    await sql.call(alice, "add_dependency", id=second, depends_on=first)

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "claim_bead", bead_id=second)

    assert (refusal.value.code, refusal.value.status) == ("bead_blocked", 409)
    assert refusal.value.message == f"{second} is blocked by {first}"
    assert [b["id"] for b in refusal.value.details["blockers"]] == [first]
    assert (await sql.call(alice, "claim_bead", bead_id=second, force=True))["epoch"] == 1


@pytest.mark.parametrize(
    ("end", "code"), [("close_beads", "bead_closed"), ("delete_beads", "not_found")]
)
async def test_finished_work_cannot_be_claimed(
    sql: Sql, alice: Caller, end: str, code: str
) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, end, ids=[bead_id])

    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "claim_bead", bead_id=bead_id)

    assert refusal.value.code == code


async def test_an_older_epoch_is_refused(sql: Sql, alice: Caller, bob: Caller) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)
    await sql.call(bob, "claim_bead", bead_id=bead_id, jump_in=True, reason="mine")

    for fn, args in (
        ("close_beads", {"ids": [bead_id], "epoch": 1}),
        ("close_beads", {"ids": [bead_id], "epochs": {bead_id: 1}}),
        ("update_beads", {"ids": [bead_id], "changes": {"notes": "late"}, "epoch": 1}),
        ("release_bead", {"bead_id": bead_id, "epoch": 1}),
        ("claim_bead", {"bead_id": bead_id, "epoch": 1}),
    ):
        with pytest.raises(Refused) as refusal:
            await sql.call(alice, fn, **args)
        assert (refusal.value.code, refusal.value.status) == ("stale_claim", 409), fn
    assert await sql.call(bob, "update_beads", ids=[bead_id], changes={"notes": "x"}, epoch=2)


async def test_release_gives_the_bead_back_with_a_note(
    sql: Sql, project: Project, alice: Caller
) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    released = await sql.call(alice, "release_bead", bead_id=bead_id, note="half done")

    assert released["released"]
    assert released["claim"]["ended_reason"] == "released"
    shown = await sql.call(alice, "show_bead", id=bead_id)
    assert (shown["status"], shown["assignee"], shown["claim"]) == ("open", None, None)
    assert [c["body"] for c in shown["comments"]] == ["half done"]
    assert len(await sql.events(project, "claim.released")) == 1
    assert await sql.value("select count(*) from public.mail") == 0
    assert not (await sql.call(alice, "release_bead", bead_id=bead_id))["released"]


async def test_only_a_human_releases_for_another(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "release_bead", bead_id=bead_id, reason="stuck")
    assert (refusal.value.code, refusal.value.status) == ("human_only", 403)
    with pytest.raises(Refused) as refusal:
        await sql.call(project.owner, "release_bead", bead_id=bead_id)
    assert refusal.value.code == "reason_required"
    with pytest.raises(Refused) as refusal:
        await sql.call(
            project.owner, "release_bead", bead_id=bead_id, for_alias="bob", reason="crashed"
        )
    assert refusal.value.code == "claim_taken"

    await sql.call(
        project.owner, "release_bead", bead_id=bead_id, for_alias="alice", reason="crashed"
    )

    assert await live(sql, bead_id) == []
    assert await sql.value("select subject from public.mail") == f"owner-acme released {bead_id}"


async def test_closing_work_of_others_is_a_jump_in(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "close_beads", ids=[bead_id])
    assert refusal.value.code == "claim_taken"
    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "close_beads", ids=[bead_id], jump_in=True)
    assert refusal.value.code == "reason_required"

    await sql.call(bob, "close_beads", ids=[bead_id], jump_in=True, jump_in_reason="it is done")

    history = (await sql.call(bob, "show_bead", id=bead_id))["claims"]
    assert [(c["epoch"], c["ended_reason"]) for c in history] == [(2, "closed"), (1, "jump_in")]
    assert await sql.value("select subject from public.mail") == f"bob took over {bead_id}"
    types = [e["type"] for e in await sql.events(project)]
    assert types[-3:] == ["mail.sent", "claim.released", "bead.closed"]


async def test_every_status_but_in_progress_ends_the_claim(sql: Sql, alice: Caller) -> None:
    # A status of one's own comes by an import; from then on others may be given it.
    await sql.execute(
        "update public.beads set status = 'hooked' where id = $1", await bead(sql, alice)
    )
    for status, reason in (
        ("open", "released"), ("blocked", "status"), ("deferred", "status"), ("closed", "closed"),
        ("hooked", "status"),
    ):  # fmt: skip
        bead_id = await bead(sql, alice)
        await sql.call(alice, "claim_bead", bead_id=bead_id)

        await sql.call(alice, "update_beads", ids=[bead_id], changes={"status": status})

        assert await live(sql, bead_id) == []
        history = (await sql.call(alice, "show_bead", id=bead_id))["claims"]
        assert [c["ended_reason"] for c in history] == [reason]


async def test_deleting_ends_the_claim_and_tells_its_holder(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    await sql.call(bob, "delete_beads", ids=[bead_id], reason="a duplicate")

    assert await live(sql, bead_id) == []
    assert await sql.value("select subject from public.mail") == f"bob deleted {bead_id}"
    assert [e["entity"]["id"] for e in await sql.events(project, "bead.deleted")] == [bead_id]


async def test_any_path_that_changes_the_status_ends_the_claim(sql: Sql, alice: Caller) -> None:
    bead_id = await bead(sql, alice)
    await sql.call(alice, "claim_bead", bead_id=bead_id)

    await sql.execute("update public.beads set status = 'open' where id = $1", bead_id)

    assert await live(sql, bead_id) == []


async def test_removing_the_workspace_ends_its_claims(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    ids = [await bead(sql, alice) for _ in range(3)]
    for bead_id in ids[:2]:
        await sql.call(alice, "claim_bead", bead_id=bead_id)
    await sql.call(bob, "claim_bead", bead_id=ids[2])

    await sql.call(project.owner, "remove_workspace", alias="alice")

    claims = (await sql.call(bob, "list_claims"))["claims"]
    assert [c["bead_id"] for c in claims] == [ids[2]]
    ready = (await sql.call(bob, "ready_beads"))["beads"]
    assert {b["id"] for b in ready} == set(ids[:2])
    with pytest.raises(Refused) as refusal:
        await sql.call(alice, "claim_bead", bead_id=ids[0])
    assert (refusal.value.code, refusal.value.status) == ("workspace_gone", 410)


async def test_removing_a_member_ends_its_claims(sql: Sql, project: Project, bob: Caller) -> None:
    ann = await sql.member(project, "member", "Ann")
    bead_id = await bead(sql, bob)
    claim = await sql.call(ann, "claim_bead", bead_id=bead_id)
    assert claim["holder"] | {"last_seen": None} == {
        "kind": "member", "id": str(ann.id), "name": "Ann", "short": "Ann", "human_name": None,
        "presence": "active", "last_seen": None,
    }  # fmt: skip
    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "claim_bead", bead_id=bead_id)
    assert refusal.value.message == f"{bead_id} is being worked on by Ann"

    await sql.call(project.owner, "remove_member", member_id=ann.id)

    assert await live(sql, bead_id) == []


async def test_a_claim_goes_stale_when_its_holder_is_gone(
    sql: Sql, project: Project, alice: Caller, bob: Caller
) -> None:
    mine, yours = await bead(sql, bob), await bead(sql, bob)
    await sql.call(alice, "claim_bead", bead_id=mine)
    await sql.call(bob, "claim_bead", bead_id=yours)
    await sql.seen(alice, "5 hours")

    claims = (await sql.call(bob, "list_claims"))["claims"]

    assert {c["bead_id"]: c["stale"] for c in claims} == {mine: True, yours: False}
    stale = (await sql.call(bob, "list_claims", stale=True))["claims"]
    assert [c["holder"]["presence"] for c in stale] == ["offline"]
    status = await sql.call(bob, "team_status")
    shown = {w["alias"]: w["claims"] for w in status["workspaces"]}
    assert [c["stale"] for c in shown["alice-frontend"]] == [True]


async def test_claims_are_listed_by_holder_bead_and_page(
    sql: Sql, alice: Caller, bob: Caller
) -> None:
    ids = [await bead(sql, alice) for _ in range(5)]
    for bead_id in ids:
        await sql.call(alice, "claim_bead", bead_id=bead_id)
    await sql.call(alice, "release_bead", bead_id=ids[0])

    page = await sql.call(alice, "list_claims", mine=True, limit=3)
    rest = await sql.call(alice, "list_claims", mine=True, limit=3, cursor=page["next_cursor"])

    assert [c["bead_id"] for c in page["claims"] + rest["claims"]] == ids[:0:-1]
    assert rest["next_cursor"] is None
    assert (await sql.call(bob, "list_claims", mine=True))["claims"] == []
    assert len((await sql.call(bob, "list_claims", holder="ali"[:3] + "ce"))["claims"]) == 4
    history = await sql.call(bob, "list_claims", bead_id=ids[0], include_ended=True)
    assert [c["ended_reason"] for c in history["claims"]] == ["released"]


async def test_update_to_in_progress_claims(sql: Sql, alice: Caller, bob: Caller) -> None:
    ids = [await bead(sql, alice) for _ in range(2)]

    updated = await sql.call(alice, "update_beads", ids=ids, changes={"status": "in_progress"})

    assert [c["bead_id"] for c in updated["claims"]] == ids
    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "update_beads", ids=ids[:1], changes={"status": "in_progress"})
    assert refusal.value.code == "claim_taken"
    with pytest.raises(Refused) as refusal:
        await sql.call(bob, "update_beads", ids=ids[:1], changes={"status": "open"})
    assert refusal.value.code == "claim_taken"
    await sql.call(
        bob, "update_beads", ids=ids[:1], changes={"status": "in_progress", "priority": 0},
        jump_in=True, reason="urgent",
    )  # fmt: skip
    shown = await sql.call(bob, "show_bead", id=ids[0])
    assert (shown["claim"]["holder"]["name"], shown["priority"]) == ("bob-backend", 0)
