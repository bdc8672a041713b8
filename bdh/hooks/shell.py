"""
Which files a shell command would write, as far as its words tell.

A guard, not a boundary: what a program writes by itself, or a variable names, is not seen here. The
hooks of git see it later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os.path import basename, isdir, join, normpath
from typing import NamedTuple

from bdh.hooks.hosts.event import Effects

BLANK = " \t\r"
OPERATORS = "|&;()<>\n"
PREFIXES = {"sudo", "command", "nohup", "time", "exec", "builtin", "then", "do", "else", "!", "{"}
SHELLS = {"sh", "bash", "zsh", "dash", "ksh"}
MAX_DEPTH = 4
MAX_CHARACTERS = 100_000

# Options of git that take the next word as their value.
GIT_VALUES = {"-c", "--git-dir", "--work-tree", "--namespace"}


class Word(NamedTuple):
    """A word or an operator; `plain` when the shell would take it as it stands."""

    text: str
    operator: bool = False
    plain: bool = True


def effects(
    command: str, folder: str, is_directory: Callable[[str], bool] = isdir, depth: int = 0
) -> Effects:
    """What `command`, run in `folder`, would change."""
    if len(command) > MAX_CHARACTERS or depth > MAX_DEPTH:
        return Effects()
    writes: list[str] = []
    checkout = ""
    for words, targets in _commands(tuple(_lex(command))):
        writes += (_at(folder, target) for target in targets)
        words = _without_prefix(words)
        if not words:
            continue
        name, arguments = basename(words[0]), words[1:]
        if name == "cd" and arguments:
            folder = _at(folder, arguments[-1])
        elif name in SHELLS and "-c" in arguments[:-1]:
            inner = effects(arguments[arguments.index("-c") + 1], folder, is_directory, depth + 1)
            writes += inner.writes
            checkout = checkout or inner.checkout
        elif name == "git":
            found = _git(arguments, folder)
            writes += found.writes
            checkout = checkout or found.checkout
        elif name in WRITERS:
            into = Place(folder, is_directory)
            writes += (_at(folder, path) for path in WRITERS[name](arguments, into))
    kept = dict.fromkeys(path for path in writes if not path.startswith("/dev/"))
    return Effects(tuple(kept), checkout)


class Place(NamedTuple):
    """Where a command runs, and how to ask what is there."""

    folder: str
    is_directory: Callable[[str], bool]

    def holds_directory(self, path: str) -> bool:
        return path.endswith("/") or self.is_directory(_at(self.folder, path))


def _at(folder: str, path: str) -> str:
    slash = "/" if path.endswith("/") and path.strip("/") else ""
    return normpath(join(folder, path)) + slash


def _lex(text: str) -> Iterator[Word]:
    """The words and operators of a script; here-documents and comments are left out."""
    position, pending = 0, list[str]()
    while position < len(text):
        char = text[position]
        if char in BLANK:
            position += 1
        elif char == "#":
            position = _line_end(text, position)
        elif char in OPERATORS:
            operator = _operator(text, position)
            yield Word(operator, operator=True)
            position += len(operator)
            if operator.startswith("<<") and not operator.startswith("<<<"):
                word, position = _word(text, _skip_blank(text, position))
                pending.append(word.text)
            elif char == "\n":
                position = _after_documents(text, position, pending)
                pending = []
        else:
            word, position = _word(text, position)
            yield word


def _operator(text: str, position: int) -> str:
    end = position + 1
    while text[position] in "<>&|" and end < len(text) and text[end] in "<>&|-":
        end += 1
    return text[position:end]


def _word(text: str, position: int) -> tuple[Word, int]:
    parts, plain = list[str](), True
    while position < len(text) and text[position] not in BLANK + OPERATORS:
        char = text[position]
        if char == "'":
            end = text.find("'", position + 1)
            end = len(text) if end < 0 else end
            parts.append(text[position + 1 : end])
            position = end + 1
        elif char == '"':
            part, position = _double_quoted(text, position + 1)
            plain = plain and "$" not in part and "`" not in part
            parts.append(part)
        elif char == "\\":
            parts.append(text[position + 1 : position + 2].replace("\n", ""))
            position += 2
        elif text.startswith("$(", position):
            end = _matching(text, position + 2)
            plain = False
            parts.append(text[position:end])
            position = end
        else:
            plain = plain and char not in "$`"
            parts.append(char)
            position += 1
    return Word("".join(parts), plain=plain), position


def _double_quoted(text: str, position: int) -> tuple[str, int]:
    parts = list[str]()
    while position < len(text) and text[position] != '"':
        if text[position] == "\\" and text[position + 1 : position + 2] in ('"', "\\", "$", "`"):
            position += 1
        parts.append(text[position])
        position += 1
    return "".join(parts), position + 1


def _matching(text: str, position: int) -> int:
    """Where the parenthesis that is open at `position` has been closed."""
    depth = 1
    while position < len(text) and depth:
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        position += 1
    return position


def _skip_blank(text: str, position: int) -> int:
    while position < len(text) and text[position] in BLANK:
        position += 1
    return position


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _after_documents(text: str, position: int, delimiters: list[str]) -> int:
    for delimiter in delimiters:
        position = _after_document(text, position, delimiter)
    return position


def _after_document(text: str, position: int, delimiter: str) -> int:
    while position < len(text):
        end = _line_end(text, position)
        line = text[position:end].strip("\t\r")
        position = min(end + 1, len(text))
        if line == delimiter:
            break
    return position


def _commands(words: tuple[Word, ...]) -> Iterator[tuple[list[str], list[str]]]:
    """Each simple command: its words, and the files that its output is sent to."""
    current, targets, redirect = list[str](), list[str](), ""
    for word in words:
        if not word.operator:
            if redirect:
                targets += _written(redirect, word)
                redirect = ""
            elif word.plain or current:
                current.append(word.text)
        elif "<" in word.text or ">" in word.text:
            redirect = word.text
            # `2>`: the number in front of a redirection is not an argument.
            if current and current[-1].isdigit():
                current.pop()
        elif word.text != "&>":
            yield current, targets
            current, targets, redirect = [], [], ""
    yield current, targets


def _written(redirect: str, word: Word) -> list[str]:
    """The file that the redirection writes, if it is one whose name is known."""
    descriptor = redirect.endswith("&") and (word.text.isdigit() or word.text == "-")
    return [word.text] if ">" in redirect and word.plain and not descriptor else []


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
        if arguments[position] == "-C" and position + 1 < len(arguments):
            folder = _at(folder, arguments[position + 1])
            position += 1
        position += 1 + (arguments[position] in GIT_VALUES)
    if position >= len(arguments):
        return Effects()
    verb, rest = arguments[position], arguments[position + 1 :]
    if verb in ("rm", "mv", "restore"):
        if "--cached" in rest or (verb == "restore" and _only_index(rest)):
            return Effects()
        paths = _files(rest, "s")
    elif verb == "checkout" and "--" in rest:
        paths = rest[rest.index("--") + 1 :]
    else:
        return Effects(checkout=_whole_checkout(verb, rest))
    return Effects(tuple(_at(folder, path) for path in paths))


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
