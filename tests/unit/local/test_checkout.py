"""What git's own files say, compared with what git says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bdh.local.checkout import (
    branch,
    canonical,
    config_value,
    find_checkout,
    origin,
    repo_name,
    slug,
)
from bdh.local.index import tracks_workspace_folder

QUIET = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "PATH": "/usr/bin:/bin",
}
WHO = ["-c", "user.name=A", "-c", "user.email=a@example.test"]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, env=QUIET, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/Shop.git", "http://user:secret@github.com:8443/Acme/Shop/",
        "git@github.com:Acme/Shop.git", "ssh://git@GitHub.com:22/Acme/Shop.git",
        "github.com:Acme/Shop",
    ],
)  # fmt: skip
def test_one_repository_has_one_origin(url: str) -> None:
    assert canonical(url) == "github.com/Acme/Shop"


def test_a_local_path_is_an_origin_too() -> None:
    assert canonical("/srv/git/shop.git") == "/srv/git/shop"
    assert canonical("../shop") == "../shop"


def test_a_repository_without_commits_has_a_branch(repo: Path) -> None:
    found = find_checkout(repo)

    assert found is not None
    assert branch(found) == "main"
    assert origin(found) is None
    assert repo_name(found) == "my project"


def test_a_worktree_shares_the_common_folder(repo: Path) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "x")
    git(repo, "remote", "add", "upstream", "git@example.test:acme/shop.git")
    git(repo, "worktree", "add", "-q", "-b", "feature/x", "../tree")

    main, tree = find_checkout(repo), find_checkout(repo.parent / "tree")

    assert main is not None
    assert tree is not None
    assert tree.common_dir == main.common_dir
    assert branch(tree) == "feature/x"
    assert origin(tree) == origin(main) == "example.test/acme/shop"
    assert repo_name(tree) == "shop"


def test_a_detached_head_has_no_branch(repo: Path) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "x")
    git(repo, "checkout", "-q", "--detach")

    found = find_checkout(repo)

    assert found is not None
    assert branch(found) is None


def test_settings_are_read_as_git_reads_them(repo: Path) -> None:
    git(repo, "config", "bdh.origin", "local/1")
    git(repo, "config", "bdh.Origin", "local/2")

    text = (repo / ".git" / "config").read_text()
    assert config_value(text, "bdh", "origin") == git(repo, "config", "bdh.origin") == "local/2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My Shop!", "my-shop"),
        ("Crème brûlée", "creme-brulee"),
        ("店", "project"),
        ("a" * 99, "a" * 63),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_tracked_workspace_folder_is_seen(
    tmp_path: Path, version: str, tracked: bool, algorithm: str
) -> None:
    git(tmp_path, "init", "-q", f"--object-format={algorithm}")
    names = ["-first", ".a/b", ".bazelrc", ".bdg", ".bdh0", ".github/x", "zz"]
    for name in [*names, ".bdh/config.json"] if tracked else names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", "-f", "--", *names, *([".bdh"] if tracked else []))
    git(tmp_path, "update-index", "--index-version", version)
    if version == "3":
        # Only an extended entry makes git write version 3.
        git(tmp_path, "update-index", "--skip-worktree", "--", "-first", ".bazelrc")

    found = find_checkout(tmp_path)

    assert found is not None
    assert tracks_workspace_folder(found) is tracked


def test_a_repository_without_index_tracks_nothing(repo: Path) -> None:
    found = find_checkout(repo)

    assert found is not None
    assert not tracks_workspace_folder(found)
