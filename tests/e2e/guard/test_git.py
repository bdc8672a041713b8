"""The ways people commit: each is asked about what it really commits."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from tests.e2e.guard.conftest import Agent, Done, git
from tests.support.terminal import Terminal

API = "bdh: src/api.py is locked by alice-backend for 15m"


@pytest.fixture
def held(a: Agent, b: Agent) -> Terminal:
    """bob's worktree; alice holds src/api.py."""
    a.terminal.bdh(":reserve", "src/api.py")
    return b.terminal


def write(terminal: Terminal, *names: str, text: str = "changed\n") -> None:
    for name in names:
        (terminal.directory / name).write_text(text)


def warned(done: Done) -> list[str]:
    assert done.code == 0, done.said
    return [line for line in done.said.splitlines() if line.startswith("bdh:")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("commit", "-qam", "All"), [API]),
        (("commit", "-q", "--only", "src/ui.py", "-m", "Only"), []),
        (("commit", "-q", "--only", "src/api.py", "-m", "Only"), [API]),
        (("commit", "-q", "-m", "Partly", "src/db.py"), []),
        (("commit", "-q", "--amend", "--no-edit", "-a"), [API]),
    ],
)
def test_what_is_committed_is_what_is_asked_about(
    held: Terminal, words: tuple[str, ...], expected: list[str]
) -> None:
    write(held, "src/api.py", "src/ui.py", "src/db.py")

    assert warned(git(held, *words)) == expected


def test_both_names_of_a_rename_count(held: Terminal, a: Agent) -> None:
    held.git("mv", "src/api.py", "src/web.py")
    assert warned(git(held, "commit", "-qm", "Rename")) == [API]

    a.terminal.bdh(":reserve", "src/new.py")
    held.git("mv", "src/ui.py", "src/new.py")
    assert "src/new.py" in warned(git(held, "commit", "-qm", "Rename"))[0]


def test_a_deletion_and_a_directory_count(held: Terminal, a: Agent) -> None:
    a.terminal.bdh(":reserve", "docs/")
    held.git("rm", "-q", "src/api.py")
    (held.directory / "docs").mkdir()
    write(held, "docs/a.md")
    held.git("add", "-A")

    assert len(warned(git(held, "commit", "-qm", "Both"))) == 2


@pytest.mark.parametrize(
    "name", ["a b.py", 'q"uote.py', "tab\tline\nfeed.py", "ünï.py", "-dash.py"]
)
def test_odd_names(a: Agent, b: Agent, name: str) -> None:
    write(b.terminal, f"src/{name}")
    a.terminal.bdh(":reserve", "--", f"src/{name}")
    b.terminal.git("add", "-A")

    (line,) = warned(git(b.terminal, "commit", "-qm", "Odd"))

    assert "is locked by alice-backend" in line
    assert b.edit(f"src/{name}")["permissionDecision"] == "deny"


def test_a_merge_is_asked_only_about_what_it_decides(held: Terminal, a: Agent) -> None:
    held.git("switch", "-q", "-c", "side")
    write(held, "src/db.py", text="theirs\n")
    held.git("commit", "-qam", "Theirs")
    held.git("switch", "-q", "-")
    write(held, "src/db.py", text="ours\n")
    held.git("commit", "-qam", "Ours")
    a.terminal.bdh(":reserve", "src/db.py")

    assert git(held, "merge", "-q", "side").code == 1
    write(held, "src/db.py", text="theirs\n")
    held.git("add", "-A")
    taken = warned(git(held, "commit", "-q", "--no-edit"))

    assert taken == []


def test_rebase_and_cherry_pick_run_through(held: Terminal) -> None:
    held.git("switch", "-q", "-c", "topic")
    write(held, "src/ui.py", text="topic\n")
    held.git("commit", "-qam", "Topic")
    tip = held.git("rev-parse", "HEAD")
    held.git("switch", "-q", "-")
    write(held, "src/db.py", text="main\n")
    held.git("commit", "-qam", "Main")

    picked = git(held, "cherry-pick", tip)
    rebased = git(held, "rebase", "-q", "HEAD~1", "topic")

    assert (picked.code, rebased.code) == (0, 0), rebased.said
    assert "bdh" not in picked.said + rebased.said


def test_a_push_is_asked_about_what_the_remote_lacks(held: Terminal, tmp_path: Path) -> None:
    held.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    held.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    write(held, "src/api.py")
    git(held, "commit", "-q", "--no-verify", "-am", "API")
    assert warned(git(held, "push", "-q", "origin", "HEAD:refs/heads/main")) == [API]
    write(held, "src/ui.py")
    git(held, "commit", "-q", "--no-verify", "-am", "UI")

    assert warned(git(held, "push", "-q", "origin", "HEAD:refs/heads/main")) == []
    assert warned(git(held, "push", "-q", "origin", "HEAD:refs/heads/copy")) == []
    assert warned(git(held, "push", "-q", "origin", ":refs/heads/copy")) == []


def test_work_from_before_somebody_took_the_file_is_pushed(
    a: Agent, b: Agent, tmp_path: Path
) -> None:
    b.terminal.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    b.terminal.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    b.terminal.git("push", "-q", "--no-verify", "origin", "HEAD")
    b.terminal.git("config", "bdh.guard", "block")
    write(b.terminal, "src/api.py", "new\nline.py")
    b.terminal.git("add", "-A")
    earlier = {"GIT_COMMITTER_DATE": "2026-11-01T09:00:00Z"}
    assert git(b.terminal, "commit", "-qm", "Earlier", **earlier).code == 0
    write(b.terminal, "src/ui.py", text="earlier\n")
    b.terminal.git("commit", "-qam", "Not this one's")
    a.terminal.bdh(":reserve", "src/api.py", "new\nline.py")

    assert warned(git(b.terminal, "push", "-q", "origin", "HEAD")) == []

    write(b.terminal, "new\nline.py", text="slipped\n")
    b.terminal.git("commit", "-q", "--no-verify", "-am", "Slipped")
    refused = git(b.terminal, "push", "-q", "origin", "HEAD")
    assert refused.code == 1
    assert "new line.py is locked by alice-backend" in refused.said
    assert "src/api.py" not in refused.said


def test_a_shallow_clone_can_be_pushed_from(a: Agent, tmp_path: Path) -> None:
    a.terminal.git("clone", "-q", "--bare", str(a.root), str(tmp_path / "origin.git"))
    a.terminal.git("clone", "-q", "--depth", "1", f"file://{tmp_path}/origin.git",
                   str(tmp_path / "shallow"))  # fmt: skip
    a.terminal.git("config", "bdh.origin", "local/shared")
    shallow = a.terminal.cd(tmp_path / "shallow")
    token = a.terminal.bdh(":invite").out.strip()
    shallow.bdh(":join", token, "--alias", "carol-docs")
    shallow.bdh(":hooks", "install")
    write(shallow, "src/api.py")

    assert git(shallow, "commit", "-qam", "Shallow").code == 0
    assert git(shallow, "push", "-q", "origin", "HEAD").code == 0


def test_five_hundred_files_are_one_question(held: Terminal) -> None:
    (held.directory / "many").mkdir()
    write(held, "src/api.py", *(f"many/{number}.py" for number in range(500)))
    held.git("add", "-A")

    assert warned(git(held, "commit", "-qm", "Many")) == [API]


def test_a_stopped_stack_costs_one_line_and_the_commit_goes_on(
    remote: Terminal, proxy: object
) -> None:
    remote.bdh(":hooks", "install")
    proxy.cut()  # type: ignore[attr-defined]
    write(remote, "README.md")

    started = time.monotonic()
    done = git(remote, "commit", "-qam", "Alone")

    (line,) = warned(done)
    assert line.startswith("bdh: cannot check who holds these files (")
    assert line.endswith("the commit goes on")
    assert time.monotonic() - started < 3


def test_a_backend_that_hangs_costs_a_second(remote: Terminal) -> None:
    remote.bdh(":hooks", "install")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = remote.directory / ".bdh/config.json"
        session = remote.directory / ".bdh/session.json"
        for file in (config, session):
            text = file.read_text()
            old = text[text.index("http://127.0.0.1:") :].split('"', 1)[0]
            file.write_text(text.replace(old, f"http://127.0.0.1:{port}"))
        write(remote, "README.md")

        started = time.monotonic()
        (line,) = warned(git(remote, "commit", "-qam", "Alone"))
        elapsed = time.monotonic() - started

    assert "no answer within" in line
    assert elapsed < 2.5
    told = Agent(remote, "s").edit("README.md")
    assert "bdh cannot check who holds files here" in told["additionalContext"]
    assert Agent(remote, "s").edit("README.md") == {}


def test_commits_at_the_same_time_do_not_disturb_each_other(a: Agent, b: Agent) -> None:
    results: list[Done] = []

    def commit(agent: Agent, name: str) -> None:
        write(agent.terminal, name)
        results.append(git(agent.terminal, "commit", "-qam", name))

    threads = [threading.Thread(target=commit, args=pair) for pair in ((a, "src/ui.py"),
                                                                     (b, "src/db.py"))]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(done.code, done.said) for done in results] == [(0, ""), (0, "")]
