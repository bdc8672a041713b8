"""Runs `git`, by GitPython; facts that can be read from files are in `bdh.local.checkout`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bdh.errors import BdhError, NotSetUpError, RefusedError

if TYPE_CHECKING:
    from types import ModuleType

# Set by git for its hooks; they would make a command look at another repository than its folder's.
LOCAL_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX", "GIT_NAMESPACE", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip
ENGLISH = {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0"}
# GitPython's own, read once, when it is imported.
ON_MISSING = "GIT_PYTHON_REFRESH"


def run(folder: Path, *words: str) -> str:
    """
    What `git WORDS` prints in `folder`, without the last line break.

    Raises:
        NotSetUpError: `git_missing`.
        RefusedError: `git_failed`, with git's own words.
    """
    git = _library()
    try:
        # -C: in a folder that it cannot enter, GitPython would run git where this process is.
        status, out, said = git.Git().execute(
            ["git", "-C", str(folder), *words],
            env=ENGLISH,
            # Names of files are bytes: GitPython would decode them by the locale.
            stdout_as_string=False,
            with_extended_output=True,
            with_exceptions=False,
        )
    except git.GitCommandNotFound:
        raise NotSetUpError(
            "Cannot run git: it is not on PATH", code="git_missing", hint="install git"
        ) from None
    if status:
        reason = (said.strip() or f"exit code {status}").splitlines()[-1]
        raise RefusedError(
            f"git {words[0]} failed: {reason}", code="git_failed", details={"stderr": said}
        )
    text: str = out.decode("utf-8", "surrogateescape")
    return text.rstrip("\n")


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


def _library() -> ModuleType:
    """GitPython, imported when it is needed: that takes 60 to 100 ms."""
    # It gives its children this process's environment and more; it cannot leave anything out.
    for name in LOCAL_VARIABLES:
        os.environ.pop(name, None)
    told = os.environ.get(ON_MISSING)
    os.environ[ON_MISSING] = "quiet"
    try:
        import git
    finally:
        os.environ.pop(ON_MISSING)
        if told is not None:
            os.environ[ON_MISSING] = told
    return git
