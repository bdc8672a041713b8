"""bd's JSONL in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import Terminal

REAL_DATA = Path(__file__).parents[4] / "shared" / "data" / "beads-924.jsonl"


def lines_of(path: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {bead["id"]: bead for bead in found}


def issue(bead_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": bead_id, "title": f"Title of {bead_id}", "status": "open", "priority": 2,
        "issue_type": "task", "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z", **fields,
    }  # fmt: skip


def write(terminal: Terminal, *issues: dict[str, Any]) -> Path:
    path = terminal.directory / ".beads" / "issues.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(one)}\n" for one in issues), encoding="utf-8")
    return path


@pytest.mark.skipif(not REAL_DATA.exists(), reason="the real tracker's export is not here")
def test_a_real_tracker_survives_the_round_trip(alice: Terminal, tmp_path: Path) -> None:
    first = alice.json("import", str(REAL_DATA))
    again = alice.json("import", str(REAL_DATA))
    alice.bdh("export", str(tmp_path / "out.jsonl"))

    assert first["created"] == 924
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 924)
    assert again["conflicts"] == []
    before, after = lines_of(REAL_DATA), lines_of(tmp_path / "out.jsonl")
    assert set(after) == set(before)
    for bead_id, bead in before.items():
        assert set(after[bead_id]) >= set(bead), bead_id
        assert after[bead_id]["title"] == bead["title"]
        assert edges(after[bead_id]) == edges(bead)


def edges(bead: dict[str, Any]) -> set[tuple[str, str]]:
    return {(edge["depends_on_id"], edge["type"]) for edge in bead.get("dependencies") or []}


def test_the_default_file_is_bds(alice: Terminal) -> None:
    path = write(alice, issue("bd-a3f8", custom_field={"kept": [1]}), issue("bd-a3f8.1"))

    assert "2 created, 0 updated, 0 unchanged" in alice.bdh("import").out
    path.unlink()
    alice.bdh("export")

    assert lines_of(path)["bd-a3f8"]["custom_field"] == {"kept": [1]}


def test_standard_input_and_output_are_files_too(alice: Terminal) -> None:
    alice.bdh("import", "-", stdin=json.dumps(issue("x-1")) + "\n")

    printed = alice.bdh("export", "-")

    assert [json.loads(line)["id"] for line in printed.out.splitlines()] == ["x-1"]
    assert "1 bead exported" in printed.err


def test_an_edit_here_is_not_lost(alice: Terminal) -> None:
    write(alice, issue("x-1"))
    alice.bdh("import")
    alice.bdh("update", "x-1", "--title", "Edited here")
    write(alice, issue("x-1", title="Edited there", updated_at="2026-01-03T00:00:00Z"))

    conflicts = alice.json("import", "--dry-run")["conflicts"]
    printed = alice.bdh("import").out

    assert [(one["id"], one["fields"]) for one in conflicts] == [("x-1", ["title"])]
    assert "1 conflict:" in printed
    assert alice.json("show", "x-1")["title"] == "Edited here"
    alice.bdh("import", "--theirs")
    assert alice.json("show", "x-1")["title"] == "Edited there"


def test_lines_that_are_no_beads_are_listed(alice: Terminal) -> None:
    content = '{"torn\n\n[]\n' + json.dumps(issue("x-1")) + "\n"

    done = alice.json("import", "-", stdin=content, expect=1)

    assert done["created"] == 1
    assert [bad["line"] for bad in done["invalid"]] == [1, 3]


def test_a_missing_file_is_named(alice: Terminal) -> None:
    assert alice.bdh("import", "--json", expect=3).error["code"] == "no_file"


def test_an_export_makes_no_folder_but_bds_own(alice: Terminal) -> None:
    """A folder that was misspelt must not come to be."""
    wanted = alice.directory / "exprots" / "deep"

    refused = alice.bdh("export", "exprots/deep/out.jsonl", "--json", expect=2).error

    assert (refused["code"], refused["hint"]) == ("no_folder", "mkdir -p exprots/deep")
    assert not wanted.parent.exists()
    alice.bdh("export")
    assert (alice.directory / ".beads" / "issues.jsonl").exists()


def test_a_misspelt_status_is_refused_with_those_there_are(alice: Terminal) -> None:
    write(alice, issue("x-1", status="hooked"))
    alice.bdh("import")

    refused = alice.bdh("list", "--status", "in_progres", "--json", expect=1).error

    assert refused["message"] == "No bead has the status in_progres"
    assert refused["hint"] == "open, in_progress, blocked, deferred or closed"
    assert [bead["id"] for bead in alice.json("list", "-s", "hooked")["beads"]] == ["x-1"]
    assert alice.json("list", "-s", "deferred")["beads"] == []
