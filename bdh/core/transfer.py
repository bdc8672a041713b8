"""Beads in, in batches: bd's JSONL on one side, the database on the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from bdh.core.ports import Backend
from bdh.models.issues import Issue
from bdh.models.problems import first_problem
from bdh.models.transfer import BadLine, Conflict, Imported

BATCH_BEADS = 500
# The gateway takes ten megabytes.
BATCH_BYTES = 4_000_000
MAX_BEAD_BYTES = 9_000_000
MAX_DEPTH = 100
# An even number of backslashes before it: then it is the character, not its name in a text.
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


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
    """The beads in `lines` with their lengths on the wire; others go to `bad`."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield _bead(text)
        except RecursionError:
            bad.append(BadLine(number, TOO_DEEP))
        except _BadBeadError as error:
            bad.append(BadLine(number, str(error)))


TOO_DEEP = "nested too deeply"


class _BadBeadError(Exception):
    """Why a line is left out: one that cannot be sent must not take its batch with it."""


def _bead(text: str) -> tuple[dict[str, Any], int]:
    try:
        bead = json.loads(text)
        wire = json.dumps(bead, allow_nan=False)
    except ValueError as error:
        raise _BadBeadError(f"not JSON: {error}") from None
    if not isinstance(bead, dict):
        raise _BadBeadError("not a bead: no JSON object")
    if len(wire) > MAX_BEAD_BYTES:
        raise _BadBeadError("too long: more than nine megabytes")
    if NUL.search(wire):
        raise _BadBeadError("contains the character NUL, which cannot be stored")
    if _depth(bead) > MAX_DEPTH:
        raise _BadBeadError(TOO_DEEP)
    try:
        Issue.model_validate(bead)
    except ValidationError as error:
        raise _BadBeadError(f"not a bead: {first_problem(error)}") from None
    # What was read is sent, not what the model made of it: nothing of the line is lost.
    return bead, len(wire)


def _depth(value: object) -> int:
    level, values = 0, [value]
    while values:
        level += 1
        values = [child for one in values for child in _children(one)]
    return level


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


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
