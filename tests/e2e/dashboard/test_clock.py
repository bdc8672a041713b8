"""A browser whose clock is wrong tells the same time and presence as `bdh :status`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal


def wrong_window(browser: Browser, alice: Terminal, hours: int) -> Dashboard:
    """A browser in which it is so many hours later than it is."""
    window = Dashboard(browser, alice)
    window.page.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    window.open()
    return window


@pytest.mark.parametrize("hours", [-2, 2])
def test_presence_and_ages_are_told_by_the_servers_clock(
    browser: Browser, alice: Terminal, bob: Terminal, hours: int
) -> None:
    """Who is there is active, what was just done is new; the session lasts as long as it does."""
    bob.bdh(":reserve", "src/clock.py", "--ttl", "15m")
    alice.bdh(":status")
    window = wrong_window(browser, alice, hours)
    renewed: list[str] = []
    window.page.on(
        "request", lambda request: renewed.append(request.url) if "/token" in request.url else None
    )
    told = re.findall(r"^- (\S+) — \S+ — (\w+)", alice.bdh(":status").out, re.MULTILINE)
    assert told
    for alias, presence in told:
        row = window.page.locator(".agent-row").filter(has_text=alias)
        expect(row.get_by_role("img", name=presence)).to_be_visible()
    bead = alice.json("create", f"Seen at {hours}")["id"]
    window.go("beads")
    row = window.page.locator(".bead-row").filter(has_text=f"Seen at {hours}")
    expect(row.locator("time")).to_have_text("now")
    alice.bdh("claim", bead)
    window.go("claims?show=stale")
    window.see("No claim is stale", "main")
    window.go("files")
    expect(window.page.locator(".lock-row").filter(has_text="clock.py")).to_contain_text("14m left")
    bob.bdh(":release-paths", "--all")
    alice.bdh("close", bead)
    window.page.reload()
    window.see("Live")
    assert renewed == []
    window.close()


def spoil(window: Dashboard, *names: str) -> None:
    """Make these tokens of the kept session ones that the server does not know."""
    window.page.evaluate(
        """names => {
            const kept = JSON.parse(sessionStorage.getItem('bdh.auth'));
            for (const name of names) kept[name] = kept[name].slice(0, -8) + 'AAAAAAAA';
            sessionStorage.setItem('bdh.auth', JSON.stringify(kept));
        }""",
        names,
    )


def test_a_token_that_expired_is_renewed_without_a_word(browser: Browser, alice: Terminal) -> None:
    """What the server refuses as expired is asked again with a new token."""
    window = Dashboard(browser, alice)
    window.open(afresh=True)
    spoil(window, "access_token")
    window.go("mail")
    window.see("Mail", "main h1")
    expect(window.page.locator("main .problem")).to_have_count(0)
    bead = alice.json("create", "After the token")["id"]
    window.go(f"beads/{bead}")
    window.see("After the token", ".detail-title")
    window.close()


def test_a_session_that_ended_leads_to_the_sign_in_page_with_a_word(
    browser: Browser, alice: Terminal
) -> None:
    """Nobody wonders where the project went; the address is kept for after signing in."""
    window = Dashboard(browser, alice)
    window.open(afresh=True)
    spoil(window, "access_token", "refresh_token")
    window.go("mail")
    window.see("You were signed out: this session has ended")
    window.see("E-mail address")
    assert window.page.url.endswith("#/mail")
    window.close()
