"""Clones with real git, without any backend: the guard must stay out of the way."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, base_environment

IDENTITY = {
    "format": 1, "backend": {"stack_dir": "/nowhere/stack"}, "project_id": "p", "project": "shop",
    "workspace_id": "w", "alias": "alice-backend", "role": "backend",
}  # fmt: skip


@dataclass
class Clone:
    """A checkout, and what git says in it."""

    terminal: Terminal

    @property
    def root(self) -> Path:
        return self.terminal.directory

    @property
    def hooks(self) -> Path:
        return self.root / ".git/hooks"

    def git(self, *words: str) -> str:
        """Everything that git printed; it must have worked."""
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=dict(self.terminal.environment),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def commit(self, name: str = "file.txt", message: str = "Change") -> str:
        """Change a file and commit it."""
        with (self.root / name).open("a") as file:
            file.write("more\n")
        self.git("add", "-A")
        return self.git("commit", "-q", "-m", message)

    def script(self, path: Path, text: str) -> Path:
        """An executable file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path


def set_up(root: Path) -> None:
    """Make `root` a workspace of a stack that does not run."""
    folder = root / ".bdh"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**IDENTITY, "directory": str(root)}))
    (folder / ".gitignore").write_text("*\n")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A workspace with one commit."""
    environment = base_environment(tmp_path, tmp_path / "stack")
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, environment[name])
    root = tmp_path / "my shop"
    root.mkdir()
    clone = Clone(Terminal(root, environment))
    clone.git("init", "-q", "-b", "main")
    clone.commit()
    set_up(root)
    return clone
