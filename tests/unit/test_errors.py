"""docs/errors.md names every refusal: those of the migrations and those of bdh's own sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bdh import errors

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([a-z_]+)` \| (\d[\d, ]*) \| (.+) \|$", re.MULTILINE)
FAIL = re.compile(r"private\.fail\(\s*(?:p_code\s*=>\s*)?'([a-z_]+)',\s*(?:p_status\s*=>\s*)?(\d+)")
CODE = re.compile("[a-z][a-z_]+")
# Made by helpers of bdh/api/failures.py, which take the code by position.
BY_POSITION = {"backend_failed", "bad_answer", "no_answer", "unavailable", "unreachable"}


def documented() -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """The codes of the document's two tables, with their statuses and their exit codes."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    database, _, client = text.partition("## What bdh refuses itself")
    tables = [ROW.findall(part) for part in (database, client)]
    for rows in tables:
        names = [name for name, _, _ in rows]
        assert names == sorted(set(names)), "sorted, and each once"
    first, second = (
        {(name, int(number)) for name, numbers, _ in rows for number in numbers.split(",")}
        for rows in tables
    )
    return first, second


def in_sources() -> Iterator[tuple[str, int]]:
    """Every code that a `code=` of bdh's sources names, with the exit code of its exception."""
    for path in (ROOT / "bdh").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            kind = getattr(errors, getattr(node.func, "id", ""), None)
            for argument in node.keywords if kind is not None else ():
                if argument.arg == "code":
                    yield from ((code, kind.exit_code) for code in _codes(argument.value))


def _codes(value: ast.expr) -> Iterator[str]:
    # Not what a subscript or a comparison is about: told["code"].
    if isinstance(value, ast.IfExp):
        yield from (*_codes(value.body), *_codes(value.orelse))
    elif isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
        yield str(value.value)


def test_every_refusal_of_the_database_is_in_the_table() -> None:
    texts = [path.read_text() for path in (ROOT / "supabase" / "migrations").glob("*.sql")]
    calls = sum(len(re.findall(r"(?:perform|select) private\.fail\(", text)) for text in texts)
    found = [pair for text in texts for pair in FAIL.findall(text)]

    # None escapes the pattern, for example by a code that is computed.
    assert len(found) == calls
    assert {(code, int(status)) for code, status in found} == documented()[0]


def test_every_refusal_of_bdh_is_in_the_table() -> None:
    table = documented()[1]

    found = set(in_sources()) - {("bug", errors.BdhError.exit_code)}

    assert found | {(code, 4) for code in BY_POSITION} == table - {("bug", 70)}


def test_codes_that_are_named_by_position_are_still_used() -> None:
    source = (ROOT / "bdh" / "api" / "failures.py").read_text()

    assert {code for code in BY_POSITION if f'"{code}"' not in source} == set()
