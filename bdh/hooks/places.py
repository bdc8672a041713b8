"""From what a tool names to paths of the repo: symbolic links, other worktrees, patterns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from os.path import basename, dirname, isabs, isdir, join, normpath, realpath

OURS = (".git", ".bdh")
MAX_MATCHES = 1000
MAX_BRACED = 50


def in_repo(root: str, folder: str, paths: Iterable[str], *, follow: bool) -> list[str]:
    """
    `paths` (relative ones to `folder`) relative to the root of the repo, each once.

    What lies outside of the repo, or belongs to git or bdh, is left out. A file in another
    worktree of the same clone is the same file of the repo.

    Args:
        follow: Whether these are files to be edited: names as they stand, and a symbolic link means
            the file it leads to. Otherwise they are words of a shell, which may be patterns.
    """
    top = realpath(root)
    found = dict[str, None]()
    for path in paths:
        slash = "/" if path.endswith("/") else ""
        whole = join(folder, path)
        for match in [whole] if follow else _matches(whole):
            inside = _inside(top, match, follow=follow)
            # Nobody edits the root itself; `rm -r .` is another matter.
            if inside is None or (follow and not inside) or inside.split("/", 1)[0] in OURS:
                continue
            found[f"{inside or '.'}{slash}"] = None
    return list(found)


def _inside(top: str, path: str, *, follow: bool) -> str | None:
    try:
        os.fsencode(path)
        place = realpath(path) if follow else _link_itself(path)
    except ValueError:
        # A zero byte, half a character: no file can have this name.
        return None
    inside = _below(top, place)
    return inside if inside is not None else _in_sibling(top, place)


def is_checkout_of(root: str, folder: str) -> bool:
    """Whether git, run in `folder`, works on the checkout `root`, not on another or one within."""
    place, top = realpath(folder), realpath(root)
    while not os.path.exists(join(place, ".git")) and place != dirname(place):
        place = dirname(place)
    return place == top


def _matches(path: str) -> list[str]:
    """The files that a word of the shell stands for: itself, if it is no pattern."""
    if "\0" in path:
        return []
    if "{" in path and not os.path.lexists(path):
        return [match for one in _alternatives(path)[:MAX_MATCHES] for match in _globbed(one)]
    return _globbed(path)


def _alternatives(path: str) -> list[str]:
    """`{a,b}.py` is two names in most shells."""
    names, before = [path], list[str]()
    while names != before and len(names) < MAX_MATCHES:
        before = names
        names = [each for name in names for each in _split(name)]
    return names


def _split(name: str) -> list[str]:
    import re  # noqa: PLC0415  (rare)

    found = re.search(r"\{([^{},]*,[^{}]*)\}", name)
    if found is None:
        return [name]
    head, tail = name[: found.start()], name[found.end() :]
    return [f"{head}{part}{tail}" for part in found[1].split(",")[:MAX_BRACED]]


def _globbed(path: str) -> list[str]:
    if not any(char in path for char in "*?[") or os.path.lexists(path):
        # `app/[id]/page.tsx` is a name that frameworks want; quoted, a shell takes it as it is.
        return [path]
    import glob  # noqa: PLC0415  (rare)

    found = glob.glob(path)[:MAX_MATCHES]
    # Without a match a shell takes the word as it stands; as a name, only brackets are likely.
    return found or ([path] if not any(char in path for char in "*?") else [])


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
