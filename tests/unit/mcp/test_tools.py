"""The list of tools as every client pays for it, and what is done with arguments."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from bdh import __version__
from bdh.errors import UsageError
from bdh.mcp import arguments
from bdh.mcp.results import compact
from bdh.mcp.server import INSTRUCTIONS, Context, build
from bdh.mcp.tools import TOOLS

# product.md §5, by group.
NAMES = [
    *("whoami", "team_status", "ready_beads", "show_bead", "create_bead", "claim_bead"),
    *("release_bead", "update_bead", "get_policy"),
    *("reserve_files", "release_files", "list_locks"),
    *("send_mail", "check_inbox", "send_chat", "open_chat"),
    *("escalate", "get_escalation"),
]
MAX_TOOL_BYTES = 555
MAX_LIST_TOKENS = 2500


async def _nobody(_context: Context) -> Any:
    raise AssertionError("a list concerns nobody in particular")


def listed(era: str = "auto") -> list[dict[str, Any]]:
    async def ask() -> Any:
        async with Client(build(_nobody), mode=era) as client:
            return await client.list_tools()

    tools = asyncio.run(ask()).tools
    return [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in tools]


def size(tool: dict[str, Any]) -> int:
    return len(json.dumps(tool, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_the_list_is_complete_and_always_the_same(era: str) -> None:
    assert [tool["name"] for tool in listed(era)] == NAMES
    assert listed(era) == listed(era)


def test_the_list_is_short() -> None:
    """bytes / 4 is how hosts count; schemas of results would more than triple it."""
    sizes = {tool["name"]: size(tool) for tool in listed()}

    assert {name: count for name, count in sizes.items() if count > MAX_TOOL_BYTES} == {}
    assert sum(sizes.values()) / 4 <= MAX_LIST_TOKENS


def test_every_tool_has_all_annotations_and_no_result_schema() -> None:
    hints = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}

    for tool in listed():
        assert set(tool["annotations"]) == hints, tool["name"]
        assert "outputSchema" not in tool
        assert "title" not in tool
        assert tool["annotations"]["openWorldHint"] is False


def test_lists_take_a_limit_and_nobody_names_the_actor() -> None:
    lists = {
        "team_status",
        "ready_beads",
        "list_locks",
        "check_inbox",
        "open_chat",
        "get_escalation",
    }
    properties = {tool["name"]: tool["inputSchema"]["properties"] for tool in listed()}

    assert all("limit" in properties[name] for name in lists)
    forbidden = {"actor", "workspace", "project", "project_id", "alias", "from"}
    assert all(not forbidden & set(names) for names in properties.values())


def test_the_instructions_begin_with_what_matters() -> None:
    head = INSTRUCTIONS[:512]

    assert all(word in head for word in ("claim_bead", "reserve_files", "check_inbox"))
    assert head[: head.rindex(".") + 1].endswith(".")
    assert len(INSTRUCTIONS) <= 2048


def test_the_registry_is_told_this_version_and_how_to_start_it() -> None:
    root = Path(__file__).parents[3]
    entry = json.loads((root / "server.json").read_text())
    package = entry["packages"][0]

    assert {entry["version"], package["version"]} == {__version__}
    assert [one["value"] for one in package["packageArguments"]] == [":mcp"]
    assert f"mcp-name: {entry['name']} -->" in (root / "README.md").read_text()
    assert len(entry["description"]) <= 100


TAKEN = TOOLS["reserve_files"].arguments


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "the argument paths is missing"),
        ({"paths": None}, "the argument paths is missing"),
        ({"paths": 3}, "the argument paths is wrong: input should be a valid list"),
        ({"paths": [1]}, "the argument paths.0 is wrong: input should be a valid string"),
        ({"paths": ["a\0"]}, "the argument paths.0 is wrong: input should hold no NUL character"),
        ({"paths": ["\ud800"]}, "the argument paths.0 is wrong: input should hold no half"),
        ({"paths": ["a"] * 10_001}, "the argument paths is wrong: list should have at most 10000"),
        ({"paths": ["a"], "ttl_seconds": "60"}, "the argument ttl_seconds is wrong: input should"),
        ({"paths": ["a"], "ttl_seconds": True}, "the argument ttl_seconds is wrong: input should"),
        ({"paths": ["a"], "ttl_seconds": 2**40}, "the argument ttl_seconds is wrong: input should"),
        ({"paths": ["a"], "ttl_seconds": 0.5}, "the argument ttl_seconds is wrong: input should"),
        (
            {"paths": ["a"], "shared": "yes"},
            "the argument shared is wrong: input should be a valid",
        ),
        ({"paths": ["a"], "holder": "bob"}, "there is no argument 'holder'; there are: paths, "),
    ],
)
def test_wrong_arguments_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        arguments.checked(TAKEN, given)

    assert str(caught.value).startswith(f"Cannot call this tool: {said}")
    assert "\n" not in str(caught.value)


def test_a_text_that_is_needed_is_not_empty_and_a_choice_is_one_of_its() -> None:
    with pytest.raises(UsageError, match="bead_id is wrong: string should have at least 1"):
        arguments.checked(TOOLS["show_bead"].arguments, {"bead_id": ""})
    with pytest.raises(UsageError, match="status is wrong: input should be 'open', 'in_progress'"):
        arguments.checked(TOOLS["update_bead"].arguments, {"bead_id": "x", "status": "done"})


def test_arguments_are_completed() -> None:
    found = arguments.checked(TAKEN, {"paths": "a.py", "ttl_seconds": 60.0})

    assert found == {"paths": ["a.py"], "ttl_seconds": 60, "shared": None, "reason": None}


def test_what_is_empty_is_left_out_and_what_is_long_is_cut() -> None:
    found = compact({"a": None, "b": [], "c": {"d": None}, "e": 0, "f": False, "g": "x" * 99_999})

    assert set(found) == {"e", "f", "g"}
    assert len(found["g"]) < 13_000
