"""The scene that chat is for: two terminals, one question."""

from __future__ import annotations

import time

from tests.integration.messaging.conftest import Agent, Office


async def test_a_question_is_asked_noticed_and_answered(
    office: Office, alice: Agent, bob: Agent
) -> None:
    asking = alice.start(
        ":aweb", "chat", "send-and-wait", "bob", "API endpoints?", "--start-conversation"
    )
    assert asking.stdout is not None
    assert asking.stdout.readline() == "Waiting for bob...\n"

    banner = bob.run(":aweb", "mail", "list").stderr
    assert "WAITING: alice is waiting for you\n  → bdh :aweb chat open alice\n" in banner

    pending = bob.run(":aweb", "chat", "pending").stdout
    assert "URGENT: alice is waiting for your response\n" in pending
    assert "→ bdh :aweb chat open alice\n" in pending

    assert bob.run(":aweb", "chat", "open", "alice").stdout.startswith("alice: API endpoints?\n")
    bob.run(":aweb", "chat", "send-and-leave", "alice", "GET /v1/users")
    sent_at = await office.until("select created_at from public.chat_messages where seq = 2")

    assert asking.stdout.readline() == "bob: GET /v1/users\n"
    assert asking.wait(10) == 0
    assert time.time() - sent_at.timestamp() < 5
    # It was printed, so it is read.
    assert "No chats pending" in alice.run(":aweb", "chat", "pending").stdout
