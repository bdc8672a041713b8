"""Beads in and out, in batches: bd's JSONL on one side, the database on the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bdh.core.ports import Backend
from bdh.models.transfer import BadLine, Conflict, Imported

BATCH_BEADS = 500
# The gateway takes ten megabytes; the rest is for what JSON adds on the way.
BATCH_BYTES = 4_000_000
PAGE_BEADS = 1000


def import_lines(
    backend: Backend,
    lines: Iterable[str],
    file: str,
    *,
    mode: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """
    Import JSONL, batch by batch; a line that is no object is reported and left out.

    Every batch is a transaction, and importing again what is there already changes nothing, so
    an interrupted import is simply repeated.

    Args:
        mode: `merge` (the default), `theirs` (the file wins conflicts), `dry_run`.
    """
    bad: list[BadLine] = []
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    conflicts: list[Conflict] = []
    for batch in batches(parsed(lines, bad)):
        result = backend.call("import_beads", beads=batch, mode=mode, source=file)
        for name in counts:
            counts[name] += result[name]
        conflicts += map(Conflict.from_json, result["conflicts"])
        progress(sum(counts.values()) + len(conflicts))
    return Imported(file, **counts, conflicts=tuple(conflicts), invalid=tuple(bad))


def parsed(lines: Iterable[str], bad: list[BadLine]) -> Iterator[tuple[dict[str, Any], int]]:
    """The objects in `lines` with their lengths; others go to `bad`."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            bead = json.loads(text)
        except ValueError as error:
            bad.append(BadLine(number, f"not JSON: {error}"))
            continue
        if isinstance(bead, dict) and isinstance(bead.get("id"), str):
            yield bead, len(text)
        else:
            bad.append(BadLine(number, "not a bead: an object with an id"))


def batches(beads: Iterable[tuple[dict[str, Any], int]]) -> Iterator[list[dict[str, Any]]]:
    """Beads in lists that one call may carry."""
    batch: list[dict[str, Any]] = []
    size = 0
    for bead, length in beads:
        if batch and (len(batch) == BATCH_BEADS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(bead)
        size += length
    if batch:
        yield batch


def export_lines(backend: Backend) -> Iterator[str]:
    """Every bead as a line of bd's JSONL, tombstones included, page by page."""
    cursor: str | None = None
    while True:
        page = backend.call("export_beads", cursor=cursor, limit=PAGE_BEADS)
        for bead in page["beads"]:
            yield json.dumps(bead, ensure_ascii=False, separators=(",", ":"))
        cursor = page.get("next_cursor")
        if cursor is None:
            return
