"""What an import sends: batches that a call can carry, and no line that would spoil a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bdh.core.transfer import BATCH_BYTES, batches, parsed
from bdh.models.transfer import BadLine


def read(*lines: str) -> tuple[list[dict[str, Any]], list[BadLine]]:
    bad: list[BadLine] = []
    return [bead for bead, _ in parsed(lines, bad)], bad


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a bead"),
        ('{"id": 5}', "not a bead"),
        ('{"id": "x", "n": NaN}', "not JSON"),
        ('{"id": "x", "n": 1e400}', "not JSON"),
        ('{"id": "x", "title": "a\\u0000b"}', "NUL"),
        ('{"id": "x", "title": "\\\\\\u0000"}', "NUL"),
        ('{"id": "x", "a": ' + "[" * 150 + "]" * 150 + "}", "nested too deeply"),
        ('{"id": "x", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"id": "x", "a": "' + "é" * 2_000_000 + '"}', "too long"),
    ],
    ids=range(10),
)
def test_what_cannot_be_sent_is_left_out_alone(line: str, reason: str) -> None:
    beads, bad = read('{"id": "a"}', line, '{"id": "b"}')

    assert [bead["id"] for bead in beads] == ["a", "b"]
    assert [one.line for one in bad] == [2]
    assert reason in bad[0].reason


def test_a_text_that_names_the_character_is_kept() -> None:
    beads, bad = read('{"id": "x", "title": "\\\\u0000"}')

    assert beads == [{"id": "x", "title": "\\u0000"}]
    assert bad == []


def test_batches_fit_into_a_call_whatever_the_alphabet() -> None:
    line = json.dumps({"id": "x", "description": "日" * 100_000}, ensure_ascii=False)

    made = list(batches(parsed([line] * 40, [])))

    sizes = [len(json.dumps(batch, ensure_ascii=False).encode()) for batch in made]
    assert sum(map(len, made)) == 40
    assert max(sizes) <= BATCH_BYTES
