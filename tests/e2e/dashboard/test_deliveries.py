"""Messages that were given up, and invitations that are open, as a human sees them in Settings."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bdh.stack.functions import find_deno
from tests.e2e.dashboard.page import Dashboard
from tests.support.stack import wait_until
from tests.support.terminal import Terminal


@pytest.mark.skipif(find_deno() is None, reason="edge functions need Deno")
def test_a_message_that_was_given_up_is_tried_again(board: Dashboard, alice: Terminal) -> None:
    human = alice.env(BDH_HUMAN="1")
    human.bdh(":channels", "add", "webhook", "http://127.0.0.1:9/hook")
    alice.bdh(":escalate", "Which port?", "So")
    words = (":outbox", "list", "--status", "parked")
    [parked] = wait_until(lambda: human.json(*words)["deliveries"], 30)

    board.go("settings/delivery")
    board.see("Which port?", "main")
    row = board.page.locator("main .row").filter(has_text="Which port?")
    expect(row).to_contain_text("parked")
    expect(row).to_contain_text("is a private address")
    row.get_by_role("button", name="Try again").click()

    board.see("Tried again within a minute")
    retried = human.json(":outbox", "list", "--status", "pending", "--status", "parked")
    assert [one["id"] for one in retried["deliveries"]] == [parked["id"]]
    assert retried["deliveries"][0]["attempts"] <= 1


def test_an_open_invitation_is_seen_and_taken_back(board: Dashboard, alice: Terminal) -> None:
    alice.env(BDH_HUMAN="1").bdh(":members", "invite", "ada@example.test")
    board.go("settings/invites")

    row = board.page.locator("main .row").filter(has_text="ada@example.test")
    expect(row).to_contain_text("mailed")
    row.get_by_role("button", name="Revoke").click()

    expect(row).to_have_count(0)
    assert alice.env(BDH_HUMAN="1").bdh(":members", "invites").out == "No invitations are open\n"
