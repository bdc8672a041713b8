"""What wore on whoever left the page open for a day: focus, lost text, sleep, a dead connection."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal


def test_the_keyboard_goes_on_where_it_was(board: Dashboard, alice: Terminal) -> None:
    """Closing a bead leads back to its row, a dialog to what opened it."""
    for n in range(3):
        alice.bdh("create", f"Row {n}", "--labels", "focus")
    board.go("beads?label=focus")
    page = board.page
    expect(page.locator(".bead-row")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    board.see("Row 1", ".detail-title")
    page.locator(".split-detail > .back").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bead-row").nth(1).locator("[data-row]")).to_be_focused()
    page.keyboard.press("Enter")
    button = page.locator(".split-detail").get_by_role("button", name="Close", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("?")
    page.locator("dialog[open]").get_by_role("button", name="Close").click()
    expect(button).to_be_focused()


def test_a_narrow_window_takes_the_keyboard_into_the_detail(
    board: Dashboard, alice: Terminal
) -> None:
    """The list is hidden behind it there, and comes back with the row."""
    alice.bdh("create", "Narrow", "--labels", "narrow")
    board.page.set_viewport_size({"width": 390, "height": 800})
    board.go("beads?label=narrow")
    board.see("Narrow", ".bead-row")
    board.page.keyboard.press("j")
    board.page.keyboard.press("Enter")
    expect(board.page.locator(".split-detail")).to_be_focused()
    board.page.keyboard.press("Escape")
    expect(board.page.locator(".bead-row [data-row]")).to_be_focused()


def test_text_that_was_typed_is_not_lost_to_a_key(board: Dashboard) -> None:
    """Escape leaves the field, and says that there is text before it would close the form."""
    board.go("beads/new")
    board.fill("Title", "Half a thought")
    board.page.keyboard.press("Escape")
    board.page.keyboard.press("Escape")
    assert "not saved" in board.refusal()
    expect(board.page.get_by_label("Title")).to_have_value("Half a thought")
    board.page.locator(".toast.bad button").click()
    board.click("Cancel", ".split-detail")
    expect(board.page.locator(".split-detail")).to_have_count(0)


def test_what_failed_while_offline_is_there_when_the_network_is_back(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """The view that could not be read reads itself; a refused action was taken back."""
    bead = alice.json("create", "Before the tunnel")["id"]
    board.go(f"beads/{bead}")
    board.see("Before the tunnel", ".detail-title")
    board.context.set_offline(True)
    board.click("Claim", ".split-detail")
    assert "cannot be reached" in board.refusal()
    board.page.locator(".toast.bad button").click()
    board.see("open", ".detail-head")
    board.go("mail")
    board.see("The backend cannot be reached", "main")
    board.see("Stale", ".bar")
    bob.bdh(":aweb", "mail", "send", "@humans", "Seen later", "--subject", "In the tunnel")
    board.context.set_offline(False)
    board.see("In the tunnel", ".split-list", seconds=15)
    board.see("Live", ".bar", seconds=15)


def test_a_page_that_slept_catches_up_when_it_wakes(board: Dashboard, alice: Terminal) -> None:
    """A frozen tab reads what happened meanwhile, without a reload."""
    board.go("beads")
    expect(board.page.locator("main h1")).to_be_visible()
    session = board.context.new_cdp_session(board.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    alice.bdh("create", "While it slept", "-p", "0")
    session.send("Page.setWebLifecycleState", {"state": "active"})
    board.see("While it slept", ".rows", seconds=10)


def test_read_mail_is_read_in_the_list_too(board: Dashboard, bob: Terminal) -> None:
    """Opening it takes the dot and the badge away."""
    bob.bdh(":aweb", "mail", "send", "@humans", "Look here", "--subject", "Unread until opened")
    board.go("mail")
    row = board.page.locator(".talk-row").filter(has_text="Unread until opened")
    expect(row.locator(".unread")).to_be_visible()
    row.locator("[data-row]").click()
    board.see("Look here", ".split-detail")
    expect(row.locator(".unread")).to_have_count(0)
    board.see("read by 1 of 1", ".split-detail")


def test_the_graph_stays_where_it_was_moved_to(board: Dashboard, alice: Terminal) -> None:
    """A bead that changes its state does not take the picture back to the beginning."""
    first = alice.json("create", "Lay bricks", "--labels", "wall")["id"]
    second = alice.json("create", "Paint bricks", "--labels", "wall")["id"]
    alice.bdh("dep", "add", second, first)
    board.go("beads?as=graph&label=wall")
    page = board.page
    node = page.locator("g.node").filter(has_text=first)
    expect(node).to_be_visible()
    page.get_by_label("Zoom in").click()
    page.locator(".graph-picture").press("ArrowLeft")
    moved = page.locator(".graph-picture > g").get_attribute("transform")
    alice.bdh("claim", first)
    expect(node).to_contain_text("alice")
    assert page.locator(".graph-picture > g").get_attribute("transform") == moved
    board.click("Fit", ".graph")
    assert page.locator(".graph-picture > g").get_attribute("transform") != moved


def test_enter_on_a_row_opens_and_changes_nothing(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    """Of a claim the bead, of a lock its holder: giving either back takes its button."""
    bead = alice.json("create", "Held by alice")["id"]
    alice.bdh("claim", bead)
    bob.bdh(":reserve", "only/this.py")
    page = board.page
    board.go("claims")
    board.see("Held by alice", ".claim-row")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    board.see("Held by alice", ".detail-title")
    board.go("files")
    board.see("this.py", ".lock-row")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    board.see("bob-frontend", "main h1")
    assert [one["path"] for one in bob.json(":locks", "--mine")["locks"]] == ["only/this.py"]


def test_a_long_list_is_walked_by_keyboard(board: Dashboard, alice: Terminal) -> None:
    """Rows that are not drawn yet are when the keyboard comes to them."""
    lines = [f'{{"id": "bd-9{n:03}", "title": "Long list {n:03}"}}' for n in range(150)]
    (alice.directory / "long.jsonl").write_text("\n".join(lines))
    alice.bdh("import", "long.jsonl")
    board.go("beads?q=long+list&sort=created")
    expect(board.page.locator(".count-line")).to_contain_text("150 of")
    board.page.locator(".bead-row [data-row]").first.focus()
    for _ in range(100):
        board.page.keyboard.press("j")
    focused = board.page.evaluate("() => document.activeElement.textContent")
    assert "Long list" in focused
    reached = board.page.locator(".bead-row [data-row]:focus")
    expect(reached).to_be_in_viewport()
    assert focused != board.page.locator(".bead-row [data-row]").first.inner_text()
