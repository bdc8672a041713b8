"""`:escalate --wait`, answered by a human; the banner and the log of the asker."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from tests.integration.messaging.conftest import Agent, Office
from tests.support.sql import Caller


@pytest.fixture
async def ann(office: Office) -> Caller:
    return await office.sql.member(office.project, name="Ann Lee")


async def asked(office: Office) -> str:
    return str(await office.until("select id from public.escalations"))


async def test_the_answer_ends_the_wait(office: Office, alice: Agent, ann: Caller) -> None:
    waiting = alice.start(
        ":escalate",
        "Drop it?",
        "It blocks.",
        "--option",
        "Yes",
        "--option",
        "No",
        "--wait",
        "--json",
    )
    escalation = await asked(office)
    await office.sql.call(ann, "answer_escalation", id=escalation, option=2, note="keep it")

    out, err = await asyncio.to_thread(waiting.communicate, timeout=15)

    assert waiting.returncode == 0, err
    found = json.loads(out)
    assert (found["status"], found["answer"], found["note"]) == ("answered", "No", "keep it")
    # It was printed, so the banner says nothing of it.
    assert "ANSWERED" not in alice.run(":aweb", "mail", "list").stderr


async def test_without_waiting_the_banner_brings_the_answer(
    office: Office, alice: Agent, ann: Caller
) -> None:
    said = alice.run(":escalate", "Drop it?", "It blocks.").stdout
    assert "Ann Lee is away and sees it on return" in said
    await office.sql.call(ann, "answer_escalation", id=await asked(office), answer="no")

    banner = alice.run(":aweb", "mail", "list").stderr

    assert 'ANSWERED by Ann Lee: "Drop it?": "no"' in banner
    shown = alice.run(":escalations", "show", (await asked(office))[:8]).stdout
    assert "Ann Lee: no" in shown


async def test_an_interrupted_wait_stays_asked(office: Office, alice: Agent, ann: Caller) -> None:
    waiting = alice.start(":escalate", "Drop it?", "It blocks.", "--wait")
    escalation = await asked(office)
    assert waiting.stderr is not None
    assert "Waiting for a human" in await asyncio.to_thread(waiting.stderr.readline)
    waiting.send_signal(signal.SIGTERM)
    _out, err = await asyncio.to_thread(waiting.communicate, timeout=15)

    assert waiting.returncode == 130
    assert f"→ bdh :escalations show {escalation[:8]} --wait" in err
    await office.sql.call(ann, "answer_escalation", id=escalation, answer="no")
    resumed = alice.json(":escalations", "show", escalation[:8], "--wait")
    assert resumed["status"] == "answered"


async def test_listing_and_withdrawing(office: Office, alice: Agent) -> None:
    alice.run(":escalate", "Drop it?", "-", stdin="It blocks.\n")
    escalation = await asked(office)

    assert "Drop it?" in alice.run(":escalations").stdout
    assert alice.json(":escalations", "withdraw", escalation)["status"] == "withdrawn"
    assert alice.json(":escalations", "list", "--status", "pending")["escalations"] == []
