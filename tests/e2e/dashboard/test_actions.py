"""What a human does, and what the agents' command line sees of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal


def test_a_bead_from_creation_to_its_end(board: Dashboard, alice: Terminal) -> None:
    """Create, edit, claim, release, comment, depend, close, reopen, delete."""
    board.go("beads/new")
    board.fill("Title", "Paint the fence")
    board.fill("Labels", "garden blue")
    board.fill("Description", "With **two** coats")
    board.click("Create", "main")
    board.see("Paint the fence", ".detail-title")
    bead = board.page.url.rsplit("/", 1)[1]
    assert alice.json("show", bead)["labels"] == ["blue", "garden"]
    board.click("Edit", ".split-detail")
    board.fill("Title", "Paint the gate")
    board.click("Save", "main")
    board.see("Paint the gate", ".detail-title")
    board.click("Claim", ".split-detail")
    board.see("in progress", ".detail-head")
    board.click("Release", ".split-detail")
    board.answer("Release", "the paint is gone")
    board.see("open", ".detail-head")
    board.see("the paint is gone", ".comment")
    board.fill("Comment", "ordered more")
    board.click("Send", ".split-detail")
    board.see("ordered more", ".comment")
    board.click("Close", ".split-detail")
    board.answer("Close", "done with it")
    board.see("closed", ".detail-head")
    assert alice.json("show", bead)["close_reason"] == "done with it"
    board.click("Reopen", ".split-detail")
    board.see("open", ".detail-head")
    board.click("Delete", ".split-detail")
    board.answer("Delete", "")
    expect(board.page.locator(".split-detail")).to_have_count(0)
    assert alice.json("show", bead, expect=1)["error"]["code"] == "not_found"


def test_dependencies_are_added_and_removed(board: Dashboard, alice: Terminal) -> None:
    """A bead that waits says for what; a cycle is refused in the database's words."""
    first = alice.json("create", "Dig the hole")["id"]
    second = alice.json("create", "Plant the tree")["id"]
    board.go(f"beads/{second}")
    board.page.get_by_text("Add a dependency").click()
    board.fill("Bead it depends on", first)
    board.click("Add", ".split-detail")
    board.see("Blocked by", ".split-detail")
    assert alice.json("show", second)["blocked"] is True
    board.go(f"beads/{first}")
    board.see("Dig the hole", ".detail-title")
    board.page.get_by_text("Add a dependency").click()
    board.fill("Bead it depends on", second)
    board.click("Add", ".split-detail")
    assert second in board.refusal()
    board.go(f"beads/{second}")
    board.page.get_by_label(f"Remove the dependency on {first}").click()
    board.gone("Blocked by")
    board.page.locator(".toast.bad button").click()


def test_a_refused_action_is_taken_back_in_the_refusals_words(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """The page shows the claim at once, then why there is none."""
    blocker = alice.json("create", "Lay the pipe")["id"]
    bead = alice.json("create", "Open the tap")["id"]
    alice.bdh("dep", "add", bead, blocker)
    board.go(f"beads/{bead}")
    board.click("Claim", ".split-detail")
    assert "blocked" in board.refusal()
    board.see("blocked", ".detail-head")
    board.page.locator(".toast.bad button").click()


def test_another_agents_claim_is_taken_over_and_released(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """Both need a reason, and the holder is told it."""
    one = alice.json("create", "Mow the lawn")["id"]
    two = alice.json("create", "Rake the leaves")["id"]
    bob.bdh("claim", one)
    bob.bdh("claim", two)
    board.go(f"beads/{one}")
    board.click("Take over", ".split-detail")
    board.answer("Take over", "the mower is mine")
    board.see("you", ".held")
    told = bob.json(":aweb", "mail", "search", "mower")["mail"][0]
    assert "the mower is mine" in told["body"]
    board.go("claims")
    board.page.locator(".claim-row").filter(has_text="Rake the leaves").get_by_role(
        "button", name="Release"
    ).click()
    board.answer("Release", "bob is on holiday")
    board.gone("Rake the leaves")
    assert alice.json("show", two)["status"] == "open"


def test_held_files_are_released(board: Dashboard, bob: Terminal) -> None:
    """The tree shows who holds what; a member may give it back."""
    bob.bdh(":reserve", "lib/deep/one.py", "lib/deep/two.py", "--reason", "digging")
    board.go("files")
    row = board.page.locator(".lock-row").filter(has_text="two.py")
    expect(row).to_contain_text("bob-frontend")
    row.get_by_role("button", name="Release").click()
    expect(row).to_have_count(0)
    held = [lock["path"] for lock in bob.json(":locks", "--mine")["locks"]]
    assert held == ["lib/deep/one.py"]


def test_mail_goes_both_ways_with_receipts(board: Dashboard, bob: Terminal) -> None:
    """Written here, read there, acknowledged there; the answer is read here."""
    board.go("mail/new?to=bob-frontend")
    board.fill("Subject", "Lunch")
    board.fill("Text", "Soup at *noon*?")
    board.page.get_by_label("Ask for an acknowledgement").check()
    board.click("Send", "main")
    board.see("read by 0 of 1", ".split-detail")
    mail = next(
        one for one in bob.json(":aweb", "mail", "list")["mail"] if one["subject"] == "Lunch"
    )
    bob.bdh(":aweb", "mail", "open", mail["id"])
    bob.bdh(":aweb", "mail", "reply", mail["id"], "With bread")
    board.see("With bread", ".split-detail")
    board.fill("Reply", "And butter")
    board.click("Reply", ".split-detail")
    board.see("And butter", ".split-detail")
    assert bob.json(":aweb", "mail", "search", "butter")["mail"][0]["body"] == "And butter"


def test_a_waiting_agent_is_answered_in_chat(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """The page shows who waits for whom; joining and answering ends the wait."""
    waiting = bob.start(
        ":aweb",
        "chat",
        "send-and-wait",
        "alice",
        "Which hammer?",
        "--start-conversation",
        "--wait",
        "60s",
    )
    try:
        board.see("waiting", ".attention")
        board.page.locator(".attention").get_by_role("link", name="Watch").first.click()
        board.see("Which hammer?", ".messages")
        board.see("bob-frontend waits for", ".conversation")
        board.click("Join and answer", "main")
        board.fill("Message", "The small one")
        board.click("Send", "main")
        board.see("The small one", ".messages")
        out, _ = waiting.communicate(timeout=30)
        assert "The small one" in out
    finally:
        waiting.kill()
        waiting.wait()


@pytest.mark.parametrize("how", ["option", "words"])
def test_an_escalation_is_answered(board: Dashboard, bob: Terminal, how: str) -> None:
    """By a button or in words; the waiting command returns with it."""
    asking = bob.start(
        ":escalate",
        f"Fence colour by {how}?",
        "It **matters**",
        "--option",
        "Green",
        "--option",
        "Red",
        "--wait",
    )
    try:
        board.see(f"Fence colour by {how}?", ".attention").click()
        board.page.locator(".attention li").filter(has_text=how).get_by_role(
            "link", name="Answer"
        ).click()
        if how == "option":
            board.click("Red", ".split-detail")
        else:
            board.fill("Or answer in your own words", "Ask the neighbours")
            board.click("Send answer", ".split-detail")
        board.see("answered", ".outcome")
        out, _ = asking.communicate(timeout=30)
        assert ("Red" if how == "option" else "Ask the neighbours") in out
    finally:
        asking.kill()
        asking.wait()


def test_a_policy_is_edited_compared_and_put_in_force(board: Dashboard, alice: Terminal) -> None:
    """A draft shows its difference; activating makes it what agents read."""
    board.go("policies")
    board.click("Edit", "main")
    box = board.page.get_by_label("Invariants, one a line")
    box.fill(box.input_value() + "\nWater the plants on Mondays.")
    board.fill("What changes, for the history", "plants")
    board.click("Show the difference", "main")
    board.see("+ - Water the plants on Mondays.", ".diff")
    board.click("Save as v1", "main")
    board.see("not in force", "main .view-head")
    assert "Water the plants" not in alice.bdh(":policy").out
    board.click("Put in force", "main .view-head")
    board.answer("Put in force")
    board.see("in force", "main .view-head .tone-ok")
    assert "Water the plants" in alice.bdh(":policy").out


def test_settings_invites_and_workspaces(board: Dashboard, alice: Terminal) -> None:
    """A setting changes, an invitation is made and revoked, a workspace is removed."""
    board.go("settings/project")
    board.page.locator(".setting").filter(has_text="Git hooks").get_by_role(
        "combobox"
    ).select_option("block")
    board.see("Saved", ".toasts")
    assert (
        alice.env(BDH_HUMAN="1").json(":project", "settings")["settings"]["guard_mode"] == "block"
    )
    board.go("settings/invites")
    board.click("Make invite", "main")
    board.see("bdh :join", ".secret")
    board.click("Revoke", "main")
    board.see("None", "main")
    alice.bdh(":add-worktree", "tester", "--alias", "dora-tester")
    board.go("settings/workspaces")
    board.page.locator(".row").filter(has_text="dora-tester").get_by_role(
        "button", name="Remove"
    ).click()
    board.answer("Remove")
    board.gone("dora-tester")
    assert "dora-tester" not in alice.bdh(":status").out
