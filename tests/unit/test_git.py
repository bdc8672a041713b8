"""git is run in the folder that is named, whatever surrounds this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bdh import git
from bdh.errors import NotSetUpError, RefusedError


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git.run(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_the_variables_of_a_hook_lead_nowhere(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in git.LOCAL_VARIABLES:
        monkeypatch.setenv(name, "/nowhere")

    assert git.run(repo, "rev-parse", "--show-toplevel") == str(repo.resolve())


def test_its_library_leaves_no_variable_behind(repo: Path) -> None:
    """Programs that bdh starts, a host's among them, inherit this process's environment."""
    shown = git.run(repo, "-c", "alias.env=!env", "env")

    assert git.ON_MISSING not in shown
    assert git.ON_MISSING not in os.environ


def test_git_waits_for_no_input(repo: Path) -> None:
    assert git.run(repo, "hash-object", "--stdin") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_names_that_are_no_text_survive(repo: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (repo / name).touch()

    assert git.run(repo, "ls-files", "-z", "--others") == f"{name}\0"


def test_gits_own_words_explain_a_refusal(repo: Path) -> None:
    with pytest.raises(RefusedError, match=r"^git rev-parse failed: fatal: ") as caught:
        git.run(repo, "rev-parse", "--verify", "unknown")

    assert caught.value.code == "git_failed"


def test_a_missing_folder_is_not_taken_for_this_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot change to"):
        git.run(tmp_path / "none", "status")


def test_git_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotSetUpError) as caught:
        git.run(tmp_path, "status")

    assert caught.value.code == "git_missing"
