"""The JSON body of a write or a call: its shape is checked here, its values by Postgres."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bdh.stack.rest.catalog import Table, quoted
from bdh.stack.rest.errors import RestError, invalid_body


@dataclass(frozen=True, slots=True)
class Payload:
    """The body as it came (`text`), whether it is a list, and the keys of its objects."""

    text: str
    keys: tuple[str, ...]
    is_list: bool = False

    def source(self, table: Table, columns: Sequence[str]) -> str:
        """SQL for the body's rows, with `columns` in the types of `table`."""
        if not columns:
            # An object without keys is still one row, a list of them as many as it holds.
            return "json_array_elements($1::json) as b" if self.is_list else "(values (1)) as b"
        types = ", ".join(f"{quoted(name)} {table.columns[name].declared}" for name in columns)
        function = "json_to_recordset" if self.is_list else "json_to_record"
        return f"{function}($1::json) as b ({types})"


def parse_json(body: bytes) -> tuple[str, Any]:
    """
    The body as text and as a value.

    Raises:
        RestError: PGRST102 for what is no JSON, no UTF-8, or nested beyond reason.
    """
    try:
        text = body.decode("utf-8")
        return text, json.loads(text)
    except (ValueError, RecursionError) as error:
        raise empty_or_invalid() from error


def empty_or_invalid() -> RestError:
    """PGRST102 in PostgREST's words."""
    return invalid_body("Empty or invalid json")


def parse_rows(body: bytes, *, columns_given: bool) -> Payload:
    """
    The body of a write: an object or a list of objects.

    Without `columns` in the query string all objects must have the same keys.

    Raises:
        RestError: PGRST102.
    """
    text, value = parse_json(body)
    if isinstance(value, dict):
        return Payload(text, tuple(value))
    if not isinstance(value, list):
        return Payload("[]", (), is_list=True)
    if not value:
        return Payload(text, (), is_list=True)
    first = value[0]
    if not all(isinstance(each, dict) for each in value):
        raise invalid_body("All object keys must match")
    if not columns_given and any(each.keys() != first.keys() for each in value):
        raise invalid_body("All object keys must match")
    return Payload(text, tuple(first), is_list=True)
