"""The schema cache: what the planner may name, as values made from `gateway.catalog()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bdh.stack.rest.relationships import ForeignKey, Relationship, relate

ReturnKind = Literal["void", "scalar", "row"]

_CALLABLE_MODES = ("i", "b", "v")
_OUTPUT_MODES = ("o", "b", "t")


def quoted(identifier: str) -> str:
    """An identifier of the catalog, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Type:
    """A data type as SQL spells it; `base` is what lies under a domain."""

    name: str
    base: str
    array: str | None
    kind: str

    @property
    def is_json(self) -> bool:
        return self.base in ("json", "jsonb")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `declared` is its type with length and precision."""

    name: str
    type: Type
    declared: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, a view, or the result of a function (which has no keys)."""

    name: str
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument a caller may name."""

    name: str
    type: Type
    required: bool
    variadic: bool


@dataclass(frozen=True, slots=True)
class Function:
    """One overload of a function."""

    name: str
    parameters: tuple[Parameter, ...]
    read_only: bool
    returns: ReturnKind
    returns_set: bool
    type: Type
    #: What its rows look like; its name is that of the table they belong to, if any.
    rows: Table

    @property
    def takes_whole_body(self) -> bool:
        """One unnamed json or jsonb argument: it receives the body as it is."""
        return (
            len(self.parameters) == 1
            and not self.parameters[0].name
            and self.parameters[0].type.is_json
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything exposed in `public`."""

    tables: Mapping[str, Table]
    functions: Mapping[str, tuple[Function, ...]]
    relationships: Mapping[str, tuple[Relationship, ...]]


EMPTY = Schema({}, {}, {})


def read_schema(document: Mapping[str, Any]) -> Schema:
    """The schema cache from the document `gateway.catalog()` returns."""
    types = {
        number: Type(entry["name"], entry["base"], entry["array"], entry["kind"])
        for number, entry in document["types"].items()
    }
    columns = {
        owner: {
            entry["name"]: Column(entry["name"], types[entry["type"]], entry["declared"])
            for entry in entries
        }
        for owner, entries in document["columns"].items()
    }
    names = {entry["id"]: entry["name"] for entry in document["tables"]}
    tables = {
        name: Table(name, columns.get(number, {}), _primary_key(document["keys"].get(number, ())))
        for number, name in names.items()
    }
    functions: dict[str, list[Function]] = {}
    for entry in document["functions"]:
        function = _function(entry, types, columns, names)
        functions.setdefault(function.name, []).append(function)
    return Schema(
        tables,
        {name: tuple(overloads) for name, overloads in functions.items()},
        relate(_foreign_keys(document["keys"], names), _unique_keys(document["keys"], names)),
    )


def _primary_key(keys: Any) -> tuple[str, ...]:
    for key in keys:
        if key["kind"] == "p":
            return tuple(key["columns"])
    return ()


def _unique_keys(
    keys: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, list[frozenset[str]]]:
    """The column sets of each table that identify a row, the primary key first."""
    return {
        names[owner]: [
            frozenset(key["columns"])
            for key in sorted(entries, key=lambda key: bool(key["kind"] != "p"))
            if key["kind"] in ("p", "u")
        ]
        for owner, entries in keys.items()
    }


def _foreign_keys(keys: Mapping[str, Any], names: Mapping[str, str]) -> list[ForeignKey]:
    return [
        ForeignKey(
            key["name"],
            names[owner],
            tuple(key["columns"]),
            names[key["references"]],
            tuple(key["referenced"]),
            frozenset(_primary_key(entries)),
        )
        for owner, entries in keys.items()
        for key in entries
        # A key that points out of the exposed schema relates nothing a caller could name.
        if key["kind"] == "f" and key["references"] in names
    ]


def _function(
    entry: Mapping[str, Any],
    types: Mapping[str, Type],
    columns: Mapping[str, Mapping[str, Column]],
    names: Mapping[str, str],
) -> Function:
    arguments = list(
        zip(entry["argument_names"], entry["argument_modes"], entry["argument_types"], strict=True)
    )
    inputs = [argument for argument in arguments if argument[1] in _CALLABLE_MODES]
    first_default = len(inputs) - entry["default_count"]
    parameters = tuple(
        Parameter(name, types[number], place < first_default, mode == "v")
        for place, (name, mode, number) in enumerate(inputs)
    )
    type_ = types[entry["return_type"]]
    returned = columns.get(entry["return_table"] or "")
    if entry["has_out"]:
        returned = {
            name: Column(name, types[number], types[number].name)
            for name, mode, number in arguments
            if mode in _OUTPUT_MODES
        }
    return Function(
        entry["name"],
        parameters,
        entry["volatility"] != "v",
        _return_kind(type_, is_row=returned is not None or type_.name == "record"),
        entry["returns_set"],
        type_,
        Table(names.get(entry["return_table"] or "", entry["name"]), returned or {}),
    )


def _return_kind(type_: Type, *, is_row: bool) -> ReturnKind:
    if type_.name == "void":
        return "void"
    return "row" if is_row else "scalar"
