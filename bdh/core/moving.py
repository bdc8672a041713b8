"""A project from another backend: its file in batches through the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bdh.core.ports import Backend
from bdh.errors import UsageError
from bdh.models.team import ImportedProject

ROWS_PER_BATCH = 500
# Well below the 10 MB that a backend takes.
CHARACTERS_PER_BATCH = 2_000_000

Batch = tuple[str, list[Any]]


def import_project(
    human: Backend, lines: Iterable[str], slug: str | None, say: Callable[[str], None]
) -> ImportedProject:
    """
    Make the project of an export anew, owned by the human.

    Raises:
        UsageError: `bad_export`, when the lines are not an export.
        RefusedError: `conflict`, `slug_taken`, `limit_exceeded`.
    """
    rows = _rows(lines)
    nothing: tuple[str, Any] = ("", {})
    table, head = next(rows, nothing)
    if table != "project" or head.get("format") != "bdh-project" or head.get("version") != 1:
        raise UsageError(
            "Cannot import this file: it is not an export of a project",
            code="bad_export",
            hint="bdh :stack export PROJECT FILE",
        )
    made = human.call("begin_import", project=head, slug=slug)
    last = ""
    for number, (name, batch) in enumerate(_batches(rows)):
        if name != last:
            say(f"importing {name}")
            last = name
        human.call("import_rows", batch=number, table=name, rows=batch, project_id=made["id"])
    return ImportedProject.from_json(human.call("finish_import", project_id=made["id"]))


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for number, text in enumerate(lines, 1):
        try:
            entry = json.loads(text)
            yield entry["table"], entry["row"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"Cannot import this file: line {number} is not a row of an export",
                code="bad_export",
                hint="bdh :stack export PROJECT FILE",
            ) from error


def _batches(rows: Iterable[tuple[str, Any]]) -> Iterator[Batch]:
    """Rows of one table at a time, few and small enough for one call."""
    name, batch, size = "", list[Any](), 0
    for table, row in rows:
        length = len(json.dumps(row))
        full = len(batch) == ROWS_PER_BATCH or size + length > CHARACTERS_PER_BATCH
        if batch and (table != name or full):
            yield name, batch
            batch, size = [], 0
        name = table
        batch.append(row)
        size += length
    if batch:
        yield name, batch
