"""What a query string says, as values: the result of the grammar and the planner's input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EmbedPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonStep:
    """One `->key`, `->>key`, `->0` of a JSON path."""

    key: str
    is_index: bool = False
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or a place inside one."""

    name: str
    path: tuple[JsonStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator value`; `in` has a tuple of values, full-text search may have a language."""

    field: Field
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Logic:
    """`and(…)` or `or(…)` of conditions."""

    operator: str
    members: tuple[Condition | Logic, ...]
    negated: bool = False


Filter = Condition | Logic


@dataclass(frozen=True, slots=True)
class SelectField:
    """A column in `select`, maybe renamed; the name `*` means all."""

    field: Field
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class SelectEmbed:
    """A related resource in `select`."""

    target: str
    items: tuple[SelectField | SelectEmbed, ...]
    alias: str | None = None
    hint: str | None = None
    inner: bool = False


SelectItem = SelectField | SelectEmbed
EVERYTHING: tuple[SelectItem, ...] = (SelectField(Field("*")),)


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One term of `order`; with `relation` the field is that of an embedded to-one resource."""

    field: Field
    descending: bool | None = None
    nulls_first: bool | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` and `offset` of one resource."""

    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query string. Embedded resources are addressed by path; the root's is `()`."""

    select: tuple[SelectItem, ...] = EVERYTHING
    filters: tuple[tuple[EmbedPath, Filter], ...] = ()
    orders: Mapping[EmbedPath, tuple[OrderTerm, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    windows: Mapping[EmbedPath, Window] = field(default_factory=lambda: MappingProxyType({}))
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    #: Arguments of a function called with GET; a repeated name is a variadic one.
    arguments: tuple[tuple[str, str], ...] = ()
