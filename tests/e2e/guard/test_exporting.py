"""Beads that go along with commits: opt-in, never in the way, nothing of anybody's lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.guard.conftest import Agent, git
from tests.support.terminal import Terminal

FILE = ".beads/issues.jsonl"
# Issues of bd, as a whole: what an import brings, an export writes again.
TIMES = {"created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z"}


def issue(name: str, **fields: Any) -> str:
    bead = {"id": name, "title": f"Bead {name}", "status": "open", "priority": 2,
            "issue_type": "task", **TIMES, **fields}  # fmt: skip
    return json.dumps(bead) + "\n"


def write(terminal: Terminal, name: str, text: str) -> None:
    path = terminal.directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def commit(terminal: Terminal, *words: str, text: str | None = None) -> list[str]:
    """What bdh says of a commit of everything tracked that changed."""
    write(terminal, "src/ui.py", text or f"ui = {time.monotonic_ns()}\n")
    done = git(terminal, "commit", "-q", "-m", "UI", *(words or ("-a",)))
    assert done.code == 0, done.said
    return [line for line in done.said.splitlines() if line.startswith("bdh:")]


def committed(terminal: Terminal) -> dict[str, str]:
    """The titles of the beads in the last commit's file, by id."""
    text = terminal.git("show", f"HEAD:{FILE}")
    return {bead["id"]: bead["title"] for bead in map(json.loads, text.splitlines())}


def changed(terminal: Terminal) -> str:
    """The files of the last commit."""
    return terminal.git("show", "--format=", "--name-only", "HEAD")


@pytest.fixture
def exporting(a: Agent) -> Terminal:
    """alice's worktree, with beads that go along with commits, and one bead."""
    a.terminal.git("config", "bdh.exportOnCommit", "true")
    a.terminal.bdh("create", "First")
    return a.terminal


def test_beads_go_along_when_they_changed(exporting: Terminal) -> None:
    assert commit(exporting) == []
    assert committed(exporting) == {"bd-1": "First"}
    assert exporting.git("status", "--short", "--", FILE) == ""

    assert commit(exporting) == []
    assert changed(exporting) == "src/ui.py"

    exporting.bdh("create", "Second")
    write(exporting, "src/db.py", "staged\n")
    exporting.git("add", "src/db.py")
    assert git(exporting, "commit", "-qm", "Staged").said == ""
    assert committed(exporting) == {"bd-1": "First", "bd-2": "Second"}


def test_nobody_did_unasked_the_project_may_want_it_and_a_clone_not(a: Agent, b: Agent) -> None:
    a.terminal.bdh("create", "First")
    assert commit(a.terminal) == []
    assert changed(a.terminal) == "src/ui.py"
    a.terminal.bdh(":project", "settings", "export_on_commit=true")

    assert commit(b.terminal) == []
    assert committed(b.terminal) == {"bd-1": "First"}
    assert "bdh.exportOnCommit: as the project says" in b.terminal.bdh(":hooks", "status").out

    a.terminal.git("config", "bdh.exportOnCommit", "false")
    commit(a.terminal)
    assert changed(a.terminal) == "src/ui.py"
    assert b.terminal.json(":hooks", "status")["export_on_commit"] == "false"


def test_a_worktree_exports_into_itself_unless_it_is_refused(exporting: Terminal, b: Agent) -> None:
    exporting.bdh(":reserve", "src/db.py")
    write(b.terminal, "src/db.py", "mine\n")
    refused = git(b.terminal, "-c", "bdh.guard=block", "commit", "-qam", "Refused")
    assert refused.code == 1
    assert not (b.root / FILE).exists()
    b.terminal.git("restore", "src/db.py")

    assert commit(b.terminal) == []

    assert committed(b.terminal) == {"bd-1": "First"}
    assert not (exporting.directory / FILE).exists()


def test_a_partial_commit_and_one_of_nothing_are_left_as_they_are(exporting: Terminal) -> None:
    assert git(exporting, "commit", "-qm", "Nothing").code == 1
    (said,) = commit(exporting, "--only", "src/ui.py")

    assert said == f"bdh: {FILE} stays behind: only some paths are committed"
    assert changed(exporting) == "src/ui.py"
    assert FILE not in exporting.git("status", "--short", "--untracked-files=all")


def test_what_somebody_else_wrote_is_not_overwritten(exporting: Terminal) -> None:
    theirs = issue("bd-x1")
    write(exporting, FILE, theirs)

    (said,) = commit(exporting)
    assert "stays behind: it was changed by somebody else" in said
    exporting.git("add", FILE)
    assert "changed by somebody else" in commit(exporting)[0]
    assert committed(exporting) == {"bd-x1": "Bead bd-x1"}
    (unknown,) = commit(exporting)
    assert "has what bdh does not know of bd-x1 (bdh import)" in unknown

    exporting.bdh("import")
    assert commit(exporting) == []
    assert set(committed(exporting)) == {"bd-1", "bd-x1"}
    write(exporting, FILE, issue("bd-x1", title="Later", updated_at="2099-01-01T00:00:00+01:00"))
    exporting.git("add", FILE)
    commit(exporting)
    assert "does not know of bd-x1" in commit(exporting)[0]


def test_what_bdh_exported_is_nobodys_edit(a: Agent, exporting: Terminal) -> None:
    exporting.bdh("export")
    exporting.bdh("create", "Second")
    stop = a.root / ".git/hooks/commit-msg"
    stop.write_text("#!/bin/sh\nexit 1\n")
    stop.chmod(0o755)
    write(exporting, "src/ui.py", "ui = 3\n")
    exporting.git("add", "src/ui.py")

    assert git(exporting, "commit", "-qm", "Stopped later").code == 1
    assert f"A  {FILE}" in exporting.git("status", "--short")
    a.after()
    stop.unlink()

    assert a.locks() == ["src/ui.py"]
    assert commit(exporting) == []
    assert set(committed(exporting)) == {"bd-1", "bd-2"}


def test_an_ignored_file_and_a_linked_folder_stay_behind(exporting: Terminal) -> None:
    (exporting.directory / ".git/info/exclude").write_text(".beads/\n")
    assert "git add refuses it" in commit(exporting)[0]

    (exporting.directory / FILE).unlink()
    (exporting.directory / ".beads").rmdir()
    (exporting.directory / ".beads").symlink_to("src")
    assert "behind a symbolic link" in commit(exporting)[0]


def test_older_commits_are_made_again_as_they_were(exporting: Terminal) -> None:
    base = exporting.git("rev-parse", "HEAD")
    commit(exporting, text="one\n")
    tip = exporting.git("rev-parse", "HEAD")
    exporting.git("switch", "-q", "-c", "other", base)
    write(exporting, "src/ui.py", "two\n")
    git(exporting, "commit", "--no-verify", "-qam", "Two")
    exporting.bdh("create", "Second")

    assert git(exporting, "cherry-pick", tip).code == 1
    write(exporting, "src/ui.py", "both\n")
    exporting.git("add", "src/ui.py")
    picked = git(exporting, "-c", "core.editor=true", "cherry-pick", "--continue")

    assert picked.code == 0, picked.said
    assert "bdh:" not in picked.said
    assert set(committed(exporting)) == {"bd-1"}


def test_without_a_backend_one_line_and_the_commit_goes_on(remote: Terminal, proxy: Any) -> None:
    remote.bdh(":hooks", "install")
    remote.git("config", "bdh.exportOnCommit", "true")
    write(remote, "src/ui.py", "ui\n")
    remote.git("add", "src/ui.py")
    proxy.cut()

    (asked,) = commit(remote)
    remote.git("config", "bdh.guard", "off")
    (exported,) = commit(remote)

    assert asked.startswith("bdh: cannot check who holds these files (")
    assert exported.startswith(f"bdh: {FILE} stays behind: ")


def test_a_thousand_beads_fit_into_the_hooks_second(a: Agent, tmp_path: Path) -> None:
    beads = "".join(issue(f"bd-{number}", description="x" * 300) for number in range(1, 1001))
    (tmp_path / "issues.jsonl").write_text(beads)
    a.terminal.bdh("import", str(tmp_path / "issues.jsonl"))
    # With the second that hooks really have.
    terminal = a.terminal.env(BDH_HOOK_SECONDS="1")
    plain = seconds(terminal)
    terminal.git("config", "bdh.exportOnCommit", "true")

    took = seconds(terminal)

    assert len(committed(terminal)) == 1000
    assert took - plain < 1


def seconds(terminal: Terminal) -> float:
    started = time.monotonic()
    assert commit(terminal) == []
    return time.monotonic() - started
