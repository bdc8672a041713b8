"""How a human is told outside of bdh, set up and changed in Settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from tests.e2e.dashboard.page import Dashboard
from tests.support.terminal import Terminal

# The browser maker's push service is not ours, and not here.
PUSH_SERVICE = """
PushManager.prototype.subscribe = async options => {
    window.subscribedWith = options.applicationServerKey;
    return {toJSON: () => ({
        endpoint: 'https://push.example.test/' + 'x'.repeat(40),
        keys: {p256dh: 'B'.repeat(87), auth: 'a'.repeat(22)},
    })};
};
"""


@pytest.fixture
def settings(browser: Browser, alice: Terminal) -> Iterator[Dashboard]:
    window = Dashboard(browser, alice, permissions=["notifications"])
    window.page.add_init_script(PUSH_SERVICE)
    window.open()
    window.go("settings/notifications")
    window.see("Your channels", "main")
    yield window
    window.close()


def channels(terminal: Terminal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = terminal.env(BDH_HUMAN="1").json(":channels", "list")["channels"]
    return found


def add(window: Dashboard, name: str, label: str | None = None, address: str = "") -> None:
    window.page.get_by_label("Tell me by").select_option(label=name)
    if label is not None:
        window.fill(label, address, ".new-channel")
    window.click("Add channel", ".new-channel")


def row(window: Dashboard, name: str) -> Locator:
    return window.page.locator("li.channel").filter(has_text=name)


def test_a_channel_from_its_first_day_to_its_last(settings: Dashboard, alice: Terminal) -> None:
    """Added, narrowed, paused and removed, though its address is never read back."""
    add(settings, "Slack", "Incoming webhook URL", "https://hooks.slack.com/services/T0/B0/secret")
    slack = row(settings, "Slack")
    expect(slack).to_contain_text("https://hooks.slack.com/…")
    assert "B0/secret" not in settings.page.locator("main").inner_text()
    slack.get_by_label("Mail to me").check()
    settings.see("Saved", ".toasts")
    slack.get_by_label("Answers").uncheck()
    expect(slack.get_by_label("Answers")).not_to_be_checked()
    slack.get_by_role("button", name="Pause Slack").click()
    expect(slack.get_by_role("button", name="Resume Slack")).to_be_visible()
    assert settings.axe() == []
    [kept] = channels(alice)
    assert (sorted(kept["kinds"]), kept["enabled"]) == (["escalation", "mail"], False)
    slack.get_by_role("button", name="Remove Slack").click()
    assert settings.axe() == []
    settings.answer("Remove")
    settings.see("None yet", "main")
    assert channels(alice) == []


def test_a_webhooks_secret_is_shown_once_and_a_refusal_in_its_words(settings: Dashboard) -> None:
    add(settings, "Signed webhook", "URL that takes a POST", "https://example.test/bdh")
    settings.see("whsec_", ".secret")
    settings.page.reload()
    expect(row(settings, "Signed webhook")).to_contain_text("https://example.test/…")
    settings.gone("whsec_")
    add(settings, "ntfy", "Topic URL", "ftp://ntfy.example.test/topic")
    assert "This channel needs the URL it sends to" in settings.refusal()
    settings.page.locator(".toast.bad button").click()
    row(settings, "Signed webhook").get_by_role("button", name="Remove").click()
    settings.answer("Remove")
    settings.see("None yet", "main")


def test_quiet_hours_and_reminders_are_kept(settings: Dashboard, alice: Terminal) -> None:
    """What is saved is what the command line reads, and the page after a reload."""
    page = settings.page
    page.get_by_label("Quiet hours").check()
    page.get_by_label("From").fill("21:30")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("come through all the same").check()
    page.get_by_label("At most so many times").fill("5")
    settings.click("Save", ".preferences")
    settings.see("Saved", ".toasts")
    kept = alice.env(BDH_HUMAN="1").json(":channels", "preferences")
    assert (kept["quiet_from"], kept["quiet_to"], kept["time_zone"]) == (
        "21:30", "07:00", "Europe/Berlin",
    )  # fmt: skip
    assert (kept["urgent_breaks_quiet"], int(kept["reminders"])) == (True, 5)
    page.reload()
    expect(page.get_by_label("From")).to_have_value("21:30")
    assert settings.axe() == []
    page.get_by_label("Quiet hours").uncheck()
    settings.click("Save", ".preferences")
    expect(page.locator(".toast")).to_contain_text("Saved")
    assert alice.env(BDH_HUMAN="1").json(":channels", "preferences")["quiet_from"] is None


def test_this_browser_subscribes_and_shows_what_is_pushed(
    settings: Dashboard, alice: Terminal
) -> None:
    """The relay makes the key when it is first asked for; the worker shows a push."""
    sent: list[Request] = []
    settings.page.on("request", lambda one: sent.append(one) if "set_channel" in one.url else None)
    add(settings, "This browser")
    expect(row(settings, "Browser")).to_contain_text("https://push.example.test/…", timeout=20_000)
    assert len(settings.page.evaluate("() => window.subscribedWith")) == 87
    assert json.loads(sent[-1].post_data or "")["p_config"]["auth"] == "a" * 22
    assert [one["type"] for one in channels(alice)] == ["web_push"]
    push(settings, {"id": "1", "title": "bob asks: Round up?", "body": "Cents", "url": None})
    shown = """async () => {
        const found = await (await navigator.serviceWorker.ready).getNotifications();
        return found.length ? found.map(one => one.title) : null;
    }"""
    titles = settings.page.wait_for_function(shown).json_value()
    assert titles == ["bob asks: Round up?"]
    row(settings, "Browser").get_by_role("button", name="Remove").click()
    settings.answer("Remove")
    settings.see("None yet", "main")


def push(window: Dashboard, message: dict[str, Any]) -> None:
    """Have Chromium hand a push message to the page's worker, as its push service would."""
    session = window.context.new_cdp_session(window.page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    for _ in range(200):
        if registrations:
            break
        window.page.wait_for_timeout(10)
    origin = window.url.rstrip("/")
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registrations[0], "data": json.dumps(message)},
    )
