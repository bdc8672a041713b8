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
        ('{"id": 5, "title": "x"}', "not a bead: id: input should be a valid string"),
        ('{"id": "x"}', "not a bead: title: field required"),
        ('{"id": "x", "title": "x", "priority": "high"}', "priority: input should be a valid int"),
        ('{"id": "x", "title": "x", "labels": "one"}', "labels: input should be a valid list"),
        (
            '{"id": "x", "title": "x", "dependencies": [{"type": "blocks"}]}',
            "dependencies.0.depends_on_id: field required",
        ),
        ('{"id": "x", "title": "x", "comments": ["text"]}', "comments.0: input should be"),
        ('{"id": "x", "n": NaN}', "not JSON"),
        ('{"id": "x", "n": 1e400}', "not JSON"),
        ('{"id": "x", "title": "a\\u0000b"}', "NUL"),
        ('{"id": "x", "title": "\\\\\\u0000"}', "NUL"),
        ('{"id": "x", "a": ' + "[" * 150 + "]" * 150 + "}", "nested too deeply"),
        ('{"id": "x", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"id": "x", "a": "' + "é" * 2_000_000 + '"}', "too long"),
    ],
    ids=range(15),
)
def test_what_cannot_be_sent_is_left_out_alone(line: str, reason: str) -> None:
    beads, bad = read('{"id": "a", "title": "A"}', line, '{"id": "b", "title": "B"}')

    assert [bead["id"] for bead in beads] == ["a", "b"]
    assert [one.line for one in bad] == [2]
    assert reason in bad[0].reason


def test_a_text_that_names_the_character_is_kept() -> None:
    beads, bad = read('{"id": "x", "title": "\\\\u0000"}')

    assert beads == [{"id": "x", "title": "\\u0000"}]
    assert bad == []


def test_what_is_unknown_or_null_or_a_number_is_sent_as_it_was() -> None:
    line = {
        "id": "x-1.2", "title": "x", "status": None, "issue_type": "molecule", "assignee": 5,
        "labels": None, "custom": {"a": [1, 2.5, None]}, "count": 12345678901234567890,
        "comments": [{"id": 7, "text": "t", "mood": "fine"}],
        "dependencies": [{"depends_on_id": "gone", "type": "odd-kind", "weight": 1}],
    }  # fmt: skip

    beads, bad = read(json.dumps(line))

    assert beads == [line]
    assert bad == []


def test_batches_fit_into_a_call_whatever_the_alphabet() -> None:
    line = json.dumps({"id": "x", "title": "x", "description": "日" * 100_000}, ensure_ascii=False)

    made = list(batches(parsed([line] * 40, [])))

    sizes = [len(json.dumps(batch, ensure_ascii=False).encode()) for batch in made]
    assert sum(map(len, made)) == 40
    assert max(sizes) <= BATCH_BYTES
