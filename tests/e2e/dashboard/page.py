"""A human before the dashboard: what tests click, read and listen for."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.support.terminal import Terminal

VIEWS = (
    "overview", "beads", "beads?as=board", "beads?as=graph&show=all", "beads/new", "claims",
    "files", "mail", "mail/new", "chat", "chat/new", "escalations", "policies", "settings/project",
    "settings/workspaces", "settings/members", "settings/invites", "settings/plan",
    "settings/delivery", "settings/account", "start",
)  # fmt: skip
SECONDS = 1000.0
PROJECTS: dict[Path, str] = {}
# The operator's session on a stack: address and tokens, so that not every window signs in anew.
SESSIONS: dict[str, tuple[str, str]] = {}
SIGN_IN = """kept => {
    if (sessionStorage.getItem('bdh.tested')) return;
    sessionStorage.setItem('bdh.tested', 'yes');
    sessionStorage.setItem('bdh.auth', kept);
}"""
# What Chromium says by itself when a server goes away or refuses: no fault of the page.
EXPECTED_NOISE = re.compile(r"Failed to load resource|WebSocket connection|net::ERR_")


def project_of(terminal: Terminal) -> str:
    """The slug of a terminal's project, asked for once."""
    if terminal.directory not in PROJECTS:
        PROJECTS[terminal.directory] = terminal.json(":whoami")["project"]["slug"]
    return PROJECTS[terminal.directory]


class Dashboard:
    """One browser window on the stack of `terminal`."""

    def __init__(self, browser: Browser, terminal: Terminal, **options: Any) -> None:
        self.terminal = terminal.env(BDH_HUMAN="1")
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1440, "height": 900}, **options
        )
        self.context.set_default_timeout(8 * SECONDS)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED_NOISE.search(message.text):
            self.faults.append(message.text)

    @property
    def address(self) -> str:
        """An address that signs in once."""
        printed: str = self.terminal.bdh(":dashboard", "--print-url").out.strip()
        return printed

    @property
    def url(self) -> str:
        return self.page.url.split("#", 1)[0]

    def open(self, *, afresh: bool = False) -> None:
        """
        Wait until this terminal's project is on the screen, live.

        Args:
            afresh: Sign in, for a test that spoils or ends its session.
        """
        stack = self.terminal.environment["BDH_STACK_DIR"]
        if stack in SESSIONS and not afresh:
            url, kept = SESSIONS[stack]
            self.page.add_init_script(f"({SIGN_IN})({json.dumps(kept)})")
            self.page.goto(url)
        else:
            self.page.goto(self.address)
        self.see("Live")
        if stack not in SESSIONS and not afresh:
            kept = self.page.evaluate("() => sessionStorage.getItem('bdh.auth')")
            SESSIONS[stack] = (self.url, kept)
        self.choose_project()
        self.see("Live")

    def choose_project(self) -> None:
        """The operator of this stack is a member of every test's project."""
        slug = project_of(self.terminal)
        if (
            self.page.locator(".project").first.inner_text() != slug
            and self.page.locator("select.project").count()
        ):
            self.page.locator("select.project").select_option(label=slug)
        expect(self.page.locator("main")).not_to_have_attribute("aria-busy", "true")
        expect(self.page.locator("main h1").first).to_be_visible()

    def go(self, place: str) -> None:
        self.page.evaluate("place => { location.hash = '#/' + place }", place)

    def see(self, text: str | re.Pattern[str], within: str = "body", seconds: float = 8) -> Locator:
        """Wait until this text can be seen."""
        found = self.page.locator(within).get_by_text(text).first
        expect(found).to_be_visible(timeout=seconds * SECONDS)
        return found

    def gone(self, text: str, within: str = "main") -> None:
        expect(self.page.locator(within).get_by_text(text)).to_have_count(0)

    def click(self, name: str, within: str = "body") -> None:
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def fill(self, label: str, text: str, within: str = "main") -> None:
        self.page.locator(within).get_by_label(label, exact=True).first.fill(text)

    def answer(self, confirm: str, text: str | None = None) -> None:
        """Answer the dialog that asks for a reason."""
        dialog = self.page.locator("dialog[open]")
        if text is not None:
            dialog.locator("textarea").fill(text)
        dialog.get_by_role("button", name=confirm, exact=True).click()

    def refusal(self) -> str:
        """What the database said, as the page shows it."""
        toast = self.page.locator(".toast.bad").last
        expect(toast).to_be_visible()
        return toast.inner_text()

    def axe(self) -> list[str]:
        """Violations of WCAG 2.2 A and AA on what is shown now."""
        source = (
            resources.files("axe_playwright_python")
            .joinpath("axe.min.js")
            .read_text(encoding="utf-8")
        )
        self.page.evaluate(source)
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules})",
            ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        )
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"] for node in one["nodes"]
        ]  # fmt: skip

    def close(self) -> None:
        self.context.close()
        assert not self.faults, "\n".join(self.faults)
