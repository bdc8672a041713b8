"""The server as `:init --mcp` sets it up, on a whole stack with real sessions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from bdh.local.files import read_object, write_object
from tests.integration.cli.conftest import empty_repo, home, repo
from tests.support.mcp import Checked
from tests.support.terminal import Terminal

__all__ = ["empty_repo", "home", "repo"]


def entry(terminal: Terminal) -> StdioServerParameters:
    """What a host starts after reading `.mcp.json`."""
    written = json.loads((terminal.directory / ".mcp.json").read_text())
    server: dict[str, Any] = written["mcpServers"]["bdh"]
    return StdioServerParameters(
        **server, env=dict(terminal.environment), cwd=str(terminal.directory)
    )


def expire(path: Path) -> str:
    """Make the session on disk look run out; returns its refresh token."""
    content = read_object(path)
    write_object(path, {**content, "expires_at": 0.0})
    token: str = content["refresh_token"]
    return token


async def test_a_host_starts_it_and_it_refreshes_its_session(repo: Terminal) -> None:
    repo.bdh(":init", "--alias", "alice-backend", "--mcp")
    session = repo.directory / ".bdh" / "session.json"
    async with Client(entry(repo)) as client:
        tool = Checked(client)
        assert (await tool("whoami"))["workspace"]["alias"] == "alice-backend"
        before = expire(session)
        await tool("whoami")
        assert read_object(session)["refresh_token"] != before


async def test_it_renews_automatic_locks_on_modified_files(repo: Terminal) -> None:
    """Those of files that git calls modified; the others run out."""
    repo.bdh(":init", "--alias", "carol-backend", "--mcp")
    (repo.directory / "README.md").write_text("Changed\n")
    payload = {
        "session_id": "s", "cwd": str(repo.directory), "hook_event_name": "PreToolUse",
        "tool_name": "Edit", "tool_use_id": "t",
        "tool_input": {"file_path": str(repo.directory / "README.md")},
    }  # fmt: skip
    repo.bdh(":hook", "claude", stdin=json.dumps(payload))
    before = repo.json(":locks", "--mine")["locks"][0]
    assert before["automatic"] is True

    async with Client(entry(repo)) as client:
        tool = Checked(client)
        # The heartbeat asks git first, which takes its time on a machine that is busy.
        for _ in range(600):
            lock = (await tool("list_locks", {"mine": True}))["locks"][0]
            if lock["expires_at"] > before["expires_at"]:
                break
            await asyncio.sleep(0.05)
        assert lock["expires_at"] > before["expires_at"]
        assert lock["id"] == before["id"]


async def test_a_stopped_stack_is_started(repo: Terminal) -> None:
    repo.bdh(":init", "--alias", "dave-backend", "--mcp")
    repo.bdh(":down")

    async with Client(entry(repo)) as client:
        assert (await Checked(client)("whoami"))["workspace"]["alias"] == "dave-backend"


def test_a_directory_that_is_no_workspace_says_so(empty_repo: Terminal) -> None:
    refused = empty_repo.bdh(":mcp", expect=3)

    assert refused.out == ""
    assert "bdh :init" in refused.err
