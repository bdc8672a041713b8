"""Machines whose clocks are an hour off: only the database's clock counts."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from bdh.api.session import SessionStore
from bdh.local.directory import open_identity
from tests.integration.messaging.conftest import PATIENCE_SECONDS, Agent, Office

# Python runs this before anything else; what bdh asks for the time gives another one.
SITE = """
import datetime, time

OFF_SECONDS = {seconds}
right = time.time
time.time = lambda: right() + OFF_SECONDS


class Wrong(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=OFF_SECONDS)


datetime.datetime = Wrong
"""


def set_clock(agent: Agent, folder: Path, seconds: int) -> None:
    """From now on the agent's machine is so far off."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE.format(seconds=seconds))
    agent.environment["PYTHONPATH"] = f"{folder}:{agent.environment['PYTHONPATH']}"
    # The session was saved by that clock too.
    store = SessionStore(open_identity(agent.folder).session_file)
    session = store.load()
    assert session is not None
    store.save(session._replace(expires_at=session.expires_at + seconds))


@pytest.fixture(params=[-3600, 3600], ids=["behind", "ahead"])
def apart(request: pytest.FixtureRequest, office: Office, alice: Agent, bob: Agent) -> None:
    """Alice's clock is an hour off, and Bob's an hour to the other side."""
    set_clock(alice, office.folder / "site-alice", request.param)
    set_clock(bob, office.folder / "site-bob", -request.param)


@pytest.mark.usefixtures("apart")
async def test_a_question_is_answered_at_once(office: Office, alice: Agent, bob: Agent) -> None:
    asking = alice.start(":aweb", "chat", "send-and-wait", "bob", "?", "--json")
    await office.until_waiting()
    assert "WAITING: alice is waiting for you" in bob.run("ready").stderr
    assert "alice: ?" in bob.run(":aweb", "chat", "open", "alice").stdout
    start = time.monotonic()
    bob.run(":aweb", "chat", "send-and-leave", "alice", "now")
    out, err = await asyncio.to_thread(asking.communicate, timeout=PATIENCE_SECONDS)

    assert asking.returncode == 0, err
    assert time.monotonic() - start < 10
    outcome = json.loads(out)
    assert outcome["status"] == "replied"
    assert [message["body"] for message in outcome["messages"]] == ["now"]
    assert "WAITING" not in bob.run("ready").stderr


@pytest.mark.usefixtures("apart")
async def test_a_timeout_takes_its_time(office: Office, alice: Agent) -> None:
    start = time.monotonic()
    outcome = alice.json(":aweb", "chat", "send-and-wait", "bob", "?", "--wait", "2s")

    assert outcome["status"] == "timeout"
    assert 2 <= time.monotonic() - start < 12


@pytest.mark.usefixtures("apart")
async def test_a_watch_and_the_status_go_by_the_database(
    office: Office, alice: Agent, bob: Agent
) -> None:
    watching = alice.start(":watch", "--json", "--count", "1")
    await office.until("select count(*) > 0 from private.attendance where until > now()")
    bob.run(":aweb", "mail", "send", "alice", "hello")
    out, err = await asyncio.to_thread(watching.communicate, timeout=PATIENCE_SECONDS)

    assert watching.returncode == 0, err
    assert json.loads(out)["type"] == "mail.sent"
    seen = {one["alias"]: one["presence"] for one in bob.json(":status")["workspaces"]}
    assert seen["alice-dev"] == "active"
