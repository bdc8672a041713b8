"""Every tool, by the SDK's client, over both transports and in both protocol eras."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp.client import Client

from bdh.mcp.tools import TOOLS
from tests.integration.messaging.conftest import Agent, Office
from tests.support.mcp import ERAS, Checked, http_server, over_http, stdio


@asynccontextmanager
async def connected(agent: Agent, transport: str, era: str) -> AsyncIterator[Client]:
    if transport == "stdio":
        async with stdio(agent, era) as client:
            yield client
        return
    async with (
        http_server(agent) as server,
        over_http(server.url, server.token, era) as client,
    ):
        yield client


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_every_tool(
    office: Office, alice: Agent, bob: Agent, transport: str, era: str
) -> None:
    """A day's work, in which each tool is called and many calls are refused."""
    async with connected(alice, transport, era) as client:
        assert client.protocol_version.startswith(era)
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == list(TOOLS)

        tool = Checked(client)
        await _work(tool, bob)
        await _files(tool, bob)
        await _talk(tool, bob)
        await _ask(tool, office)


async def _work(tool: Checked, bob: Agent) -> None:
    assert (await tool("whoami"))["workspace"]["alias"] == "alice-dev"
    epic = await tool("create_bead", {"title": "Epic", "priority": 1})
    first = await tool(
        "create_bead", {"title": "First", "description": "Do it", "parent_id": epic["id"]}
    )
    then = await tool("create_bead", {"title": "Then", "depends_on": [first["id"]]})
    assert (await tool.refused("claim_bead", {"bead_id": then["id"]}))["code"] == "bead_blocked"

    bob.run("claim", first["id"])
    taken = await tool.call("claim_bead", {"bead_id": first["id"]})
    error = taken.structured_content["error"]
    assert taken.is_error
    assert error["message"] == f"{first['id']} is being worked on by bob"
    assert error["details"]["holder"]["name"] == "bob-backend"
    assert {"since", "presence"} <= set(error["details"])
    assert "jump_in" in taken.content[0].text  # type: ignore[union-attr]
    jump = {"bead_id": first["id"], "jump_in": True}
    assert (await tool.refused("claim_bead", jump))["code"] == "reason_required"
    assert (await tool("claim_bead", {**jump, "reason": "bob is away"}))["epoch"] == 2

    ready = await tool("ready_beads", {"limit": 5})
    assert [bead["id"] for bead in ready["beads"]] == [epic["id"]]
    shown = await tool("show_bead", {"bead_id": first["id"]})
    assert shown["description"] == "Do it"
    assert (await tool.refused("show_bead", {"bead_id": "bd-999"}))["code"] == "not_found"
    changed = await tool("update_bead", {"bead_id": first["id"], "priority": 0, "comment": "Hm"})
    assert changed["beads"][0]["priority"] == 0
    assert (await tool("update_bead", {"bead_id": first["id"], "comment": "More"}))["comments"]
    closing = {"bead_id": first["id"], "status": "closed", "reason": "Done"}
    assert (await tool("update_bead", closing))["unblocked"][0]["id"] == then["id"]

    best = await tool("claim_bead")
    assert best["bead_id"] in (epic["id"], then["id"])
    assert (await tool("release_bead", {"bead_id": best["bead_id"], "note": "Later"}))["released"]
    mates = (await tool("team_status", {"limit": 10}))["workspaces"]
    assert {mate["alias"] for mate in mates} == {"alice-dev", "bob-backend"}
    assert (await tool("get_policy", {"role": "reviewer"}))["role"] == "reviewer"


async def _files(tool: Checked, bob: Agent) -> None:
    mine = {"paths": ["src/", "README.md"], "reason": "rework", "ttl_seconds": 600}
    assert len((await tool("reserve_files", mine))["granted"]) == 2
    bob.run(":reserve", "docs/a.md", "--reason", "docs")
    mixed = await tool("reserve_files", {"paths": ["docs/a.md", "docs/b.md"]})
    assert [one["path"] for one in mixed["conflicts"]] == ["docs/a.md"]
    assert [one["path"] for one in mixed["granted"]] == ["docs/b.md"]
    assert (await tool.refused("reserve_files", {"paths": ["../out"]}))["code"] == "bad_path"
    assert len((await tool("list_locks", {"mine": True}))["locks"]) == 3
    assert len((await tool("list_locks", {"path": "docs/"}))["locks"]) == 2
    assert len((await tool("release_files", {"paths": ["src/"]}))["released"]) == 1
    assert len((await tool("release_files"))["released"]) == 2


async def _talk(tool: Checked, bob: Agent) -> None:
    sent = await tool("send_mail", {"to": ["bob"], "body": "Hello", "subject": "Hi"})
    assert sent["recipients"][0]["name"] == "bob-backend"
    assert (await tool.refused("send_mail", {"to": ["nobody"], "body": "x"}))["code"] == "not_found"
    bob.run(":aweb", "mail", "reply", sent["id"], "Welcome", "--ack")
    inbox = await tool("check_inbox")
    found = inbox["mail"][0]
    assert (await tool("check_inbox", {"mail_id": found["id"]}))["body"] == "Welcome"
    assert (await tool("check_inbox", {"ack": [found["id"]]}))["acked"] == 1
    answer = {"reply_to": found["id"], "body": "Thanks"}
    assert (await tool("send_mail", answer))["in_reply_to"] == found["id"]

    asked = await tool("send_chat", {"to": ["bob"], "message": "There?"})
    assert asked["message"]["body"] == "There?"
    bob.run(":aweb", "chat", "send-and-leave", "alice", "Yes")
    assert (await tool("open_chat"))["chats"][0]["unread"] == 1
    assert (await tool("open_chat", {"chat": "bob"}))["messages"][0]["body"] == "Yes"
    waited = await tool("open_chat", {"chat": "bob", "wait": 1})
    assert waited["status"] == "timeout"
    assert waited["after"] == 2


async def _ask(tool: Checked, office: Office) -> None:
    question = {"subject": "Which?", "situation": "Two ways", "options": ["A", "B"]}
    asked = await tool("escalate", question)
    assert asked["status"] == "pending"
    assert (await tool("get_escalation"))["escalations"][0]["id"] == asked["id"]
    waited = await tool("get_escalation", {"id": asked["id"], "wait": 1})
    assert waited["status"] == "pending"
    await office.sql.call(
        office.project.owner, "answer_escalation", id=asked["id"], answer=None, option=2
    )
    found = await tool("get_escalation", {"id": asked["id"][:8]})
    assert (found["status"], found["option"], found["answer"]) == ("answered", 2, "B")
