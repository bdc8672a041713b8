"""Reading a piece of query string from left to right; the first misfit is PostgREST's error."""

from __future__ import annotations

import re

from bdh.stack.rest.errors import RestError, unparsable

#: Nested logic or embedding beyond this is an attack, not a question.
MAX_DEPTH = 32

_NAME = re.compile(r"[\w $]+(?:-(?!>)[\w $]+)*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANK = re.compile(r"[ \t]*")


class Scanner:
    """A cursor in `text`; `label` says what is being parsed ("order", "filter", …)."""

    __slots__ = ("label", "position", "text")

    def __init__(self, text: str, label: str) -> None:
        self.text = text
        self.label = label
        self.position = 0

    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def peek(self, literal: str) -> bool:
        """Whether `literal` comes next."""
        return self.text.startswith(literal, self.position)

    def take(self, literal: str) -> bool:
        """Step over `literal` if it comes next."""
        if not self.text.startswith(literal, self.position):
            return False
        self.position += len(literal)
        return True

    def expect(self, literal: str) -> None:
        """Step over `literal`, which must come next."""
        if not self.take(literal):
            raise self.error(f'"{literal}"')

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over what `pattern` matches here, if anything."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def blanks(self) -> None:
        self.match(_BLANK)

    def quoted(self) -> str | None:
        """A double-quoted string with its escapes resolved, if one starts here."""
        found = self.match(_QUOTED)
        return _ESCAPE.sub(r"\1", found[1]) if found else None

    def name(self) -> str:
        """A field name: quoted, or of letters, digits, `_`, `$`, blanks and inner dashes."""
        quoted = self.quoted()
        if quoted is not None:
            return quoted
        found = self.match(_NAME)
        if not found or not found[0].strip(" "):
            raise self.error("field name (* or [a..z0..9_$])")
        return found[0].strip(" ")

    def end(self) -> None:
        """The text must be over."""
        if not self.at_end():
            raise self.error("end of input")

    def error(self, expecting: str) -> RestError:
        """PGRST100 for what stands here."""
        found = f'"{self.text[self.position]}"' if not self.at_end() else "end of input"
        message = (
            f'"failed to parse {self.label} ({self.text})" (line 1, column {self.position + 1})'
        )
        return unparsable(message, f"unexpected {found} expecting {expecting}")
