"""Codex and Cursor, the team's policy, and what bdh itself writes."""

from __future__ import annotations

import itertools
from typing import Any

from bdh.hooks.own import remember
from tests.e2e.guard.conftest import Agent, inside

PATCH = "*** Begin Patch\n*** Update File: {old}\n*** Move to: {new}\n@@\n-a\n+b\n*** End Patch\n"
CALLS = itertools.count()


def codex(agent: Agent, old: str, new: str) -> dict[str, Any]:
    """What a patch is answered that moves a file."""
    command = PATCH.format(old=old, new=new)
    said = {
        "hook_event_name": "PreToolUse", "session_id": "codex", "cwd": str(agent.root),
        "tool_name": "apply_patch", "tool_input": {"command": command},
        "tool_use_id": f"codex-{next(CALLS)}",
    }  # fmt: skip
    return inside(agent.raw(said, "bdh", ":hook", "codex"))


def cursor(agent: Agent, name: str, **payload: Any) -> dict[str, Any]:
    """What Cursor is answered."""
    said = {
        "hook_event_name": name, "conversation_id": "cursor", "cursor_version": "3.12.17",
        "workspace_roots": [str(agent.root)], "tool_use_id": f"cursor-{next(CALLS)}", **payload,
    }  # fmt: skip
    return agent.raw(said, "bdh", ":hook", "cursor")


def test_both_ends_of_a_patch_that_moves_are_asked_about(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/web.py")

    said = codex(b, "src/api.py", "src/web.py")

    assert said["permissionDecision"] == "deny"
    assert "src/web.py is locked by alice-backend" in said["permissionDecisionReason"]
    assert codex(b, "src/db.py", "src/store.py") == {}
    # A denied patch changes nothing, so neither end of it stays reserved.
    assert b.locks() == ["src/db.py", "src/store.py"]


def test_cursor_is_warned_after_the_tool_since_it_cannot_be_before(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":project", "settings", "edit_guard_mode=warn")
    a.terminal.bdh(":reserve", "src/api.py")
    edit = {"tool_name": "StrReplace", "tool_input": {"path": str(b.root / "src/api.py")}}

    before = cursor(b, "preToolUse", **edit)
    after = cursor(b, "postToolUse", **edit)

    assert before == {}
    assert "src/api.py is locked by alice-backend" in after["additional_context"]
    assert cursor(b, "postToolUse", **edit) == {}


def test_cursors_own_edits_are_reserved_though_only_seen_afterwards(a: Agent) -> None:
    (a.root / "src/new.py").write_text("new = 1\n")

    assert cursor(a, "afterFileEdit", file_path=str(a.root / "src/new.py"), edits=[]) == {}

    assert a.locks() == ["src/new.py"]


def test_claudes_hook_run_by_cursor_is_a_doubled_one(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py")
    edit = {"tool_name": "Write", "tool_input": {"file_path": str(b.root / "src/api.py")}}

    own = cursor(b, "preToolUse", tool_use_id="same", **edit)
    said = {
        "hook_event_name": "PreToolUse", "conversation_id": "cursor", "cwd": str(b.root),
        "cursor_version": "3.12.17", "tool_use_id": "same", **edit,
    }  # fmt: skip
    doubled = b.raw(said, "bdh", ":hook", "claude")

    assert own["permission"] == "deny"
    assert doubled == {}


def test_what_bdh_wrote_is_nobodys_work(a: Agent, b: Agent) -> None:
    block = "\n<!-- bdh:begin -->\nUse bdh.\n<!-- bdh:end -->\n"
    (b.root / "AGENTS.md").unlink(missing_ok=True)
    b.terminal.git("mv", "README.md", "AGENTS.md")
    b.terminal.git("commit", "-qm", "Rules")
    with (b.root / "AGENTS.md").open("a") as file:
        file.write(block)
    (b.root / ".mcp.json").write_text("{}\n")
    b.terminal.git("add", ".mcp.json")
    remember(b.root / ".bdh", b.root, [".mcp.json"])

    assert b.after() == ""
    assert b.locks() == []
    (b.root / "AGENTS.md").write_text("# My own rules\n" + block)
    b.after()
    assert b.locks() == ["AGENTS.md"]


def test_ignored_files_and_files_elsewhere_are_nobodys_business(a: Agent) -> None:
    with (a.root / ".git/info/exclude").open("a") as file:
        file.write("/build/\n")

    assert a.edit("build/out.log", "x") == {}
    assert a.shell("echo x > /tmp/bdh-elsewhere.log") == {}
    assert a.locks() == []


def test_a_released_lock_is_asked_for_again(a: Agent, b: Agent) -> None:
    a.edit("src/api.py")
    a.terminal.bdh(":release-paths", "src/api.py")

    assert b.edit("src/api.py") == {}
    assert a.edit("src/api.py")["permissionDecision"] == "deny"
