"""The server as a process: soon ready, small, present, up to date, hard to kill."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp_types import ResourceUpdatedNotification

from bdh.api.session import SessionStore
from tests.integration.messaging.conftest import Agent, Office
from tests.support.mcp import ERAS, Checked, stdio, text

STATUS = "bdh://status"


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.02)
    return found


def server_process() -> psutil.Process:
    """The one server that this test has started."""
    found = [
        child
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if child.cmdline()[-1:] == [":mcp"]
    ]
    assert len(found) == 1
    return found[0]


async def test_it_is_small_and_uses_one_websocket(office: Office, alice: Agent) -> None:
    """Idle after its first calls, with its ears on."""
    async with stdio(alice) as client:
        tool = Checked(client)
        await tool("whoami")
        # A wait needs the websocket: when it has heard, the connection stands.
        asking = asyncio.create_task(tool("open_chat", {"chat": "all", "wait": 2}))
        await asking
        process = server_process()
        assert process.memory_full_info().pss < 90 * 1024 * 1024
        port = office.gateway.port
        open_ones = [
            one for one in process.net_connections("tcp")
            if one.status == "ESTABLISHED" and one.raddr and one.raddr.port == port
        ]  # fmt: skip
        assert len(open_ones) == 1


async def test_each_notice_comes_once(alice: Agent, bob: Agent) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        assert "notices" not in await tool("whoami")
        bob.run(":aweb", "mail", "send", "alice", "Look <here>\x1b[31m", "--subject", "Look")
        first = await tool.call("team_status")
        notices = first.structured_content["notices"]
        assert [one["kind"] for one in notices] == ["mail"]
        said = first.content[1].text  # type: ignore[union-attr]
        assert "\n" not in said
        assert "Look" in said
        assert "\x1b" not in said
        assert "notices" not in await tool("team_status")
        refused = await tool.call("claim_bead", {"bead_id": "bd-404"})
        assert "notices" not in refused.structured_content
        bob.run(":aweb", "mail", "send", "alice", "Again")
        refused = await tool.call("claim_bead", {"bead_id": "bd-404"})
        assert len(refused.structured_content["notices"]) == 1


async def test_the_sender_learns_that_a_notice_was_shown(
    office: Office, alice: Agent, bob: Agent
) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        bob.run(":aweb", "mail", "send", "alice", "Look")
        await tool("whoami")
        await tool("whoami")
        shown = "select count(*) = 1 from public.mail_recipients where shown_at is not null"
        assert await office.sql.value(shown)


async def test_it_outlives_a_restart_of_the_gateway(office: Office, alice: Agent) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        await tool("whoami")
        waiting = asyncio.create_task(tool("open_chat", {"chat": "all", "wait": 20}))
        await office.until_waiting()
        await asyncio.to_thread(office.gateway.restart)
        bob = office.agents["bob-backend"]
        await asyncio.to_thread(bob.run, ":aweb", "chat", "send-and-leave", "alice", "Back?")
        assert (await waiting)["messages"][0]["body"] == "Back?"


async def test_a_backend_that_is_away_is_an_answer(office: Office, alice: Agent) -> None:
    alice.environment["BDH_TIMEOUT"] = "1"
    async with stdio(alice) as client:
        tool = Checked(client)
        await tool("whoami")
        office.gateway.kill()
        error = await tool.refused("release_bead", {"bead_id": "bd-1"})
        assert error["code"] == "no_answer"
        assert error["details"]["kept"] is True
        await asyncio.to_thread(office.gateway.restart)
        await until(lambda: _works(tool))


async def _works(tool: Checked) -> bool:
    return not (await tool.call("whoami")).is_error


async def test_a_session_that_another_process_refreshed_is_picked_up(
    office: Office, alice: Agent
) -> None:
    """The token on disk counts, at every call."""
    async with stdio(alice) as client:
        tool = Checked(client)
        await tool("whoami")
        store = SessionStore(alice.folder / ".bdh" / "session.json")
        store.clear()
        assert (await tool.refused("whoami"))["code"] == "not_signed_in"


async def test_presence_and_heartbeat(office: Office, alice: Agent) -> None:
    await office.sql.seen(alice.caller, "3 hours")
    async with stdio(alice) as client:
        await client.list_tools()
        fresh = (
            "select last_seen > now() - interval '1 minute' from public.presence"
            f" where workspace_id = '{alice.caller.id}'"
        )
        await office.until(fresh)


@pytest.mark.parametrize("era", ERAS)
async def test_subscribers_hear_of_changes(office: Office, alice: Agent, era: str) -> None:
    heard = asyncio.Event()

    async def handle(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification) and message.params.uri == STATUS:
            heard.set()

    async with stdio(alice, era, message_handler=handle) as client:
        bob = office.agents["bob-backend"]

        async def change() -> None:
            while not heard.is_set():
                await asyncio.to_thread(bob.run, "create", "News")
                await asyncio.sleep(0.2)

        changing = asyncio.create_task(change())
        if era == "2025":
            with pytest.warns(MCPDeprecationWarning):
                await client.subscribe_resource(STATUS)
            await asyncio.wait_for(heard.wait(), 20)
        else:
            async with client.listen(resource_subscriptions=[STATUS]) as events:
                async for event in events:
                    assert event == ResourceUpdated(uri=STATUS)
                    heard.set()
                    break
        await changing


async def test_resources_and_prompts(alice: Agent, bob: Agent) -> None:
    bead = alice.json("create", "Ünïcode & <tags>")["id"]
    async with stdio(alice) as client:
        listed = await client.list_resources()
        assert {one.uri for one in listed.resources} == {STATUS, "bdh://policy", "bdh://guide"}
        templates = await client.list_resource_templates()
        assert [one.uri_template for one in templates.resource_templates] == ["bdh://bead/{id}"]
        for uri, words in {
            STATUS: "## Team Status", "bdh://policy": "## Everybody",
            "bdh://guide": "# bdh", f"bdh://bead/{bead}": "Ünïcode",
        }.items():  # fmt: skip
            read = await client.read_resource(uri)
            assert words in read.contents[0].text  # type: ignore[union-attr]
        prompts = await client.list_prompts()
        assert [one.name for one in prompts.prompts] == ["start-of-work", "hand-over"]
        handed = await client.get_prompt("hand-over", {"bead_id": bead})
        assert bead in handed.messages[0].content.text  # type: ignore[union-attr]


async def test_what_does_not_exist_is_a_protocol_error(alice: Agent) -> None:
    async with stdio(alice) as client:
        for uri in ("bdh://nothing", "bdh://bead/bd-404", "bdh://bead/../x", "file:///etc/passwd"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)
        with pytest.raises(MCPError):
            await client.get_prompt("nothing")
        with pytest.raises(MCPError):
            await client.call_tool("rm_rf", {})


HOSTILE: dict[str, dict[str, Any]] = {
    "unknown": {"bead_id": "bd-1", "actor": "bob"},
    "number": {"bead_id": 7},
    "list": {"bead_id": ["bd-1"]},
    "object": {"bead_id": {"$ne": None}},
    "missing": {},
    "empty": {"bead_id": ""},
    "nul": {"bead_id": "bd-1\0"},
    "sql": {"bead_id": "bd-1'; drop table beads; --"},
    "long": {"bead_id": "x" * 100_000},
    "escape": {"bead_id": "\x1b[2J\u202e"},
    "deep": {"bead_id": "bd-1", "x": [[[[[[]]]]]]},
}


async def test_hostile_arguments_are_refused(office: Office, alice: Agent) -> None:
    async with stdio(alice) as client:
        tool = Checked(client)
        for name, arguments in HOSTILE.items():
            error = await tool.refused("show_bead", arguments)
            assert error["code"] in ("usage", "not_found", "bad_argument", "too_long"), name
            assert len(error["message"]) < 2000
        many = {"paths": [f"f{n}" for n in range(20_000)]}
        assert (await tool.refused("reserve_files", many))["code"] == "usage"
        big = await tool("create_bead", {"title": "Big", "description": "x" * 150_000})
        shown = await tool.call("show_bead", {"bead_id": big["id"]})
        assert len(str(shown.structured_content)) + len(text(shown)) < 40_000
    assert await office.sql.value("select count(*) from public.beads") == 1
