"""What a shell command would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bdh.hooks.hosts.event import Effects
from bdh.hooks.shell import effects

FOLDERS = ("/w/src", "/w/out")


def of(command: str) -> Effects:
    return effects(command, "/w", lambda path: path.rstrip("/") in FOLDERS)


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        ("sed -i 's/a/b/' src/api.py", ["/w/src/api.py"]),
        ("sed -i.bak -e 's/a/b/' x y", ["/w/x", "/w/y"]),
        ("sed --in-place -f script x", ["/w/x"]),
        ("sed -ni 1p x", ["/w/x"]),
        ("perl -pi -e 's/a/b/' f.pl", ["/w/f.pl"]),
        ("echo hi > 'a b.txt' 2>&1", ["/w/a b.txt"]),
        ("make &> all.log", ["/w/all.log"]),
        ("echo a >| z", ["/w/z"]),
        ("cat x | tee -a log.txt >/dev/null", ["/w/log.txt"]),
        ("cp a b src", ["/w/src/a", "/w/src/b"]),
        ("cp -t out a", ["/w/out/a"]),
        ("mv a src/", ["/w/a", "/w/src/a"]),
        ("mv old new", ["/w/old", "/w/new"]),
        ("rm -rf src x", ["/w/src/", "/w/x"]),
        ("cd src && echo x >> f.py", ["/w/src/f.py"]),
        ("(cd out; touch k)", ["/w/out/k"]),
        ("cat <<EOF > f.txt\nrm -rf src\nEOF\ntouch g", ["/w/f.txt", "/w/g"]),
        ("FOO=1 sudo -u tee x", []),
        ("FOO=1 sudo tee x", ["/w/x"]),
        ("env A=1 timeout 5 rm x", ["/w/x"]),
        ('bash -c "sed -i s/x/y/ q.py"', ["/w/q.py"]),
        ("dd if=a of=b", ["/w/b"]),
        ("git rm -q a.py", ["/w/a.py"]),
        ("git mv a b", ["/w/a", "/w/b"]),
        ("git restore a", ["/w/a"]),
        ("git checkout HEAD~1 -- a b", ["/w/a", "/w/b"]),
        ("git -C src checkout -- a", ["/w/src/a"]),
        ("if true; then rm x; fi", ["/w/x"]),
    ],
)
def test_writers(command: str, writes: list[str]) -> None:
    assert list(of(command).writes) == writes


@pytest.mark.parametrize(
    "command",
    [
        "ls -l", "sed 's/i/e/' x", "sed -E 's/a/b/' x", "grep -rn 'a > b' .", "ls 2>/dev/null",
        "echo $X > $Y", "git restore --staged a", "git rm --cached a", "cat < x", "# rm x",
        "echo 'rm x'", "python x.py", "", "'", '"', "$(", "<<", ">", "git", "cd", "\\",
    ],
)  # fmt: skip
def test_readers(command: str) -> None:
    assert of(command) == Effects()


@pytest.mark.parametrize(
    ("command", "checkout"),
    [
        ("git checkout main", "git checkout"),
        ("git -c a=b switch -c x", "git switch"),
        ("ls && git stash", "git stash"),
        ("git stash list", ""),
        ("git reset --hard", "git reset"),
        ("git reset HEAD~1", "git reset"),
        ("git reset a.py", ""),
        ("git clean -fd", "git clean"),
        ("git clean -nfd", ""),
        ("git rebase main", "git rebase"),
        ("git rebase --abort", ""),
        ("git commit -m 'git stash'", ""),
    ],
)
def test_what_changes_the_whole_checkout(command: str, checkout: str) -> None:
    assert of(command).checkout == checkout


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ("git stash", "/w"),
        ("git -C ../other stash", "/other"),
        ("git --git-dir=/o/.git --work-tree=/o stash", "/o"),
        ("git --work-tree /o stash", "/o"),
        ("cd /o && git stash", "/o"),
        ("pushd sub; git stash", "/w/sub"),
        ("(cd /o && ls); git stash", "/w"),
        ("(cd /o; (cd p; ls); git stash)", "/o"),
        ("bash -c 'cd /o; git stash'", "/o"),
        ("case x in x) git stash;; esac", "/w"),
    ],
)
def test_where_a_whole_checkout_is_changed(command: str, where: str) -> None:
    assert (of(command).checkout, of(command).where) == ("git stash", where)


def test_a_subshell_comes_back() -> None:
    assert of("(cd /o && rm a) && rm b").writes == ("/o/a", "/w/b")


def test_a_checkout_of_files_that_are_there_is_one_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")

    def found(command: str) -> Effects:
        return effects(command, str(tmp_path))

    file = Effects((f"{tmp_path}/a.py",))
    assert found("git checkout a.py") == found("git checkout main a.py") == file
    assert found("git checkout main").checkout == "git checkout"
    assert found("git checkout main b.py").checkout == "git checkout"
    assert found("git checkout -b a.py").checkout == "git checkout"


def test_a_huge_command_is_not_looked_at() -> None:
    assert of("echo x > y #" + "x" * 200_000) == Effects()
