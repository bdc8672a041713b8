"""Two worktrees of a real repository, each a workspace, with git's hooks installed."""

from __future__ import annotations

import itertools
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import alice, bob, empty_repo, home, proxy, remote, repo
from tests.support.terminal import Terminal

__all__ = ["alice", "bob", "empty_repo", "home", "proxy", "remote", "repo"]

CALLS = itertools.count()
# Whether an agent is denied must not depend on what else this machine does.
PATIENT = {"BDH_HOOK_SECONDS": "10"}


@dataclass
class Agent:
    """A session of an agent host in a workspace."""

    terminal: Terminal
    session: str
    host: str = "claude"
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.terminal.directory

    def hook(self, name: str, **payload: Any) -> dict[str, Any]:
        """What the host's hook `name` answers; empty when it says nothing."""
        given = {
            "session_id": self.session, "cwd": str(self.root), "hook_event_name": name,
            "tool_use_id": f"call-{next(CALLS)}", **payload,
        }  # fmt: skip
        return self.raw(given)

    def raw(self, payload: dict[str, Any], *command: str) -> dict[str, Any]:
        """What the installed command answers to `payload`."""
        done = subprocess.run(
            command or ("bdh", ":hook", self.host), input=json.dumps(payload), cwd=self.root,
            env={**self.terminal.environment, **self.variables}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert done.stderr == ""
        assert not (self.root / ".bdh/hooks/error.log").exists(), self.bug()
        answer: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
        return answer

    def bug(self) -> str:
        return (self.root / ".bdh/hooks/error.log").read_text()

    def edit(self, path: str, text: str | None = None, **payload: Any) -> dict[str, Any]:
        """The hook before an edit; the edit itself too, if it was not denied."""
        target = {"file_path": str(self.root / path)}
        said = self.hook("PreToolUse", tool_name="Edit", tool_input=target, **payload)
        if text is not None and "permissionDecision" not in inside(said):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        return inside(said)

    def shell(self, command: str) -> dict[str, Any]:
        """The hook before a shell command."""
        return inside(self.hook("PreToolUse", tool_name="Bash", tool_input={"command": command}))

    def after(self) -> str:
        """What is injected after tools, without waiting for fifteen seconds."""
        for stamp in (self.root / ".bdh/hooks").glob("next-*"):
            stamp.unlink()
        said: str = inside(self.hook("PostToolBatch")).get("additionalContext", "")
        return said

    def locks(self) -> list[str]:
        """The paths this workspace holds."""
        return sorted(lock["path"] for lock in self.terminal.json(":locks", "--mine")["locks"])


def inside(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer.get("hookSpecificOutput", {})
    return found


@dataclass(frozen=True)
class Done:
    """What git did."""

    code: int
    said: str


def git(terminal: Terminal, *words: str, stdin: str = "", **variables: str) -> Done:
    """Run git as its user would, failing or not."""
    done = subprocess.run(
        ["git", *words], cwd=terminal.directory, env={**terminal.environment, **variables},
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr)


@pytest.fixture
def files(repo: Terminal) -> None:
    """Something to edit, before anybody is here."""
    (repo.directory / "src").mkdir()
    for name in ("api", "db", "ui"):
        (repo.directory / f"src/{name}.py").write_text(f"{name} = 1\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "Add files")


@pytest.fixture
def a(files: None, alice: Terminal) -> Agent:
    """alice-backend's session."""
    alice.bdh(":hooks", "install")
    return Agent(alice.env(**PATIENT), "alice-session")


@pytest.fixture
def b(a: Agent, bob: Terminal) -> Agent:
    """bob-frontend's session, in a worktree beside."""
    return Agent(bob.env(**PATIENT), "bob-session")
