"""The rules of the team's policy that the guard enforces: protected paths, files per claim."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.guard.conftest import Agent, git


def activate(agent: Agent, **rules: Any) -> None:
    """Put these rules in force, as the human at the keyboard."""
    policy = agent.terminal.json(":policy", "show")
    policy["bundle"]["rules"] |= rules
    proposed = agent.terminal.json(":policy", "edit", "--file", "-", stdin=json.dumps(policy))
    agent.terminal.bdh(":policy", "activate", str(proposed["version"]))


def rule(glob: str, action: str, reason: str) -> dict[str, str]:
    return {"glob": glob, "action": action, "reason": reason}


def test_what_the_policy_protects_is_protected_from_everybody(a: Agent, b: Agent) -> None:
    activate(a, protected_paths=[
        rule("LICENSE", "deny", "legal"), rule("src/db*", "ask", "migrations"),
        rule("src/ui*", "warn", "design"),
    ])  # fmt: skip

    denied = a.edit("LICENSE")
    asked = b.edit("src/db.py")
    warned = b.edit("src/ui.py", "ui = 2\n")

    assert denied["permissionDecision"] == "deny"
    reason = denied["permissionDecisionReason"]
    assert 'LICENSE is protected by the team\'s policy: "legal"' in reason
    assert "bdh :escalate" in reason
    # What was denied is held by nobody: the next one is not told that it is locked.
    assert a.locks() == []
    assert "locked" not in b.edit("LICENSE")["permissionDecisionReason"]
    assert asked["permissionDecision"] == "ask"
    assert "permissionDecision" not in warned
    assert 'src/ui.py is protected by the team\'s policy: "design"' in warned["additionalContext"]
    assert b.locks() == ["src/db.py", "src/ui.py"]
    assert a.edit("src/api.py") == {}


def test_protected_paths_meet_commits_and_pushes(a: Agent, tmp_path: object) -> None:
    activate(a, protected_paths=[
        rule("LICENSE", "deny", "legal"), rule("src/db*", "ask", "migrations"),
    ])  # fmt: skip
    a.terminal.git("init", "-q", "--bare", f"{tmp_path}/origin.git")
    a.terminal.git("remote", "add", "origin", f"{tmp_path}/origin.git")
    a.terminal.git("push", "-q", "--no-verify", "origin", "HEAD")
    (a.root / "src/db.py").write_text("db = 2\n")

    asked = git(a.terminal, "commit", "-qam", "A question is a warning here")
    (a.root / "LICENSE").write_text("mine\n")
    a.terminal.git("add", "LICENSE")
    refused = git(a.terminal, "commit", "-qm", "License")
    slipped = git(a.terminal, "commit", "-q", "--no-verify", "-m", "License")
    caught = git(a.terminal, "push", "-q", "origin", "HEAD")
    a.terminal.git("config", "bdh.guard", "off")
    free = git(a.terminal, "push", "-q", "origin", "HEAD")

    assert (asked.code, refused.code, slipped.code, caught.code) == (0, 1, 0, 1)
    assert 'src/db.py is protected by the team\'s policy: "migrations"' in asked.said
    assert "LICENSE is protected" in refused.said
    assert "LICENSE is protected" in caught.said
    assert (free.code, free.said) == (0, "")


def test_one_file_more_than_the_policy_allows_is_denied_with_numbers_and_a_way_on(
    a: Agent,
) -> None:
    activate(a, max_files_per_claim=2)
    a.edit("src/api.py", "api = 2\n")
    a.edit("src/db.py", "db = 2\n")

    denied = a.edit("src/ui.py")
    again = a.edit("src/db.py", "db = 3\n")

    assert denied["permissionDecision"] == "deny"
    reason = denied["permissionDecisionReason"]
    assert "That would be 3 files at once; the team's policy allows 2 for one claim." in reason
    assert "bdh :release-paths" in reason
    assert "bdh :escalate" in reason
    assert again == {}
    assert a.locks() == ["src/api.py", "src/db.py"]
    git(a.terminal, "commit", "-qam", "Done")
    assert a.edit("src/ui.py", "ui = 2\n") == {}


def test_where_edits_are_only_warned_of_one_file_more_is_warned_of(a: Agent) -> None:
    activate(a, max_files_per_claim=1)
    a.terminal.bdh(":project", "settings", "edit_guard_mode=warn")
    a.edit("src/api.py", "api = 2\n")
    (a.root / "src/db.py").write_text("db = 2\n")

    warned = a.edit("src/ui.py", "ui = 2\n")
    unseen = a.after()

    assert "permissionDecision" not in warned
    assert "That would be 2 files at once" in warned["additionalContext"]
    assert "That would be 3 files at once" in unseen
    assert a.locks() == ["src/api.py", "src/db.py", "src/ui.py"]


def test_a_commit_of_too_many_files_is_warned_of_or_refused_and_a_push_counts_commits(
    a: Agent, tmp_path: object
) -> None:
    activate(a, max_files_per_claim=1)
    a.terminal.git("init", "-q", "--bare", f"{tmp_path}/origin.git")
    a.terminal.git("remote", "add", "origin", f"{tmp_path}/origin.git")
    a.terminal.git("push", "-q", "--no-verify", "origin", "HEAD")
    for name in ("api", "db"):
        (a.root / f"src/{name}.py").write_text("changed\n")
        assert git(a.terminal, "commit", "-qam", name).said == ""
    one_each = git(a.terminal, "push", "-q", "origin", "HEAD")
    for name in ("api", "db"):
        (a.root / f"src/{name}.py").write_text("changed again\n")
    line = "bdh: 2 files in one commit, and the team's policy wants at most 1 for one claim"

    a.terminal.git("config", "bdh.guard", "block")
    refused = git(a.terminal, "commit", "-qam", "Two")
    a.terminal.git("config", "--unset", "bdh.guard")
    warned = git(a.terminal, "commit", "-qam", "Two")
    pushed = git(a.terminal, "push", "-q", "origin", "HEAD")

    assert (one_each.code, one_each.said) == (0, "")
    assert (refused.code, warned.code, pushed.code) == (1, 0, 0)
    assert all(line in done.said for done in (refused, warned, pushed))
