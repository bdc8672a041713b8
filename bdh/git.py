"""Runs `git`; facts that can be read from files are in `bdh.local.checkout`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bdh.errors import BdhError, NotSetUpError, RefusedError

# Set by git for its hooks; they would make a command look at another repository than its folder's.
LOCAL_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX", "GIT_NAMESPACE", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip


def environment() -> dict[str, str]:
    """The environment for a `git` that looks at the folder it runs in, and speaks English."""
    kept = {name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES}
    return kept | {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0"}


def run(folder: Path, *words: str) -> str:
    """
    What `git WORDS` prints in `folder`, without the last line break.

    Raises:
        NotSetUpError: `git_missing`.
        RefusedError: `git_failed`, with git's own words.
    """
    try:
        done = subprocess.run(  # noqa: S603  (no shell; the words are ours)
            ["git", *words],  # noqa: S607  (whichever git the user has)
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise NotSetUpError(
            "Cannot run git: it is not on PATH", code="git_missing", hint="install git"
        ) from None
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise RefusedError(
            f"git {words[0]} failed: {reason}", code="git_failed", details={"stderr": done.stderr}
        )
    return done.stdout.rstrip("\n")


def config(folder: Path, name: str) -> str | None:
    """The value of a git setting, wherever it is set, or `None`."""
    try:
        return run(folder, "config", "--get", name) or None
    except RefusedError:
        return None


def set_config(folder: Path, name: str, value: str) -> None:
    """Set a setting of the clone, shared by its worktrees."""
    run(folder, "config", "--local", name, value)


def user_name(folder: Path) -> str | None:
    """The human's name as git knows it."""
    try:
        return os.environ.get("GIT_AUTHOR_NAME") or config(folder, "user.name")
    except BdhError:
        return None
