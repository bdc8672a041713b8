"""Installing beside what is there, and leaving without a trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bdh.hooks.install import NAMES, install_git_hooks, status, uninstall_git_hooks
from tests.hooks.conftest import Clone, set_up

UNASKED = "bdh: cannot check who holds these files"


def listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below `folder`: its mode and its bytes, or where a link leads."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes(),
        )
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_hooks_come_and_go_without_a_trace(clone: Clone) -> None:
    before, config = listing(clone.hooks), (clone.root / ".git/config").read_bytes()

    found = install_git_hooks(clone.root)
    assert found.complete
    assert {name for name in NAMES if os.access(clone.hooks / name, os.X_OK)} == set(NAMES)
    assert UNASKED in clone.commit()

    assert uninstall_git_hooks(clone.root)
    assert listing(clone.hooks) == before
    assert (clone.root / ".git/config").read_bytes() == config
    assert clone.commit() == ""


def test_hooks_that_were_there_run_first_and_come_back(clone: Clone) -> None:
    clone.script(clone.hooks / "pre-commit", 'echo "mine says $#"')
    clone.script(clone.root / "tools/push.sh", "cat")
    (clone.hooks / "pre-push").symlink_to("../../tools/push.sh")
    before = listing(clone.hooks)

    install_git_hooks(clone.root)
    install_git_hooks(clone.root)
    said = clone.commit().splitlines()
    clone.git("init", "-q", "--bare", "../origin.git")
    pushed = clone.git("push", "-q", "../origin.git", "HEAD:refs/heads/main")

    assert said[0] == "mine says 0"
    assert said[1].startswith(UNASKED)
    assert pushed.startswith("HEAD ")
    assert status(clone.root).hooks[0].chained
    uninstall_git_hooks(clone.root)
    assert listing(clone.hooks) == before


def test_a_hook_that_refuses_still_refuses(clone: Clone) -> None:
    clone.script(clone.hooks / "pre-commit", "echo no; exit 3")
    install_git_hooks(clone.root)

    with pytest.raises(AssertionError, match="no"):
        clone.commit()


@pytest.mark.parametrize("where", [".githooks", ".husky/_", "absolute"])
def test_a_hooks_path_of_the_clone_is_left_as_it_is(
    clone: Clone, where: str, tmp_path: Path
) -> None:
    folder = tmp_path / "my hooks" if where == "absolute" else clone.root / where
    path = str(folder) if where == "absolute" else where
    clone.script(folder / "pre-commit", "echo theirs")
    clone.script(folder / "commit-msg", 'echo "message $(cat "$1")"')
    clone.git("config", "core.hooksPath", path)
    before, config = listing(folder), (clone.root / ".git/config").read_bytes()

    found = install_git_hooks(clone.root)
    said = clone.commit(message="Hello")

    assert found.complete
    assert listing(folder) == before
    assert "theirs" in said
    assert UNASKED in said
    assert "message Hello" in said
    uninstall_git_hooks(clone.root)
    assert (clone.root / ".git/config").read_bytes() == config
    assert not (clone.root / ".git/bdh-hooks").exists()


def test_hooks_of_all_of_a_users_repositories_are_left_alone(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n\thooksPath = {tmp_path}/shared\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    clone.terminal = clone.terminal.env(GIT_CONFIG_GLOBAL=str(settings))
    clone.script(tmp_path / "shared/pre-commit", "echo everywhere")
    text = settings.read_bytes()

    install_git_hooks(clone.root)
    said = clone.commit()

    assert "everywhere" in said
    assert UNASKED in said
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["pre-commit"]
    assert uninstall_git_hooks(clone.root)
    assert settings.read_bytes() == text
    assert "everywhere" in clone.commit()


def test_a_changed_hooks_path_is_noticed(clone: Clone) -> None:
    clone.git("config", "core.hooksPath", ".githooks")
    install_git_hooks(clone.root)
    clone.git("config", "core.hooksPath", ".husky/_")

    assert not status(clone.root).active

    assert install_git_hooks(clone.root).complete


def test_the_last_workspace_of_a_clone_takes_the_hooks_along(clone: Clone) -> None:
    clone.git("worktree", "add", "-q", "-b", "other", "../other tree")
    other = Clone(clone.terminal.cd("../other tree"))
    other.terminal = other.terminal.cd(other.root.resolve())
    set_up(other.root)

    install_git_hooks(other.root)
    assert UNASKED in other.commit()
    assert not uninstall_git_hooks(other.root)
    assert status(clone.root).complete
    (clone.root / ".bdh/config.json").unlink()

    assert uninstall_git_hooks(other.root)
    assert not status(clone.root).complete


def test_worktrees_and_clones_that_never_joined_are_not_touched(clone: Clone) -> None:
    install_git_hooks(clone.root)
    clone.git("worktree", "add", "-q", "../silent")
    clone.git("clone", "-q", str(clone.root), "../apart")

    assert Clone(clone.terminal.cd("../silent")).commit() == ""
    assert Clone(clone.terminal.cd("../apart")).commit() == ""
    assert not (clone.root.parent / "apart/.git/hooks/pre-commit").exists()


def test_a_submodule_is_another_repository(clone: Clone, tmp_path: Path) -> None:
    clone.git("clone", "-q", str(clone.root), str(tmp_path / "library"))
    install_git_hooks(clone.root)
    clone.git("-c", "protocol.file.allow=always", "submodule", "add", "-q",
              str(tmp_path / "library"), "lib")  # fmt: skip

    assert Clone(clone.terminal.cd("lib")).commit() == ""
    assert UNASKED in clone.commit()


def test_a_worktree_of_a_bare_repository(clone: Clone, tmp_path: Path) -> None:
    clone.git("clone", "-q", "--bare", str(clone.root), str(tmp_path / "shop.git"))
    clone.git("-C", str(tmp_path / "shop.git"), "worktree", "add", "-q", str(tmp_path / "tree"))
    tree = Clone(clone.terminal.cd(tmp_path / "tree"))
    set_up(tree.root)

    assert install_git_hooks(tree.root).folder == tmp_path / "shop.git/hooks"
    assert UNASKED in tree.commit()


def test_without_bdh_git_goes_on(clone: Clone) -> None:
    install_git_hooks(clone.root)
    for name in NAMES:
        text = (clone.hooks / name).read_text()
        old = next(line for line in text.splitlines() if line.startswith("bdh="))
        (clone.hooks / name).write_text(text.replace(old, "bdh=/nowhere/bdh"))
    clone.terminal = clone.terminal.env(PATH="/usr/bin:/bin")

    assert clone.commit() == ""


def test_a_bug_in_the_guard_stops_nobody(clone: Clone) -> None:
    install_git_hooks(clone.root)
    (clone.root / ".bdh/hooks").write_text("a file where a folder should be")

    assert "Traceback" not in clone.commit()


def test_mode_off_asks_nobody(clone: Clone) -> None:
    install_git_hooks(clone.root)
    clone.git("config", "bdh.guard", "off")

    assert clone.commit() == ""
