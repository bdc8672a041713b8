"""Waiting: progress, answers, limits, cancellation, clients that vanish, humans who answer."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import suppress
from typing import Any

import pytest
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from tests.integration.messaging.conftest import Agent, Office
from tests.support.mcp import ERAS, Checked, http_server, over_http, stdio, text

ASK = {"to": ["bob"], "message": "May I?", "wait": 30}
NO_WAITS = "select count(*) = 0 from public.chat_waits as w where private.wait_is_live(w)"


class Reports:
    """What a client is told while it waits."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float | None, str | None]] = []
        self.waiting = asyncio.Event()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.seen.append((progress, total, message))
        if "Waiting for bob" in (message or ""):
            self.waiting.set()


@pytest.mark.parametrize("era", ERAS)
async def test_a_wait_reports_and_ends_with_the_answer(
    office: Office, alice: Agent, bob: Agent, era: str
) -> None:
    reports = Reports()
    async with stdio(alice, era) as client:
        tool = Checked(client)
        asking = asyncio.create_task(tool.call("send_chat", ASK, progress_callback=reports))
        await asyncio.wait_for(reports.waiting.wait(), 20)
        await asyncio.to_thread(bob.run, ":aweb", "chat", "send-and-leave", "alice", "Go on")
        result = await asking

    assert text(result) == "bob: Go on"
    assert result.structured_content["status"] == "replied"
    assert reports.seen[0][1] == 30
    await office.until(NO_WAITS)


async def test_a_wait_that_runs_out_is_resumed(office: Office, alice: Agent, bob: Agent) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        ended = await tool("send_chat", {**ASK, "wait": 1})
        assert ended["status"] == "timeout"
        again = {"chat": ended["session_id"], "wait": 30}
        waiting = asyncio.create_task(tool("open_chat", again))
        await office.until_waiting()
        await asyncio.to_thread(bob.run, ":aweb", "chat", "send-and-leave", "alice", "Late")
        assert (await waiting)["messages"][0]["body"] == "Late"


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("era", ERAS)
async def test_a_cancelled_wait_ends_its_lease(
    office: Office, alice: Agent, era: str, transport: str
) -> None:
    async def cancelled(client: Any) -> None:
        asking = asyncio.create_task(client.call_tool("send_chat", ASK))
        await office.until_waiting()
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await office.until(NO_WAITS)
        await Checked(client)("whoami")

    if transport == "stdio":
        async with stdio(alice, era) as client:
            await cancelled(client)
    else:
        async with (
            http_server(alice) as server,
            over_http(server.url, server.token, era) as client,
        ):
            await cancelled(client)


@pytest.mark.parametrize("how", ["closes", "is told to end", "is killed"])
async def test_a_client_that_vanishes_is_waited_for_no_longer(
    office: Office, alice: Agent, how: str
) -> None:
    """Its end of the pipe closes, or the host ends the server, or the host is killed."""
    server = alice.start(":mcp")
    assert server.stdin is not None
    for message in _handshake_and_call("send_chat", ASK):
        server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
    await office.until_waiting()

    if how == "is told to end":
        server.send_signal(signal.SIGTERM)
    elif how == "closes":
        server.stdin.close()
        server.stdin = None
    else:
        server.kill()
        # Nobody can tell: the lease runs out by itself.
        lapse = "update public.chat_waits set lease_until = now() - interval '1 s'"
        await office.sql.execute(lapse)
    await office.until(NO_WAITS)
    assert await asyncio.to_thread(server.wait, 10) in (0, -signal.SIGKILL, 128 + signal.SIGTERM)


def _handshake_and_call(name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    call = {"name": name, "arguments": arguments}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]


async def test_what_an_abandoned_wait_received_stays_unread(
    office: Office, alice: Agent, bob: Agent
) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        everybody = {"to": ["bob", "carol"], "message": "Both?", "wait": 30}
        await office.agent("carol-ops")
        asking = asyncio.create_task(client.call_tool("send_chat", everybody))
        await office.until_waiting()
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await office.until(NO_WAITS)
        pending = bob.json(":aweb", "chat", "pending")["chats"][0]
        bob.run(":aweb", "chat", "send-and-leave", pending["session_id"], "Here")
        opened = await tool("open_chat", {"chat": pending["session_id"]})
        assert [message["body"] for message in opened["messages"]] == ["Here"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_human_of_the_team_answers(office: Office, alice: Agent, era: str) -> None:
    async with stdio(alice, era) as client:
        tool = Checked(client)
        question = {"subject": "Which?", "situation": "Two ways", "wait": 30}
        asking = asyncio.create_task(tool("escalate", question))
        pending = "select id from public.escalations where status = 'pending'"
        found = await office.until(pending)
        owner = office.project.owner
        await office.sql.call(owner, "answer_escalation", id=str(found), answer="The left one")
        assert (await asking)["answer"] == "The left one"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("said", "status"), [("B", "answered"), ("ask the team", "pending")])
async def test_the_human_at_the_client_is_asked_first(
    office: Office, alice: Agent, era: str, said: str, status: str
) -> None:
    forms: list[Any] = []

    async def answer(_context: ClientRequestContext, form: ElicitRequestParams) -> ElicitResult:
        forms.append(form)
        return ElicitResult(action="accept", content={"answer": said})

    question = {"subject": "Which?", "situation": "Two", "options": ["A", "B"], "wait": 1}
    async with stdio(alice, era, elicitation_callback=answer) as client:
        found = await Checked(client)("escalate", question)

    assert len(forms) == 1
    assert forms[0].requested_schema["properties"]["answer"]["enum"] == ["A", "B", "ask the team"]
    assert found["status"] == status
    asked = await office.sql.value("select count(*) from public.escalations")
    assert asked == (1 if status == "pending" else 0)
    if status == "answered":
        assert found["option"] == 2
