"""Cards go where a rule lets them, by mouse and by keyboard; elsewhere the column says why not."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal


def card(board: Dashboard, bead: str) -> Locator:
    return board.page.locator(".board-card").filter(has=board.page.get_by_text(bead, exact=True))


def column(board: Dashboard, title: str) -> Locator:
    return board.page.get_by_role("region", name=title, exact=True)


def lands(board: Dashboard, bead: str, title: str) -> None:
    found = column(board, title).locator(".board-card")
    expect(found.filter(has=board.page.get_by_text(bead, exact=True))).to_be_visible()


def pick_up(board: Dashboard, bead: str, over: str) -> None:
    """Press the mouse on a card and carry it over a column, without letting go."""
    page = board.page
    card(board, bead).hover()
    page.mouse.down()
    box = column(board, over).bounding_box()
    assert box is not None
    for step in (1, 2, 3):
        page.mouse.move(box["x"] + 40, box["y"] + 100 + step, steps=4)
    expect(board.page.locator(".is-dragging")).to_be_visible()


def test_a_card_is_dragged_from_ready_to_its_end(board: Dashboard, alice: Terminal) -> None:
    """Claimed by the human, given back, put off, closed, reopened: each is what the drop says."""
    bead = alice.json("create", "Drag me", "--labels", "dragged")["id"]
    board.go("beads?as=board&label=dragged")
    for over, words, status in (
        ("In progress", "Claim it for yourself", "in_progress"),
        ("Waiting", "Release and defer it", "deferred"),
        ("Ready", "Make it ready", "open"),
    ):
        pick_up(board, bead, over)
        expect(column(board, over).locator(".drop-words")).to_have_text(words)
        board.page.mouse.up()
        lands(board, bead, over)
        assert alice.json("show", bead)["status"] == status
    pick_up(board, bead, "Closed")
    board.page.mouse.up()
    board.answer("Close", "dragged enough")
    lands(board, bead, "Closed")
    assert alice.json("show", bead)["close_reason"] == "dragged enough"
    pick_up(board, bead, "In progress")
    expect(column(board, "In progress").locator(".drop-words")).to_contain_text("reopen it first")
    board.page.mouse.up()
    pick_up(board, bead, "Ready")
    board.page.mouse.up()
    lands(board, bead, "Ready")


def test_a_column_says_why_it_does_not_take_a_card(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """Before the drop, and nothing happens after it; another's claim asks for a reason."""
    first = alice.json("create", "Boil water", "--labels", "tea")["id"]
    second = alice.json("create", "Pour tea", "--labels", "tea")["id"]
    alice.bdh("dep", "add", second, first)
    bob.bdh("claim", first)
    board.go("beads?as=board&label=tea")
    pick_up(board, second, "In progress")
    expect(column(board, "In progress").locator(".drop-words")).to_contain_text("It is blocked")
    expect(column(board, "Ready").locator(".drop-words")).to_contain_text("It is blocked until")
    board.page.mouse.up()
    lands(board, second, "Waiting")
    pick_up(board, first, "Waiting")
    expect(column(board, "Waiting").locator(".drop-words")).to_have_text(
        "bob-frontend works on it: release it first"
    )
    board.page.mouse.up()
    pick_up(board, first, "Ready")
    board.page.mouse.up()
    board.answer("Release", "bob went for a walk")
    lands(board, first, "Ready")
    assert alice.json("show", first)["status"] == "open"


def test_cards_are_moved_by_keyboard_alone(board: Dashboard, alice: Terminal) -> None:
    """`m` lists the moves with their words, Shift and an arrow do the next one."""
    bead = alice.json("create", "Move me", "--labels", "moved")["id"]
    board.go("beads?as=board&label=moved")
    page = board.page
    lands(board, bead, "Ready")
    page.keyboard.press("j")
    page.keyboard.press("m")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Claim it for yourself")
    assert board.axe() == []
    expect(dialog.get_by_role("button", name="Ready")).to_be_disabled()
    dialog.get_by_role("button", name="In progress").press("Enter")
    lands(board, bead, "In progress")
    card(board, bead).locator("[data-row]").press("Shift+ArrowLeft")
    lands(board, bead, "Waiting")
    card(board, bead).locator("[data-row]").press("m")
    dialog.get_by_role("button", name="Closed").press("Enter")
    board.answer("Close", "")
    lands(board, bead, "Closed")
    card(board, bead).locator("[data-row]").press("Shift+ArrowLeft")
    assert "reopen it first" in board.refusal()
    page.locator(".toast.bad button").click()
