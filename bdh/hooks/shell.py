"""
Which files a shell command would write, as far as its words tell.

A guard, not a boundary: what a program writes by itself, or a variable names, is not seen here. The
hooks of git see it later.
"""

from __future__ import annotations

from collections.abc import Callable
from os.path import basename, isdir, join, lexists, normpath
from typing import NamedTuple

from bdh.hooks.hosts.event import Effects
from bdh.hooks.lexing import commands

PREFIXES = {"sudo", "command", "nohup", "time", "exec", "builtin", "then", "do", "else", "!", "{"}
SHELLS = {"sh", "bash", "zsh", "dash", "ksh"}
MAX_DEPTH = 4
MAX_CHARACTERS = 100_000

# Options of git that take the next word as their value.
GIT_VALUES = {"-c", "--git-dir", "--work-tree", "--namespace"}


def effects(
    command: str, folder: str, is_directory: Callable[[str], bool] = isdir, depth: int = 0
) -> Effects:
    """What `command`, run in `folder`, would change."""
    if len(command) > MAX_CHARACTERS or depth > MAX_DEPTH:
        return Effects()
    found: list[Effects] = []
    outside: list[str] = []
    for one in commands(command):
        if one.parenthesis:
            folder = _subshell(one.parenthesis, folder, outside)
            continue
        found.append(Effects(tuple(_at(folder, target) for target in one.targets)))
        words = _without_prefix(one.words)
        if words[:1] in (["cd"], ["pushd"]) and len(words) > 1:
            folder = _at(folder, words[-1])
        elif words:
            found.append(_effects_of(words, Place(folder, is_directory), depth))
    writes = (path for one in found for path in one.writes)
    kept = dict.fromkeys(path for path in writes if not path.startswith("/dev/"))
    first = next((one for one in found if one.checkout), Effects())
    return Effects(tuple(kept), first.checkout, first.where)


def _effects_of(words: list[str], place: Place, depth: int) -> Effects:
    """What one simple command would change."""
    name, arguments = basename(words[0]), words[1:]
    if name in SHELLS and "-c" in arguments[:-1]:
        script = arguments[arguments.index("-c") + 1]
        return effects(script, place.folder, place.is_directory, depth + 1)
    if name == "git":
        return _git(arguments, place.folder)
    if name in WRITERS:
        written = WRITERS[name](arguments, place)
        return Effects(tuple(_at(place.folder, path) for path in written))
    return Effects()


def _subshell(parenthesis: str, folder: str, outside: list[str]) -> str:
    """Where one is after it: `(cd x; …)` leads back to where it began."""
    if parenthesis == "(":
        outside.append(folder)
        return folder
    return outside.pop() if outside else folder


class Place(NamedTuple):
    """Where a command runs, and how to ask what is there."""

    folder: str
    is_directory: Callable[[str], bool]

    def holds_directory(self, path: str) -> bool:
        return path.endswith("/") or self.is_directory(_at(self.folder, path))


def _at(folder: str, path: str) -> str:
    slash = "/" if path.endswith("/") and path.strip("/") else ""
    return normpath(join(folder, path)) + slash


def _without_prefix(words: list[str]) -> list[str]:
    """The command without assignments, `sudo`, `env`, `timeout 5` and the like."""
    while words:
        head = words[0]
        name, _, _ = head.partition("=")
        if head in PREFIXES or (name.isidentifier() and "=" in head):
            words = words[1:]
        elif head in ("env", "timeout", "nice", "xargs"):
            words = words[1:]
            while words and (words[0].startswith("-") or words[0][:1].isdigit() or "=" in words[0]):
                words = words[1:]
        else:
            break
    return words


def _files(arguments: list[str], valued: str = "") -> list[str]:
    """The arguments that are no options; letters in `valued` are options that take a value."""
    found, position = list[str](), 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--":
            return found + arguments[position + 1 :]
        if word.startswith("-") and word != "-":
            position += len(word) == 2 and word[1] in valued
        else:
            found.append(word)
        position += 1
    return found


def _flags(arguments: list[str]) -> str:
    """The letters of all short options, and the names of the long ones between spaces."""
    short = (word[1:] for word in arguments if word.startswith("-") and word[1:2] != "-")
    long = (word.split("=")[0] for word in arguments if word.startswith("--"))
    return "".join(short) + " " + " ".join(long) + " "


def _sed(arguments: list[str], _place: Place) -> list[str]:
    scripted = any(word[:2] in ("-e", "-f") or word[:3] in ("--e", "--f") for word in arguments)
    in_place = any(word[:2] == "-i" or word.startswith("--in-place") for word in arguments)
    in_place = in_place or any(
        word.startswith("-") and not word.startswith("--") and "i" in word.split("e")[0]
        for word in arguments
    )
    files = _files(arguments, "ef")
    return (files if scripted else files[1:]) if in_place else []


def _perl(arguments: list[str], _place: Place) -> list[str]:
    in_place = any(
        word.startswith("-") and "i" in word.split("e")[0].split("M")[0] for word in arguments
    )
    files = _files([word for word in arguments if not word.startswith("-M")], "")
    scripted = any(word.startswith("-") and word.endswith("e") for word in arguments)
    return files[1 if scripted else 0 :] if in_place else []


def _every(arguments: list[str], _place: Place) -> list[str]:
    return _files(arguments, "sdr")


def _remove(arguments: list[str], place: Place) -> list[str]:
    return [
        f"{path.rstrip('/')}/" if place.holds_directory(path) else path
        for path in _files(arguments)
    ]


def _copy(arguments: list[str], place: Place) -> list[str]:
    """Where the copies go."""
    into = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == "-t"]
    files = _files(arguments, "tmog")
    if not into:
        if len(files) < 2:
            return []
        into, files = files[-1:], files[:-1]
        if not place.holds_directory(into[0]):
            return into
    return [join(into[0], basename(path.rstrip("/"))) for path in files]


def _move(arguments: list[str], place: Place) -> list[str]:
    files = _files(arguments, "t")
    sources = files if "-t" in arguments else files[:-1]
    return _remove(sources, place) + _copy(arguments, place)


def _dd(arguments: list[str], _place: Place) -> list[str]:
    return [word[3:] for word in arguments if word.startswith("of=")]


def _git(arguments: list[str], folder: str) -> Effects:
    position = 0
    while position < len(arguments) and arguments[position].startswith("-"):
        option, _, value = arguments[position].partition("=")
        if option in ("-C", "--work-tree") and (value or position + 1 < len(arguments)):
            folder = _at(folder, value or arguments[position + 1])
            position += not value
            position += 1
            continue
        position += 1 + (arguments[position] in GIT_VALUES)
    if position >= len(arguments):
        return Effects()
    verb, rest = arguments[position], arguments[position + 1 :]
    if verb in ("rm", "mv", "restore"):
        if "--cached" in rest or (verb == "restore" and _only_index(rest)):
            return Effects()
        paths = _files(rest, "s")
    elif verb == "checkout" and (named := _checked_out(rest, folder)):
        paths = named
    else:
        return Effects(checkout=_whole_checkout(verb, rest), where=folder)
    return Effects(tuple(_at(folder, path) for path in paths))


def _checked_out(arguments: list[str], folder: str) -> list[str]:
    """The paths that `git checkout` takes from a commit; none when it changes branches."""
    if "--" in arguments:
        return arguments[arguments.index("--") + 1 :]
    if any(word in ("-b", "-B", "--orphan", "--detach", "-d") for word in arguments):
        return []
    names = _files(arguments)
    # git takes a name for a file where there is one, and refuses what may be both.
    rest = names if names and lexists(_at(folder, names[0])) else names[1:]
    return rest if all(lexists(_at(folder, name)) for name in rest) else []


def _only_index(arguments: list[str]) -> bool:
    flags = _flags(arguments)
    return (" --staged " in flags or "S" in flags) and not (" --worktree " in flags or "W" in flags)


def _whole_checkout(verb: str, arguments: list[str]) -> str:
    """`git VERB` if it changes files that no word names, else nothing."""
    flags = _flags(arguments)
    harmless = {
        "stash": arguments[:1] in (["list"], ["show"], ["create"], ["store"], ["drop"]),
        "clean": "n" in flags.split(" ")[0] or " --dry-run " in flags,
        # Paths only leave the index then, which touches nobody's files.
        "reset": not any(f" {flag} " in flags for flag in ("--hard", "--merge", "--keep", "--soft"))
        and not any(mark in word for word in arguments for mark in ("~", "^", "@{")),
        "rebase": any(f" {flag} " in flags for flag in ("--abort", "--show-current-patch")),
        "checkout": "--help" in arguments,
        "switch": "--help" in arguments,
    }
    return f"git {verb}" if verb in harmless and not harmless[verb] else ""


WRITERS: dict[str, Callable[[list[str], Place], list[str]]] = {
    "sed": _sed, "gsed": _sed, "perl": _perl, "tee": _every, "touch": _every, "truncate": _every,
    "rm": _remove, "unlink": _remove, "rmdir": _remove, "shred": _remove, "cp": _copy,
    "install": _copy, "ln": _copy, "mv": _move, "dd": _dd,
}  # fmt: skip
