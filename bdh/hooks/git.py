"""
The only module of the guard that runs `git`.

Not by `subprocess`: importing that costs more than git itself takes for these questions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# Set by git for its hooks; an agent host that was started by one must not inherit them.
LOCAL_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX", "GIT_NAMESPACE", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip
# What fits on a command line everywhere, and into a pipe that nobody reads yet.
MAX_PORTION_BYTES = 50_000
NULL_ID = frozenset("0")
# Stands before a commit and its files; no file is named like that.
MARK = "//"


class GitError(Exception):
    """git is missing, or said no."""


class Commit(NamedTuple):
    """When a commit was made, in seconds since 1970, and the paths it changes."""

    at: int
    paths: list[str]


class Git:
    """
    git in one worktree.

    Args:
        hook: Whether git itself runs this process: its variables then name the index that is
            about to be committed. Otherwise they are left out.
    """

    def __init__(self, root: str, *, hook: bool = False) -> None:
        self.root = root
        kept = os.environ if hook else _without(os.environ, LOCAL_VARIABLES)
        # Looking must never take a lock that a commit is waiting for.
        self._environment = {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}

    def run(self, *words: str, given: bytes = b"") -> str:
        """
        What `git WORDS` prints when it reads `given`, at most `MAX_PORTION_BYTES`.

        Raises:
            GitError: it failed.
        """
        arguments = ["git", "-C", self.root, *words]
        source = _filled_pipe(given) if given else os.open(os.devnull, os.O_RDONLY)
        reader, writer = os.pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, source, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            child = os.posix_spawnp("git", arguments, self._environment, file_actions=actions)
        except OSError as error:
            os.close(reader)
            raise GitError(f"git cannot be run: {error.strerror}") from error
        finally:
            os.close(writer)
            os.close(source)
        with os.fdopen(reader, "rb") as file:
            output = file.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            raise GitError(f"git {words[0]} failed with {code}")
        return os.fsdecode(output)

    def paths(self, *words: str) -> list[str]:
        """The paths that a command with `-z` prints, each once."""
        return list(dict.fromkeys(path for path in self.run(*words).split("\0") if path))

    def config(self, name: str) -> str:
        """A setting's value, wherever it is set; empty when it is not."""
        try:
            return self.run("config", "--get", name).rstrip("\n")
        except GitError:
            return ""

    def staged(self) -> list[str]:
        """
        What the commit being made changes: both names of what is renamed.

        In a merge only what differs from both sides: the rest was decided elsewhere.
        """
        words = ("diff", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff")
        changed = self.paths(*words)
        if not changed or not os.path.exists(self.path("MERGE_HEAD")):
            return changed
        theirs = set(self.paths(*words, "MERGE_HEAD"))
        return [path for path in changed if path in theirs]

    def path(self, name: str) -> str:
        """A file of the worktree's own git folder."""
        folder = self._environment.get("GIT_DIR") or self.run("rev-parse", "--git-dir").rstrip("\n")
        return os.path.join(self.root, folder, name)

    def differs(self, path: str) -> bool:
        """Whether `path` is staged, changed or untracked."""
        return bool(self.run("status", "--porcelain", "--untracked-files=all", "--", path))

    def stage(self, path: str) -> None:
        """`git add` of one path; `GitError` when it is ignored."""
        self.run("add", "--", path)

    def committed(self) -> list[str]:
        """What the last commit changed."""
        return self.paths(
            "diff-tree", "--no-commit-id", "--name-only", "-r", "-z", "--root", "-c",
            "--no-renames", "HEAD",
        )  # fmt: skip

    def pushed(self, remote: str, tip: str, known: str) -> list[Commit]:
        """
        The commits that a push would bring to `remote`.

        Args:
            tip: The commit pushed; only zeros when a branch is deleted.
            known: What the remote has there now; only zeros for a new branch.
        """
        if set(tip) <= NULL_ID:
            return []
        form = f"--format=tformat:{MARK}%ct"
        words = ("log", form, "--name-only", "-z", "--no-renames", "-c", tip)
        others = ("--not", f"--remotes={remote}")
        if set(known) <= NULL_ID:
            return self._logged(*words, *others)
        try:
            return self._logged(*words, *others, known)
        except GitError:
            # A commit that was never fetched here (a forced push, a shallow clone).
            return self._logged(*words, *others)

    def _logged(self, *words: str) -> list[Commit]:
        commits = list[Commit]()
        for part in self.run(*words).split("\0"):
            if part.startswith(MARK):
                commits.append(Commit(int(part[len(MARK) :]), []))
            elif part:
                # Before the first path of a commit git prints an empty line.
                paths = commits[-1].paths
                paths.append(part if paths else part.removeprefix("\n"))
        return commits

    def modified(self) -> list[str]:
        """Tracked files that differ from HEAD, staged or not; the new name of what is renamed."""
        words = (
            "status", "--porcelain=v1", "-z", "--untracked-files=no", "--find-renames",
            "--ignore-submodules=all",
        )  # fmt: skip
        entries = iter(self.run(*words).split("\0"))
        found = []
        for entry in entries:
            if entry:
                found.append(entry[3:])
                if "R" in entry[:2] or "C" in entry[:2]:
                    next(entries, None)
        return found

    def untracked(self, paths: Iterable[str]) -> list[str]:
        """Those of `paths` that exist, are not tracked and not ignored."""
        return [
            path
            for group in _groups(paths)
            for path in self.paths(
                "--literal-pathspecs",
                "ls-files",
                "--others",
                "--exclude-standard",
                "-z",
                "--",
                *group,
            )
        ]

    def ignored(self, paths: Iterable[str]) -> set[str]:
        """Those of `paths` that git ignores."""
        found = set[str]()
        for group in _groups(paths):
            try:
                given = b"".join(os.fsencode(path) + b"\0" for path in group)
                output = self.run("check-ignore", "-z", "--stdin", given=given)
            except GitError:
                # It says so with its exit code when none is ignored.
                continue
            found.update(path for path in output.split("\0") if path)
        return found

    def content(self, path: str) -> str:
        """The file as it was committed; `GitError` when it was not."""
        return self.run("cat-file", "blob", f"HEAD:{path}")

    def branch(self) -> str:
        """The branch checked out; empty when HEAD is detached."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").rstrip("\n")
        except GitError:
            return ""

    def add_trailer(self, file: str, trailer: str) -> None:
        """Add a trailer to the commit message in `file`, unless it has one of that name."""
        self.run("interpret-trailers", "--in-place", "--if-exists=doNothing", "--trailer", trailer,
                 os.path.abspath(file))  # fmt: skip


def _without(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    left_out = set(names)
    return {name: value for name, value in environ.items() if name not in left_out}


def _filled_pipe(content: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


def _groups(paths: Iterable[str]) -> Iterable[list[str]]:
    """`paths` in portions."""
    group, size = list[str](), 0
    for path in paths:
        if size > MAX_PORTION_BYTES:
            yield group
            group, size = [], 0
        group.append(path)
        size += len(path) + 8
    if group:
        yield group
