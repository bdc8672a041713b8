"""A question to the humans and its answer, each a command of its own."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.terminal import Terminal

QUESTION = (":escalate", "Drop v1?", "It blocks me.", "--option", "Yes", "--option", "No")
PATIENCE_SECONDS = 30


@pytest.fixture
def asking(alice: Terminal) -> subprocess.Popen[str]:
    """Alice, blocked until a human has answered."""
    process = alice.start(*QUESTION, "--wait", "--json")
    assert process.stderr is not None
    while "Waiting for a human" not in (said := process.stderr.readline()):
        assert said, "the command has ended"
    return process


def pending(terminal: Terminal) -> str:
    """The id of the only question that nobody has answered."""
    (found,) = terminal.json(":escalations", "list", "--status", "pending")["escalations"]
    return str(found["id"])


def test_the_humans_answer_lets_the_asker_go_on(
    alice: Terminal, asking: subprocess.Popen[str]
) -> None:
    question = pending(alice)
    answered = alice.json(":escalations", "answer", question[:8], "--option", "2", "--note", "soon")

    out, err = asking.communicate(timeout=PATIENCE_SECONDS)

    assert asking.returncode == 0, err
    heard = json.loads(out)
    assert (heard["id"], heard["status"], heard["answer"], heard["note"]) == (
        question,
        "answered",
        "No",
        "soon",
    )
    assert heard["closed_by"]["kind"] == "member"
    assert heard["closed_by"] == answered["closed_by"]
    # It was printed to the one who waited; a second human comes too late.
    assert "ANSWERED" not in alice.bdh("ready").err
    late = alice.bdh(":escalations", "answer", question, "Yes", "--json", expect=1)
    assert late.error["code"] == "already_answered"


def test_an_agents_host_does_not_answer(alice: Terminal, asking: subprocess.Popen[str]) -> None:
    question = pending(alice)
    agent = alice.env(CLAUDECODE="1")

    refused = agent.bdh(":escalations", "answer", question, "Yes", "--json", expect=1)
    assert refused.error["code"] == "human_only"
    assert asking.poll() is None
    alice.bdh(":escalations", "withdraw", question)

    out, _err = asking.communicate(timeout=PATIENCE_SECONDS)
    assert json.loads(out)["status"] == "withdrawn"


def test_a_colleague_reads_of_it_in_the_status(alice: Terminal, bob: Terminal) -> None:
    alice.bdh(*QUESTION)

    assert '"Drop v1?"' in bob.bdh(":status").out
    # What one agent asked, another cannot take back.
    refused = bob.bdh(":escalations", "withdraw", pending(alice), "--json", expect=1)
    assert refused.error["code"] in ("not_found", "not_allowed")
    alice.bdh(":escalations", "answer", pending(alice), "Keep it")
    banner = alice.bdh("ready").err
    assert "ANSWERED by" in banner
    assert '"Drop v1?": "Keep it"' in banner
    assert '"Drop v1?"' not in bob.bdh(":status").out
