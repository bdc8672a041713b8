"""The words of a shell's script, its operators, and the simple commands they make up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BLANK = " \t\r"
OPERATORS = "|&;()<>\n"
PARENTHESES = ("(", ")")


class Word(NamedTuple):
    """A word or an operator; `plain` when the shell would take it as it stands."""

    text: str
    operator: bool = False
    plain: bool = True


class Command(NamedTuple):
    """A simple command: its words, and the files that its output is sent to; or a parenthesis."""

    words: list[str]
    targets: list[str]

    @property
    def parenthesis(self) -> str:
        return self.words[0] if len(self.words) == 1 and self.words[0] in PARENTHESES else ""


def commands(script: str) -> Iterator[Command]:
    """Each simple command, and the parentheses around some of them."""
    current, redirect = Command([], []), ""
    for word in lex(script):
        if not word.operator:
            _take(current, redirect, word)
            redirect = ""
        elif "<" in word.text or ">" in word.text:
            redirect = word.text
            # `2>`: the number in front of a redirection is not an argument.
            if current.words and current.words[-1].isdigit():
                current.words.pop()
        elif word.text != "&>":
            yield current
            if word.text in PARENTHESES:
                yield Command([word.text], [])
            current, redirect = Command([], []), ""
    yield current


def _take(current: Command, redirect: str, word: Word) -> None:
    if redirect:
        current.targets.extend(_written(redirect, word))
    elif word.plain or current.words:
        current.words.append(word.text)


def _written(redirect: str, word: Word) -> list[str]:
    """The file that the redirection writes, if it is one whose name is known."""
    descriptor = redirect.endswith("&") and (word.text.isdigit() or word.text == "-")
    return [word.text] if ">" in redirect and word.plain and not descriptor else []


def lex(text: str) -> Iterator[Word]:
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
