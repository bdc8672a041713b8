"""Two agents, one file: the host's hook, then the commit, then the push."""

from __future__ import annotations

from tests.e2e.guard.conftest import Agent, git, inside
from tests.support.terminal import Terminal


def test_an_edit_of_a_held_file_is_denied_with_who_why_how_long_and_how_to_reach(
    a: Agent, b: Agent
) -> None:
    bead = a.terminal.json("create", "Refactor auth")["id"]
    a.terminal.bdh("claim", bead)
    assert a.edit("src/api.py", "api = 2\n") == {}

    said = b.edit("src/api.py", "api = 3\n")

    assert said["permissionDecision"] == "deny"
    reason = said["permissionDecisionReason"]
    assert f'src/api.py is locked by alice-backend for 15m: "working on {bead}"' in reason
    assert "Alice Adams, active" in reason
    assert 'bdh :aweb chat send-and-wait alice "…"' in reason
    assert "bdh :reserve src/api.py --wait" in reason
    assert (b.root / "src/api.py").read_text() == "api = 1\n"


def test_what_slips_past_the_host_warns_at_the_commit_and_is_caught_at_the_push(
    a: Agent, b: Agent, tmp_path: object
) -> None:
    a.terminal.git("init", "-q", "--bare", f"{tmp_path}/origin.git")
    a.terminal.git("remote", "add", "origin", f"{tmp_path}/origin.git")
    a.terminal.bdh(":reserve", "src/api.py", "--reason", "refactor auth", "--ttl", "12m")
    (b.root / "src/api.py").write_text("api = 3\n")

    warned = git(b.terminal, "commit", "-qam", "Slip")
    b.terminal.git("config", "bdh.guard", "block")
    (b.root / "src/api.py").write_text("api = 4\n")
    refused = git(b.terminal, "commit", "-qam", "Slip")
    slipped = git(b.terminal, "commit", "--no-verify", "-qam", "Slip")
    pushed = git(b.terminal, "push", "-q", "origin", "HEAD")

    line = 'bdh: src/api.py is locked by alice-backend for 12m: "refactor auth"'
    assert (warned.code, warned.said.strip()) == (0, line)
    assert refused.code == 1
    assert line in refused.said
    assert "git commit --no-verify" in refused.said
    assert (slipped.code, slipped.said) == (0, "")
    assert pushed.code == 1
    assert line in pushed.said


def test_the_guard_can_be_switched_off(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/")
    b.terminal.git("config", "bdh.guard", "off")
    (b.root / "src/api.py").write_text("api = 3\n")

    assert b.edit("src/db.py") == {}
    assert git(b.terminal, "commit", "-qam", "Off").said == ""


def test_the_projects_settings_count_where_git_says_nothing(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":project", "settings", "guard_mode=block", "edit_guard_mode=warn")
    a.terminal.bdh(":reserve", "src/")
    (b.root / "src/api.py").write_text("api = 3\n")

    said = b.edit("src/db.py")
    refused = git(b.terminal, "commit", "-qam", "Blocked")

    assert "permissionDecision" not in said
    assert "src/db.py is locked by alice-backend" in said["additionalContext"]
    assert refused.code == 1


def test_a_shell_command_that_writes_is_guarded_like_an_edit(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py")

    assert b.shell("sed -n p src/api.py") == {}
    assert b.shell("ls; sed -i s/1/2/ src/api.py")["permissionDecision"] == "deny"
    assert b.shell("echo x > src/api.py")["permissionDecision"] == "deny"
    assert b.shell("rm -r src")["permissionDecision"] == "deny"
    assert b.shell("git mv src/api.py src/web.py")["permissionDecision"] == "deny"


def test_the_same_call_twice_is_answered_once(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py")

    first = b.edit("src/api.py", tool_use_id="one")
    second = b.edit("src/api.py", tool_use_id="one")
    again = b.edit("src/api.py", tool_use_id="two")

    assert first["permissionDecision"] == again["permissionDecision"] == "deny"
    assert second == {}


def test_a_subagent_is_named_in_the_lock(a: Agent) -> None:
    a.edit("src/api.py", agent_id="helper-7")

    (lock,) = a.terminal.json(":locks")["locks"]
    assert lock["automatic"] is True
    assert lock["metadata"] == {
        "host": "claude", "session": "alice-session", "agent": "helper-7"
    }  # fmt: skip


def test_a_session_starts_with_a_short_guide_and_the_team(a: Agent, b: Agent) -> None:
    a.edit("src/api.py", "api = 2\n")

    said = inside(b.hook("SessionStart", source="startup"))["additionalContext"]

    assert "You are bob-frontend." in said
    assert "alice-backend (active); holds src/api.py" in said
    # No tokenizer at hand counts fewer than three characters of English to a token.
    assert len(said) < 3 * 1500
    assert inside(b.hook("SessionStart", source="startup")) == {}


def test_after_tools_what_waits_is_told_once(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":aweb", "mail", "send", "bob", "The API is done")

    told = b.after()
    soon = b.hook("PostToolBatch")
    again = b.after()

    assert "The API is done" in told or "alice" in told
    assert soon == {}
    assert again == ""


def test_a_change_no_hook_saw_is_reserved_or_told(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py")
    for name in ("api", "ui"):
        (b.root / f"src/{name}.py").write_text("changed\n")
    (b.root / "AGENTS.md").write_text("untracked, and no hook saw it\n")

    told = b.after()

    assert "src/api.py is locked by alice-backend" in told
    assert b.locks() == ["src/ui.py"]
    assert b.after() == ""


def test_stopping_gives_back_clean_files_and_keeps_changed_ones(a: Agent) -> None:
    a.edit("src/api.py", "api = 2\n")
    a.edit("src/db.py")
    a.edit("src/new.py", "new = 1\n")
    assert a.locks() == ["src/api.py", "src/db.py", "src/new.py"]

    assert a.hook("Stop") == {}

    assert a.locks() == ["src/api.py", "src/new.py"]


def test_committing_gives_back_what_was_committed(a: Agent) -> None:
    a.edit("src/api.py", "api = 2\n")
    a.edit("src/db.py", "db = 2\n")

    assert git(a.terminal, "commit", "-q", "-m", "API", "src/api.py").code == 0

    assert a.locks() == ["src/db.py"]


def test_stopping_goes_on_only_while_somebody_is_blocked_on_the_agent(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":aweb", "mail", "send", "bob", "Not urgent")
    assert b.hook("Stop") == {}
    waiting = a.terminal.start(":aweb", "chat", "send-and-wait", "bob", "Which port?")
    try:
        blocked = _until_blocked(b)
    finally:
        waiting.terminate()
        waiting.communicate()

    assert blocked["decision"] == "block"
    assert "alice" in blocked["reason"]
    assert "bdh :aweb chat open" in blocked["reason"]
    assert b.hook("Stop", stop_hook_active=True) == {}


def _until_blocked(agent: Agent) -> dict[str, str]:
    for _ in range(100):
        for seen in (agent.root / ".bdh/hooks/seen").glob("stop-*"):
            seen.unlink()
        if said := agent.hook("Stop"):
            return said
    raise AssertionError("nobody was waiting")


def test_a_trailer_names_the_claimed_bead(a: Agent) -> None:
    bead = a.terminal.json("create", "Refactor auth")["id"]
    a.terminal.bdh("claim", bead)
    (a.root / "src/api.py").write_text("api = 2\n")

    git(a.terminal, "commit", "-qam", "Refactor")
    git(a.terminal, "commit", "-q", "--amend", "--no-edit")
    first = a.terminal.git("log", "-1", "--format=%B")
    a.terminal.bdh("close", bead)
    git(a.terminal, "commit", "-q", "--allow-empty", "-m", "Later")

    assert first == f"Refactor\n\nBead: {bead}"
    assert a.terminal.git("log", "-1", "--format=%B") == "Later"


def test_an_editor_left_without_a_message_still_stops_the_commit(a: Agent) -> None:
    a.terminal.bdh("ready")
    bead = a.terminal.json("create", "Refactor auth")["id"]
    a.terminal.bdh("claim", bead)
    (a.root / "src/api.py").write_text("api = 2\n")

    assert git(a.terminal, "commit", "-a", GIT_EDITOR="true").code == 1


def test_the_branch_is_reported(a: Agent, b: Agent) -> None:
    git(b.terminal, "switch", "-q", "-c", "feature/login")

    status = a.terminal.json(":status")
    (bob,) = [one for one in status["workspaces"] if one["alias"] == "bob-frontend"]
    assert bob["branch"] == "feature/login"


def test_two_sessions_in_one_directory_do_not_pull_it_from_under_each_other(a: Agent) -> None:
    other = Agent(a.terminal, "another-session")
    other.edit("src/ui.py", "ui = 2\n")

    denied = a.shell("git stash")
    # Elsewhere it pulls nothing from under anybody.
    (a.root.parent / "elsewhere").mkdir()
    a.terminal.git("init", "-q", "../elsewhere")
    assert a.shell("cd ../elsewhere && git stash") == a.shell("git -C ../elsewhere stash") == {}
    told = a.edit("src/ui.py")

    assert denied["permissionDecision"] == "deny"
    assert "bdh :add-worktree" in denied["permissionDecisionReason"]
    assert "also being edited by another claude session" in told["additionalContext"]
    other.hook("SessionEnd")
    assert a.shell("git stash") == {}


def test_reserving_and_waiting_ends_when_the_other_lets_go(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py")
    assert b.terminal.bdh(":reserve", "src/api.py", expect=1).err.startswith(
        "src/api.py is locked by alice-backend for 15m\n  → Reach alice: bdh :aweb mail send alice"
    )
    waiting = b.terminal.start(":reserve", "src/api.py", "--wait-at-most", "30s")
    assert waiting.stderr is not None
    assert "Waiting: src/api.py" in waiting.stderr.readline()

    a.terminal.bdh(":aweb", "unlock", "src/api.py")

    out, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, out) == (0, "src/api.py is yours for 15m\n")
    assert "bob-frontend" in a.terminal.bdh(":aweb", "locks").out


def test_a_path_that_is_held_is_refused_unless_others_are_granted(a: Agent, b: Agent) -> None:
    a.terminal.bdh(":reserve", "src/api.py", "--reason", "refactor auth")

    refused = b.terminal.bdh(":reserve", "src/api.py", "--json", expect=1).error
    late = b.terminal.bdh(":reserve", "src/api.py", "--wait-at-most", "1s", "--json", expect=1)
    partly = b.terminal.json(":reserve", "src/api.py", "src/web.py", expect=1)

    assert refused["code"] == late.error["code"] == "lock_held"
    assert refused["message"].startswith("src/api.py is locked by alice-backend for ")
    [conflict] = refused["details"]["conflicts"]
    assert (conflict["holder"]["short"], conflict["reason"]) == ("alice", "refactor auth")
    assert [one["path"] for one in partly["granted"]] == ["src/web.py"]
    assert [one["path"] for one in partly["conflicts"]] == ["src/api.py"]


def test_paths_of_the_verbs_are_relative_to_where_one_is(a: Agent, home: Terminal) -> None:
    inner = a.terminal.cd("src")
    inner.bdh(":aweb", "lock", "api.py", "../src")

    assert a.locks() == ["src/", "src/api.py"]
    assert inner.bdh(":reserve", "/etc/passwd", expect=2).err.startswith("/etc/passwd is not")
    assert inner.bdh(":release-paths", "--all").out.startswith("Released 2 paths")
