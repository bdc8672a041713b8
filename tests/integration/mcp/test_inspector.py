"""The public inspector, a client that is not the SDK's, finds nothing to complain about."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bdh.mcp.tools import TOOLS
from tests.integration.messaging.conftest import Agent
from tests.support.inspector import inspector

TIMEOUT_SECONDS = 60


def inspect(agent: Agent, *words: str) -> Any:
    """What the inspector prints for one method."""
    done = subprocess.run(
        [str(inspector()), "--cli", sys.executable, "-m", "bdh", ":mcp", *words],
        cwd=agent.folder, env=agent.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_and_calls(alice: Agent) -> None:
    tools = inspect(alice, "--method", "tools/list")["tools"]
    assert [tool["name"] for tool in tools] == list(TOOLS)

    call = ("--method", "tools/call", "--tool-name", "create_bead", "--tool-arg", "title=Seen")
    assert inspect(alice, *call)["structuredContent"]["title"] == "Seen"

    read = inspect(alice, "--method", "resources/read", "--uri", "bdh://status")
    assert "## Team Status" in read["contents"][0]["text"]

    prompts = inspect(alice, "--method", "prompts/list")["prompts"]
    assert [prompt["name"] for prompt in prompts] == ["start-of-work", "hand-over"]
