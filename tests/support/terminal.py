"""The command line as its users meet it: a process in a directory, with an environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 60.0
# Nothing of whoever runs the tests: no agent's host, no settings of bdh, no git configuration.
HIDDEN = (
    "PYTHONUNBUFFERED",
    "BDH_",
    "CLAUDE",
    "CODEX",
    "CURSOR",
    "GEMINI",
    "OPENCODE",
    "AIDER",
    "GIT_",
    "XDG_",
)
# Git runs without the user's settings, as somebody in particular.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Alice Adams",
    "GIT_AUTHOR_EMAIL": "alice@example.test",
    "GIT_COMMITTER_NAME": "Alice Adams",
    "GIT_COMMITTER_EMAIL": "alice@example.test",
}


def base_environment(home: Path, stack_dir: Path) -> dict[str, str]:
    """An environment for `bdh` and `git` that has a home and a stack of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    scripts = str(Path(sys.executable).parent)
    return (
        kept
        | GIT
        | {
            "PATH": scripts + os.pathsep + kept.get("PATH", ""),
            "HOME": str(home),
            "BDH_STACK_DIR": str(stack_dir),
        }
    )


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON object that it is."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The refusal on standard output."""
        found: dict[str, Any] = self.json["error"]
        return found


@dataclass(frozen=True)
class Terminal:
    """A prompt in `directory`."""

    directory: Path
    environment: Mapping[str, str] = field(repr=False)

    def cd(self, directory: Path | str) -> Terminal:
        return replace(self, directory=self.directory / directory)

    def env(self, **variables: str) -> Terminal:
        return replace(self, environment={**self.environment, **variables})

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """`bdh WORDS`, running."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(
            [sys.executable, "-m", "bdh", *words],
            cwd=self.directory, env=dict(self.environment), stdin=subprocess.DEVNULL,
            text=True, **streams,
        )  # fmt: skip

    def bdh(self, *words: str, expect: int = 0, stdin: str = "") -> Result:
        """What `bdh WORDS` did; another exit code than `expect` fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "bdh", *words],
            cwd=self.directory, env=dict(self.environment), input=stdin,
            capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == expect, f"bdh {words}: {done.returncode}\n{said}"
        return Result(done.returncode, done.stdout, done.stderr)

    def json(self, *words: str, expect: int = 0, stdin: str = "") -> Any:
        """The JSON that `bdh WORDS --json` prints."""
        return self.bdh(*words, "--json", expect=expect, stdin=stdin).json

    def git(self, *words: str) -> str:
        """What `git WORDS` printed."""
        done = subprocess.run(
            ["git", *words], cwd=self.directory, env=dict(self.environment),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"git {words}: {done.stderr}"
        return done.stdout.strip()
