"""bdh's own edits, and where files are."""

from __future__ import annotations

from pathlib import Path

from bdh.hooks.own import without_blocks
from bdh.hooks.patch import touched
from bdh.hooks.places import common_folder, in_repo

GUIDE = "# Rules\n\nBe kind.\n"


def test_a_block_is_not_the_users_text() -> None:
    with_block = f"{GUIDE}\n<!-- bdh:begin v1 -->\nUse bdh.\n<!-- bdh:end -->\n"

    assert without_blocks(with_block) == without_blocks(GUIDE)
    assert without_blocks(with_block + "More.\n") != without_blocks(GUIDE)


def test_a_patch_touches_both_ends_of_a_move() -> None:
    patch = (
        "*** Begin Patch\r\n*** Update File: a b\r\n*** Move to: c\r\n*** Add File: d\r\n+*** x\r\n"
    )

    assert touched(patch) == ("a b", "c", "d")


def test_paths_outside_and_gits_own_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/src").mkdir()
    (tmp_path / "repo/src/api.py").write_text("")
    (tmp_path / "repo/link.py").symlink_to("src/api.py")
    root = str(tmp_path / "repo")

    def found(*paths: str, follow: bool = True) -> list[str]:
        return in_repo(root, f"{root}/src", paths, follow=follow)

    assert found("api.py", "../src/./api.py") == ["src/api.py"]
    assert found("/etc/passwd", "../../x", "../.git/config", "../.bdh/config.json") == []
    assert found("a\0b", "\ud800", "..") == found("a\0b", "\ud800", "\0*", follow=False) == []
    assert found("../link.py") == ["src/api.py"]
    assert found("../link.py", follow=False) == ["link.py"]


def test_a_word_of_a_shell_may_be_a_pattern_and_the_name_of_a_file_is_none(tmp_path: Path) -> None:
    for name in ("app/[id]/page.tsx", "app/i/page.tsx", "app/d/page.tsx", "src/a.py", "src/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    root = str(tmp_path)

    def words(*paths: str) -> list[str]:
        return sorted(in_repo(root, root, paths, follow=False))

    assert words("src/", "src/*.py") == ["src/", "src/a.py", "src/b.py"]
    assert words("src/{a,b,c}.{py,md}") == [f"src/{n}.{e}" for n in "abc" for e in ("md", "py")]
    assert words("none/*", "none/?.py") == []
    # As it stands where there is such a file; where there is none, as a new one.
    assert words("app/[id]/page.tsx", "app/[new]/page.tsx") == [
        "app/[id]/page.tsx", "app/[new]/page.tsx",
    ]  # fmt: skip
    assert words("{x}") == ["{x}"]
    names = ["app/[id]/page.tsx", "*.py", "src/?.py", "{a,b}.py"]
    assert in_repo(root, root, names, follow=True) == names


def test_a_file_of_another_worktree_is_the_same_file_of_the_repo(tmp_path: Path) -> None:
    common = tmp_path / "one/.git"
    (common / "worktrees/two").mkdir(parents=True)
    (common / "worktrees/two/commondir").write_text("../..\n")
    (tmp_path / "two/src").mkdir(parents=True)
    (tmp_path / "two/.git").write_text(f"gitdir: {common}/worktrees/two\n")
    (tmp_path / "apart/.git").mkdir(parents=True)
    root = str(tmp_path / "one")

    assert common_folder(str(tmp_path / "two")) == str(common)
    assert in_repo(root, root, [f"{tmp_path}/two/src/a.py"], follow=True) == ["src/a.py"]
    assert in_repo(root, root, [f"{tmp_path}/apart/a.py"], follow=True) == []
