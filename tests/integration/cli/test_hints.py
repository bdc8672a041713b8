"""What commands print when something is in the way: one cause, and a command to type."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.terminal import Terminal


def at_a_terminal(terminal: Terminal, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose standard input is a terminal."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "bdh", *words], cwd=terminal.directory,
        env={**terminal.environment, **environment}, stdin=follower, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    for end in (leader, follower):
        os.close(end)
    return done.returncode, done.stderr


def test_the_doctor_names_a_cause_once(alice: Terminal, tmp_path: Path) -> None:
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "clone"))

    checks = alice.cd(tmp_path / "clone").json(":doctor", expect=1)["checks"]

    assert [one["name"] for one in checks if one["state"] != "ok"] == ["workspace"]


def test_the_doctor_starts_nothing(alice: Terminal, tmp_path: Path) -> None:
    config = alice.directory / ".bdh" / "config.json"
    content = json.loads(config.read_text())
    content["backend"]["stack_dir"] = str(tmp_path / "stopped")
    config.write_text(json.dumps(content))

    checks = {one["name"]: one for one in alice.json(":doctor")["checks"]}

    assert (checks["stack"]["state"], checks["stack"]["fix"]) == ("warning", "bdh :up")
    assert not {"backend", "token", "clock"} & set(checks)
    assert not (tmp_path / "stopped").exists()


def test_the_doctor_sees_hooks_that_are_gone(alice: Terminal) -> None:
    file = alice.directory / ".claude" / "settings.local.json"
    content = json.loads(file.read_text())
    del content["hooks"]["PreToolUse"]

    def found() -> dict[str, str]:
        checks = alice.json(":doctor")["checks"]
        return next(one for one in checks if one["name"] == "claude hooks")

    file.write_text(json.dumps(content))
    lacking = found()
    file.write_text("{")
    broken = found()
    file.unlink()
    missing = found()

    assert "lacks bdh's hook for PreToolUse" in lacking["message"]
    assert "not a JSON object" in broken["fix"]
    assert (missing["state"], missing["fix"]) == ("warning", "bdh :init")
    alice.bdh(":init")
    assert found()["state"] == "ok"


def test_what_was_sent_is_listed_by_who_gets_it(alice: Terminal, bob: Terminal) -> None:
    alice.bdh(":aweb", "mail", "send", "bob", "The API is ready")

    listed = alice.bdh(":aweb", "mail", "list", "--sent").out

    assert "to bob-frontend" in listed
    assert "unread" not in listed


def test_an_invitation_comes_with_what_to_type(alice: Terminal) -> None:
    made = alice.bdh(":invite", "--uses", "2")

    assert "for 2 uses" in made.err
    assert f"→ bdh :join {made.out.strip()}\n" in made.err
    assert "--key sb_publishable_" in made.err


def test_an_editor_that_is_not_there_is_named(alice: Terminal) -> None:
    code, said = at_a_terminal(alice, ":policy", "edit", EDITOR="/nowhere/editor")
    same, silent = at_a_terminal(alice, ":policy", "edit", EDITOR="true")

    assert (code, "/nowhere/editor" in said) == (2, True)
    assert (same, "Nothing was changed" in silent) == (2, True)


def test_what_was_written_in_an_editor_is_not_lost(alice: Terminal, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "{ broken" > "$1"\n')
    editor.chmod(0o755)

    code, said = at_a_terminal(alice, ":policy", "edit", EDITOR=str(editor))

    file = alice.directory / ".bdh" / "policy-edit.json"
    assert (code, f"bdh :policy edit --file {file} --base 0" in said) == (2, True)
    assert file.read_text() == "{ broken\n"


def test_nothing_is_deleted_without_a_yes(alice: Terminal) -> None:
    refused = alice.bdh(":stack", "reset", "--json", expect=2).error

    assert "--yes" in refused["message"]


def test_a_setting_is_refused_with_what_it_may_be(alice: Terminal) -> None:
    refused = alice.bdh(":project", "settings", "guard_mode=maybe", "--json", expect=1).error

    assert refused["hint"] == "bdh :project settings guard_mode=warn|block|off"


def test_a_deleted_bead_is_named_where_it_was(alice: Terminal) -> None:
    first = alice.json("create", "First")["id"]
    second = alice.json("create", "Second", "--deps", f"discovered-from:{first}")["id"]
    alice.bdh("delete", second)

    assert f"{second} (not here) [discovered-from]" in alice.bdh("show", first).out


def test_a_human_is_known_where_no_workspace_is(alice: Terminal, tmp_path: Path) -> None:
    known = alice.cd(tmp_path).json(":whoami", "--human")

    assert known["workspace"] is None
    assert alice.directory.name in [project["slug"] for project in known["projects"]]
