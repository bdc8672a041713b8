"""Every view, in both themes and at three widths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.dashboard.page import VIEWS, Dashboard
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def busy(alice: Terminal, bob: Terminal) -> Terminal:
    """A project in which something is going on everywhere."""
    epic = alice.json("create", "Payments", "-t", "epic")["id"]
    first = alice.json("create", "Store tokens", "--parent", epic, "-l", "pci")["id"]
    second = alice.json("create", "Refunds", "--parent", epic, "-t", "bug")["id"]
    alice.bdh("dep", "add", second, first)
    alice.bdh("claim", first)
    alice.bdh("comment", first, "Half **done**, see `api.py`")
    alice.bdh(":reserve", "src/api.py", "src/payments/", "--reason", "tokens")
    bob.bdh(":aweb", "mail", "send", "@humans", "All quiet", "--subject", "Report")
    bob.bdh(":aweb", "chat", "send-and-leave", "alice", "Which **shape**?")
    bob.bdh(":escalate", "Round up?", "Cents are lost", "--option", "Up", "--option", "Down")
    return alice


@pytest.fixture
def window(browser: Browser, busy: Terminal) -> Iterator[Dashboard]:
    dashboard = Dashboard(browser, busy)
    dashboard.open()
    yield dashboard
    dashboard.close()


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, busy: Terminal) -> Iterator[Dashboard]:
    dashboard = Dashboard(browser, busy, color_scheme=request.param)
    dashboard.open()
    yield dashboard
    dashboard.close()


def places(terminal: Terminal) -> list[str]:
    """Every view, and one of each thing that can be open."""
    bead = terminal.json("list", "--type", "task")["beads"][0]["id"]
    return [*VIEWS, f"beads/{bead}", "agents/alice-backend"]


def test_every_view_is_drawn_and_accessible(themed: Dashboard, busy: Terminal) -> None:
    """No fault, nothing axe minds, a heading, and no sideways scrolling on a phone."""
    found: list[str] = []
    for place in places(busy):
        themed.go(place)
        expect(themed.page.locator("main h1, main h2").first).to_be_visible()
        with suppress(AssertionError):
            expect(themed.page.locator("main .loading")).to_have_count(0, timeout=3000)
        found += [f"{place}: {one}" for one in themed.axe()]
    for place in dialogs(themed):
        found += [f"dialog of {place}: {one}" for one in themed.axe()]
    assert not found, "\n".join(found)


def dialogs(window: Dashboard) -> Iterator[str]:
    """The palette, the list of keys, a question, a card's moves: each open in turn."""
    page = window.page
    for place, opens in (
        ("overview", lambda: page.keyboard.press("Control+k")),
        ("overview", lambda: page.keyboard.press("?")),
        ("claims", lambda: window.click("Release", "main")),
        ("beads?as=board", lambda: page.locator(".card-move").first.click()),
    ):
        window.go(place)
        expect(page.locator("main h1").first).to_be_visible()
        opens()
        expect(page.locator("dialog[open]")).to_be_visible()
        yield place
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_nothing_overflows_at_any_width(window: Dashboard, busy: Terminal) -> None:
    """From 360 px on the page itself never scrolls sideways."""
    wide: list[str] = []
    for width in (360, 800):
        window.page.set_viewport_size({"width": width, "height": 800})
        for place in places(busy):
            window.go(place)
            window.page.wait_for_timeout(60)
            over = window.page.evaluate(
                "() => { const it = document.querySelector('main');"
                " return it.scrollWidth - it.clientWidth }"
            )
            wide += [f"{place} at {width}: {over} px"] if over > 0 else []
    assert not wide, "\n".join(wide)


def test_a_detail_can_be_linked_to_and_talk_opens(window: Dashboard, busy: Terminal) -> None:
    """Chat, escalation and mail open from their lists."""
    for view, row, text in (
        ("chat", "alice-backend", "shape"),
        ("escalations", "Round up?", "Cents are lost"),
        ("mail", "Report", "All quiet"),
    ):
        window.go(view)
        window.page.locator("main [data-row]").get_by_text(row).first.click()
        window.see(text, ".split-detail")
        assert window.axe() == []
        window.page.reload()
        window.see(text, ".split-detail")


def test_keyboard_alone_is_enough(window: Dashboard, busy: Terminal) -> None:
    """The palette finds a bead; rows are walked with j and k; Escape closes."""
    page = window.page
    page.keyboard.press("Control+k")
    expect(page.locator(".palette-input")).to_be_focused()
    page.keyboard.type("refunds")
    window.see("Refunds", ".palette-list")
    page.keyboard.press("Enter")
    window.see("Refunds", ".split-detail")
    page.keyboard.press("Escape")
    expect(page.locator(".split-detail")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".split-detail")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("c")
    window.see("Claims", "main h1")
    page.keyboard.press("?")
    window.see("Keyboard", "dialog")
