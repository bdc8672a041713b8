"""
The grammar of a query string, from bytes to `Query`.

Pure: it knows nothing of tables. What it cannot read is PGRST100, what PostgREST could and this
gateway does not is PGRST127; nothing is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from bdh.stack.rest.conditions import parse_condition, parse_logic
from bdh.stack.rest.errors import RestError, invalid_range, unparsable
from bdh.stack.rest.fields import parse_columns, parse_order, parse_select
from bdh.stack.rest.scanner import Scanner
from bdh.stack.rest.syntax import (
    EVERYTHING,
    EmbedPath,
    Filter,
    OrderTerm,
    Query,
    SelectItem,
    Window,
)

MAX_NUMBER = 2**63 - 1
_NUMBER = re.compile(r"-?[0-9]{1,30}", re.ASCII)


@dataclass(slots=True)
class _Builder:
    """Collects the parameters of one query string."""

    is_call: bool
    seen: set[str] = field(default_factory=set)
    select: tuple[SelectItem, ...] = EVERYTHING
    filters: list[tuple[EmbedPath, Filter]] = field(default_factory=list)
    orders: dict[EmbedPath, tuple[OrderTerm, ...]] = field(default_factory=dict)
    limits: dict[EmbedPath, int] = field(default_factory=dict)
    offsets: dict[EmbedPath, int] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: list[tuple[str, str]] = field(default_factory=list)

    def once(self, key: str) -> None:
        """A modifier given twice has no meaning both clients and server could agree on."""
        if key in self.seen:
            raise unparsable(f'"{key}" is given more than once', "each modifier may appear once")
        self.seen.add(key)

    def finish(self) -> Query:
        paths = self.limits.keys() | self.offsets.keys()
        windows = {path: Window(self.limits.get(path), self.offsets.get(path, 0)) for path in paths}
        return Query(
            self.select, tuple(self.filters), self.orders, windows,
            self.columns, self.on_conflict, tuple(self.arguments),
        )  # fmt: skip


def parse_query(query_string: bytes, *, is_call: bool = False) -> Query:
    """
    The meaning of a query string.

    With `is_call` (a function called by GET) a parameter whose value is no operator expression
    is an argument.

    Raises:
        RestError: PGRST100, PGRST103, PGRST127.
    """
    if not query_string:
        return Query()
    builder = _Builder(is_call)
    for key, value in split_pairs(query_string):
        handler = _ROOT_ONLY.get(key) or _ANYWHERE.get(key.rpartition(".")[2], _filter)
        handler(builder, key, value)
    return builder.finish()


def split_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """The decoded `key=value` pairs in their order."""
    pairs = []
    for part in query_string.split(b"&"):
        if part:
            key, _, value = part.partition(b"=")
            pairs.append((_decode(key), _decode(value)))
    return pairs


def _decode(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise unparsable("The query string is not valid UTF-8", str(error)) from error


def _select(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    builder.select = parse_select(value)


def _columns(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    builder.columns = parse_columns(value, "columns parameter")


def _on_conflict(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    builder.on_conflict = parse_columns(value, "on_conflict parameter")


def _order(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    builder.orders[_embed_path(key)] = parse_order(value)


def _limit(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    number = _whole_number(key, value)
    if number < 0:
        raise invalid_range("Limit should be greater than or equal to zero.")
    builder.limits[_embed_path(key)] = number


def _offset(builder: _Builder, key: str, value: str) -> None:
    builder.once(key)
    number = _whole_number(key, value)
    if number < 0:
        raise RestError(400, "2201X", "OFFSET must not be negative")
    builder.offsets[_embed_path(key)] = number


def _whole_number(key: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise unparsable(f'"failed to parse {key} ({value})" (line 1, column 1)', "expecting digit")
    return min(int(value), MAX_NUMBER)


def _logic(builder: _Builder, key: str, value: str) -> None:
    names = _names(key)
    negated = len(names) > 1 and names[-2] == "not"
    path = names[: -2 if negated else -1]
    builder.filters.append((path, parse_logic(value, names[-1], negated=negated)))


def _filter(builder: _Builder, key: str, value: str) -> None:
    if builder.is_call and "." not in key:
        try:
            condition = parse_condition(key, value)
        except RestError as error:
            if error.code != "PGRST100":
                raise
            builder.arguments.append((key, value))
            return
        builder.filters.append(((), condition[1]))
        return
    builder.filters.append(parse_condition(key, value))


def _embed_path(key: str) -> EmbedPath:
    return _names(key)[:-1]


def _names(key: str) -> EmbedPath:
    scanner = Scanner(key, "tree path")
    names = [scanner.name()]
    while scanner.take("."):
        names.append(scanner.name())
    scanner.end()
    return tuple(names)


Handler = Callable[[_Builder, str, str], None]
_ROOT_ONLY: dict[str, Handler] = {
    "select": _select, "columns": _columns, "on_conflict": _on_conflict,
}  # fmt: skip
_ANYWHERE: dict[str, Handler] = {
    "order": _order, "limit": _limit, "offset": _offset, "and": _logic, "or": _logic,
}  # fmt: skip
