"""From what a tool names to paths of the repo: symbolic links, other worktrees, patterns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from os.path import basename, dirname, isabs, isdir, join, normpath, realpath

OURS = (".git", ".bdh")
MAX_MATCHES = 1000


def in_repo(root: str, folder: str, paths: Iterable[str], *, follow: bool) -> list[str]:
    """
    `paths` (relative ones to `folder`) relative to the root of the repo, each once.

    What lies outside of the repo, or belongs to git or bdh, is left out. A file in another
    worktree of the same clone is the same file of the repo.

    Args:
        follow: Whether a symbolic link means the file it leads to, as for an edit.
    """
    top = realpath(root)
    found = dict[str, None]()
    for path in paths:
        slash = "/" if path.endswith("/") else ""
        for match in _matches(join(folder, path)):
            place = realpath(match) if follow else _link_itself(match)
            inside = _below(top, place)
            if inside is None:
                inside = _in_sibling(top, place)
            if inside is not None and inside.split("/", 1)[0] not in OURS:
                found[f"{inside or '.'}{slash}"] = None
    return list(found)


def _matches(path: str) -> list[str]:
    """The files that a pattern of the shell stands for; `path` itself if it is none."""
    if not any(char in path for char in "*?["):
        return [path]
    import glob  # noqa: PLC0415  (rare)

    return glob.glob(path)[:MAX_MATCHES] or [path]


def _link_itself(path: str) -> str:
    clean = normpath(path)
    return join(realpath(dirname(clean)), basename(clean))


def _below(top: str, place: str) -> str | None:
    if place == top:
        return ""
    return place[len(top) + 1 :] if place.startswith(f"{top}/") else None


def _in_sibling(top: str, place: str) -> str | None:
    """The path in another worktree of the same clone, or `None`."""
    other = dirname(place)
    while other != dirname(other):
        if os.path.exists(join(other, ".git")):
            same = common_folder(other) == common_folder(top)
            return _below(other, place) if same else None
        other = dirname(other)
    return None


def common_folder(root: str) -> str:
    """The git folder that all worktrees of a clone share."""
    entry = join(root, ".git")
    if isdir(entry):
        return realpath(entry)
    git_folder = _first_line(entry).removeprefix("gitdir:").strip()
    git_folder = git_folder if isabs(git_folder) else join(root, git_folder)
    shared = _first_line(join(git_folder, "commondir"))
    return realpath(join(git_folder, shared) if shared else git_folder)


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip()
    except OSError:
        return ""
