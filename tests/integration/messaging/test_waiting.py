"""Waiting processes: latency, signals, timeouts, lost pushes, restarts of the gateway."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import time
from typing import Any

import pytest

from tests.integration.messaging.conftest import Agent, Office
from tests.support.sql import Caller

PAIRS = 8


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


async def say(office: Office, sender: Caller, to: str, body: str) -> dict[str, Any]:
    return await office.sql.call(sender, "chat_send", body=body, to=[to])


async def subscribed(process: subprocess.Popen[str]) -> None:
    """Long enough for the client's channel to stand, which nothing outside of it shows."""
    assert process.poll() is None
    await asyncio.sleep(1.0)


async def test_an_answer_arrives_within_a_tenth_of_a_second(
    office: Office, alice: Agent, bob: Agent
) -> None:
    """From before the send to after the line is read; the best of three, as CI is shared."""
    taken = []
    for number in range(3):
        asking = alice.start(":aweb", "chat", "send-and-wait", "bob", f"{number}?")
        assert await asyncio.to_thread(line, asking) == "Waiting for bob...\n"
        await subscribed(asking)
        start = time.perf_counter()
        await say(office, bob.caller, "alice", str(number))
        assert await asyncio.to_thread(line, asking) == f"bob: {number}\n"
        taken.append(time.perf_counter() - start)
        assert asking.wait(10) == 0

    assert min(taken) < 0.1, taken


async def test_an_answer_before_the_subscription_stands_is_not_missed(
    office: Office, alice: Agent, bob: Agent
) -> None:
    asking = alice.start(":aweb", "chat", "send-and-wait", "bob", "?")
    assert await asyncio.to_thread(line, asking) == "Waiting for bob...\n"
    await say(office, bob.caller, "alice", "at once")

    out, _err = await asyncio.to_thread(asking.communicate, timeout=15)

    assert out == "bob: at once\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_lease_and_prints_how_to_go_on(
    office: Office, alice: Agent, bob: Agent, number: signal.Signals
) -> None:
    asking = alice.start(":aweb", "chat", "send-and-wait", "bob", "?")
    assert await asyncio.to_thread(line, asking) == "Waiting for bob...\n"
    asking.send_signal(number)
    _out, err = await asyncio.to_thread(asking.communicate, timeout=15)

    assert asking.returncode == 130
    assert "→ bdh :aweb chat listen bob\n" in err
    reason = await office.sql.value("select ended_reason from public.chat_waits")
    assert reason == "cancelled"
    # A late reply is not lost: the resumed wait has it at once.
    await say(office, bob.caller, "alice", "late")
    resumed = alice.json(":aweb", "chat", "listen", "bob")
    assert resumed["status"] == "replied"
    assert [m["body"] for m in resumed["messages"]] == ["late"]


async def test_a_timeout_is_no_failure(alice: Agent) -> None:
    outcome = alice.json(":aweb", "chat", "send-and-wait", "bob", "?", "--wait", "1s")

    assert set(outcome) == {"status", "session_id", "messages", "after"}
    assert (outcome["status"], outcome["messages"], outcome["after"]) == ("timeout", [], 1)


async def test_who_leaves_ends_the_wait(office: Office, alice: Agent, bob: Agent) -> None:
    asking = alice.start(":aweb", "chat", "send-and-wait", "bob", "?", "--json")
    await office.until_waiting()
    bob.run(":aweb", "chat", "leave", "alice")
    out, _err = await asyncio.to_thread(asking.communicate, timeout=15)

    assert json.loads(out)["status"] == "left"


async def test_refusals_name_what_to_do(alice: Agent) -> None:
    refused = alice.run(":aweb", "chat", "send-and-wait", "alice", "me?", code=1)
    assert "You cannot chat with yourself" in refused.stderr
    refused = alice.run(":aweb", "chat", "send-and-wait", "zoe", "?", code=1)
    assert "Nobody here is called zoe" in refused.stderr


async def test_every_reply_arrives_once_whatever_breaks(
    office: Office, alice: Agent, bob: Agent
) -> None:
    """Random delays and two restarts of the gateway; the soak has ten thousand of these."""
    rng = random.Random(7)
    heard: list[str] = []
    stop = asyncio.Event()

    async def answer() -> None:
        """Bob: answers each question after a while, through the database."""
        answered = 0
        while not stop.is_set():
            opened = await office.sql.call(bob.caller, "chat_pending")
            for _chat in opened["chats"]:
                found = await office.sql.call(bob.caller, "chat_open", chat="alice")
                for message in found["messages"]:
                    await asyncio.sleep(rng.choice([0, 0, 0.05, 0.4]))
                    await say(office, bob.caller, "alice", f"re {message['body']}")
                    answered += 1
            await asyncio.sleep(0.02)

    async def disturb() -> None:
        for _ in range(2):
            await asyncio.sleep(1.5)
            office.gateway.kill()
            await asyncio.to_thread(office.gateway.restart)

    helpers = [asyncio.create_task(answer()), asyncio.create_task(disturb())]
    for number in range(PAIRS):
        asking = alice.start(":aweb", "chat", "send-and-wait", "bob", f"q{number}", "--json")
        out, err = await asyncio.to_thread(asking.communicate, timeout=30)
        assert asking.returncode == 0, err
        outcome = json.loads(out)
        assert outcome["status"] == "replied", outcome
        heard += [message["body"] for message in outcome["messages"]]
    await helpers[1]
    stop.set()
    await helpers[0]

    assert heard == [f"re q{number}" for number in range(PAIRS)]
    assert alice.json(":aweb", "chat", "pending")["chats"] == []
