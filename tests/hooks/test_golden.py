"""Each host's payloads, by version, and the exact answers (shared/hosts.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bdh.hooks.hosts import HOSTS, parse, render
from bdh.hooks.hosts.claude import hooks as claude_hooks
from bdh.hooks.hosts.codex import hooks as codex_hooks
from bdh.hooks.hosts.cursor import hooks as cursor_hooks
from bdh.hooks.hosts.event import MAX_CHARACTERS, Answer

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.rglob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_payload_and_answer(path: Path) -> None:
    case = json.loads(path.read_text())
    host = path.relative_to(GOLDEN).parts[0]

    event = parse(host, case["payload"])
    printed = render(event, Answer(**case["answer"]))

    found = json.loads(json.dumps(event._asdict()))
    assert {name: found[name] for name in case["event"]} == case["event"]
    assert (json.loads(printed) if printed else None) == case["output"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_nothing_is_ever_allowed(path: Path) -> None:
    """`allow` would skip the question which the human wants to be asked."""
    case = json.loads(path.read_text())
    event = parse(path.relative_to(GOLDEN).parts[0], case["payload"])

    for answer in (Answer(), Answer(deny="x"), Answer(context="x"), Answer(go_on="x")):
        assert '"allow"' not in render(event, answer)


@pytest.mark.parametrize("host", HOSTS)
def test_long_texts_are_cut(host: str) -> None:
    (path,) = GOLDEN.glob(f"{host}/*/session-start.json")
    event = parse(host, json.loads(path.read_text())["payload"])

    assert len(render(event, Answer(context="x" * 50_000))) < MAX_CHARACTERS + 200


@pytest.mark.parametrize("payload", [{}, {"hook_event_name": 7, "tool_input": []}, {"cwd": None}])
@pytest.mark.parametrize("host", HOSTS)
def test_payloads_of_another_shape_are_nothing(host: str, payload: dict[str, Any]) -> None:
    assert parse(host, payload).kind == "other"


def test_every_host_is_told_to_run_what_exists() -> None:
    told = json.dumps([claude_hooks(), codex_hooks(), cursor_hooks()])

    assert "bdh :hook codex" in told
    assert "bdh :hook cursor" in told
    assert '"args": [":hook", "claude"]' in told
    assert told.count("bdh-hook-stamp") == 3
    assert (Path(__file__).parents[2] / "hooks/bdh-hook-stamp").stat().st_mode & 0o111
