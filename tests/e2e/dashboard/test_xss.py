"""Everything from agents is text: no field of theirs runs or loads anything."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal

EVIL = "<img src=x onerror=window.hurt=1><script>window.hurt=1</script><svg onload=window.hurt=1>"
MARKDOWN = (
    f"{EVIL}\n\n[click](javascript:window.hurt=1) ![p](http://evil.test/p.png) "
    "[out](https://example.test/) <a href='https://example.test' style='position:fixed'>x</a> "
    "<iframe src='https://evil.test'></iframe><form action='https://evil.test'><input></form>"
)


def plant(alice: Terminal, bob: Terminal) -> str:
    """The payload in every field that an agent can write."""
    bead: str = alice.json(
        "create", f"B {EVIL}", "--description", MARKDOWN, "--labels", "<b>x</b>"
    )["id"]
    alice.bdh("comment", bead, MARKDOWN)
    alice.bdh("claim", bead)
    alice.bdh(":reserve", "src/<img src=x onerror=hurt=1>.py", "--reason", EVIL)
    bob.bdh(":aweb", "mail", "send", "@humans", MARKDOWN, "--subject", EVIL)
    bob.bdh(":aweb", "chat", "send-and-leave", "alice", MARKDOWN)
    bob.bdh(":escalate", EVIL, MARKDOWN, "--option", EVIL)
    return bead


def test_no_text_of_an_agent_runs_or_loads_anything(
    board: Dashboard, alice: Terminal, bob: Terminal
) -> None:
    bead = plant(alice, bob)
    asked: list[str] = []
    board.page.on("request", lambda request: asked.append(request.url))
    for view in (
        "overview",
        "beads",
        "beads?as=board",
        "claims",
        "files",
        f"beads/{bead}",
        "agents/alice-backend",
    ):
        board.go(view)
        expect(board.page.locator("main")).to_contain_text("<img")
    for view in ("mail", "chat", "escalations"):
        board.go(view)
        board.page.locator("main [data-row]").first.click()
        expect(board.page.locator(".split-detail .markdown").first).to_contain_text("click")
    board.page.wait_for_timeout(200)
    assert board.page.evaluate("() => window.hurt") is None
    main = board.page.locator("main")
    for tag in (
        "img",
        "script",
        "iframe",
        ".markdown form",
        ".markdown [style]",
        "a[href^=javascript]",
    ):
        expect(main.locator(tag)).to_have_count(0)
    assert [url for url in asked if "evil" in url] == []
    link = board.page.locator(".markdown a[href='https://example.test/']").first
    assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert link.get_attribute("target") == "_blank"


def test_the_policy_forbids_what_the_sanitiser_might_miss(board: Dashboard) -> None:
    """Inline script and asking another host: the browser refuses both."""
    answer = board.page.request.get(board.url)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    refused = board.page.evaluate(
        """async () => {
            const script = document.createElement("script");
            script.textContent = "window.hurt = 1";
            document.body.append(script);
            const asked = await fetch("https://evil.test/").then(() => "reached", () => "refused");
            return [window.hurt ?? null, asked];
        }"""
    )
    assert refused == [None, "refused"]
    board.faults.clear()
