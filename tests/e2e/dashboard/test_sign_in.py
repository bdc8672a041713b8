"""Signing in and out, and what a stranger sees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal


@pytest.fixture
def window(browser: Browser, alice: Terminal) -> Iterator[Dashboard]:
    dashboard = Dashboard(browser, alice)
    yield dashboard
    dashboard.close()


def sign_in_by_code(window: Dashboard, email: str, *, keep: bool = False) -> None:
    """The e-mail code form, with the code from the stack's outbox."""
    page = window.page
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    outbox = window.terminal.bdh(":stack", "mail").out
    code = re.findall(r"\b\d{6}\b", outbox.split(email, 1)[1])[0]
    page.get_by_label("Code").fill(code)
    if keep:
        page.get_by_label("Keep me signed in").check()
    page.get_by_role("button", name="Sign in").click()


def test_the_token_works_once_and_leaves_the_address_at_once(
    browser: Browser, window: Dashboard
) -> None:
    """Neither address nor storage hold it afterwards; a second use is refused."""
    address = window.address
    token = address.split("#token=")[1]
    window.page.goto(address)
    window.see("Live")
    assert token not in window.page.url
    stored = window.page.evaluate("() => JSON.stringify([localStorage, sessionStorage])")
    assert token not in stored
    kept = json.loads(stored)
    assert not [key for key in kept[0] if "auth" in key]
    second = Dashboard(browser, window.terminal)
    second.page.goto(address)
    second.see("This sign-in link was used")
    second.close()


def test_signing_out_forgets_the_session(window: Dashboard) -> None:
    window.page.goto(window.address)
    window.see("Live")
    window.click("Sign out")
    window.see("E-mail address")
    assert "auth" not in window.page.evaluate(
        "() => JSON.stringify([localStorage, sessionStorage])"
    )
    window.page.reload()
    window.see("E-mail address")


def test_a_human_signs_up_by_code_creates_a_project_and_sees_no_other(
    window: Dashboard, alice: Terminal
) -> None:
    """RLS is the only gate: another project's rows are not there, whatever is asked for."""
    hidden = alice.json("create", "Nobody else's business")["id"]
    window.page.goto(window.address.split("#")[0])
    sign_in_by_code(window, "nora@example.test", keep=True)
    window.see("Create one")
    window.fill("Slug", f"nora-{hidden}")
    window.click("Create project")
    window.see("Project nora", "main")
    window.go("overview")
    window.go(f"beads/{hidden}")
    window.gone("Nobody else's business")
    window.see("There is no bead", "main")
    assert "bdh.auth" in window.page.evaluate("() => JSON.stringify(localStorage)")


def test_a_member_joins_by_invitation(browser: Browser, window: Dashboard, alice: Terminal) -> None:
    """The owner makes an invitation; whoever has it becomes a member, with a member's rights."""
    window.page.goto(window.address)
    window.see("Live")
    window.choose_project()
    window.go("settings/invites")
    window.page.locator(".invite-form select").first.select_option("member")
    window.click("Make invite", "main")
    token = window.page.locator(".secret pre").inner_text().strip()
    guest = Dashboard(browser, alice)
    guest.page.goto(window.url)
    sign_in_by_code(guest, "guest@example.test")
    guest.fill("Invitation", token)
    guest.fill("Your name (optional)", "Gus Guest")
    guest.click("Join", "main")
    guest.see("Live")
    guest.go("settings/project")
    guest.see("An owner or admin may change these", "main")
    window.go("settings/members")
    window.page.reload()
    window.see("Gus Guest", "main")
    guest.close()


def test_an_export_is_a_page_for_any_static_host(
    window: Dashboard, alice: Terminal, tmp_path: Path
) -> None:
    """It carries its backend, and a policy that names it."""
    alice.bdh(":dashboard", "export", "--to", str(tmp_path / "site"))
    page = (tmp_path / "site" / "index.html").read_text()
    config = json.loads((tmp_path / "site" / "config.json").read_text())
    assert f"connect-src 'self' {config['url']} ws" in page
    assert "sb_secret" not in config["key"]
    assert (tmp_path / "site" / "llms.txt").exists()


def test_a_removed_member_sees_nothing_any_more(
    browser: Browser, window: Dashboard, alice: Terminal
) -> None:
    """The page of somebody who was taken out of the project goes back to the beginning."""
    window.page.goto(window.address)
    window.see("Live")
    window.choose_project()
    window.go("settings/invites")
    window.page.locator(".invite-form select").first.select_option("member")
    window.click("Make invite", "main")
    guest = Dashboard(browser, alice)
    guest.page.goto(window.url)
    sign_in_by_code(guest, "leaver@example.test")
    guest.fill("Invitation", window.page.locator(".secret pre").inner_text().strip())
    guest.fill("Your name (optional)", "Lea Leaver")
    guest.click("Join", "main")
    guest.see("Live")
    window.page.reload()
    window.go("settings/members")
    window.page.locator(".row").filter(has_text="Lea Leaver").get_by_role(
        "button", name="Remove"
    ).click()
    window.answer("Remove")
    guest.see("Create one", "main", seconds=15)
    guest.close()
