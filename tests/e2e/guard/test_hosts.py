"""Codex and Cursor, the team's policy, and what bdh itself writes."""

from __future__ import annotations

import itertools
import json
from typing import Any

from bdh.hooks.own import remember
from tests.e2e.guard.conftest import Agent, git, inside

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
    assert b.locks() == ["src/api.py", "src/db.py", "src/store.py"]


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


def test_what_the_policy_protects_is_protected_from_everybody(a: Agent) -> None:
    policy = a.terminal.json(":policy", "show")
    policy["bundle"]["rules"]["protected_paths"] = [
        {"glob": "LICENSE", "action": "deny", "reason": "legal"},
        {"glob": "src/db*", "action": "ask", "reason": "migrations"},
    ]
    proposed = a.terminal.json(":policy", "edit", "--file", "-", stdin=json.dumps(policy))
    a.terminal.bdh(":policy", "activate", str(proposed["version"]))

    denied = a.edit("LICENSE")
    asked = a.edit("src/db.py")
    (a.root / "LICENSE").write_text("mine\n")
    a.terminal.git("add", "LICENSE")
    refused = git(a.terminal, "commit", "-qm", "License")

    assert denied["permissionDecision"] == "deny"
    assert (
        'LICENSE is protected by the team\'s policy: "legal"'
        in (denied["permissionDecisionReason"])
    )
    assert asked["permissionDecision"] == "ask"
    assert refused.code == 1
    assert a.edit("src/ui.py") == {}


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
