"""Text for people, and text from arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdh.cli import types
from bdh.cli.aweb.mail.send import addressees
from bdh.cli.create import dependency
from bdh.cli.text import age, block, columns, line, quoted
from bdh.cli.update import changes
from bdh.errors import UsageError


def test_control_characters_of_others_never_reach_a_terminal() -> None:
    hostile = "a\x1b[31mred\x07\x9b\u202eevil\u2066\r\nnext"

    assert line(hostile) == "a[31mredevil next"
    assert block(hostile) == "a[31mredevil\nnext"


@given(st.text())
def test_a_line_is_one_printable_line(text: str) -> None:
    assert not any(ord(character) < 0x20 for character in line(text))
    assert len(line(text, 20)) <= 20


@given(st.text())
def test_quotes_cannot_be_left(text: str) -> None:
    assert quoted(text).count('"') == 2


def test_ages() -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)

    ages = [
        age(f"2026-01-{day}+00:00", now) for day in ("09T23:59:30", "09T23:00:00", "08T00:00:00")
    ]
    assert ages == ["now", "1h", "2d"]
    assert age(None) == ""


def test_columns_are_aligned() -> None:
    assert columns([["a", "bb", "c"], ["aaa", "b", ""]]) == "a    bb  c\naaa  b"
    assert columns([]) == ""


def test_columns_keep_what_they_are_given() -> None:
    """Numbers stay texts, indents stay, and wide letters count as what a terminal shows."""
    assert columns([["  007", "1e3"], ["x", "2"]]) == "  007  1e3\nx      2"
    assert columns([["表格", "a"], ["abcd", "b"]]) == "表格  a\nabcd  b"


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("P1", 1), ("p4", 4)])
def test_priorities(text: str, number: int) -> None:
    assert types.priority(text) == number


@pytest.mark.parametrize("text", ["5", "high", "", "-1"])
def test_other_priorities_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        types.priority(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("15m", 900), ("4h", 14400), ("7d", 604800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert types.duration(text) == seconds


def test_dependencies_block_unless_a_type_is_named() -> None:
    assert dependency("bd-7") == {"id": "bd-7", "type": "blocks"}
    assert dependency("discovered-from:bd-7") == {"id": "bd-7", "type": "discovered-from"}


def test_a_mail_goes_to_all_words_but_the_last() -> None:
    assert addressees(("bob,carol", "@all", "hello"), None) == (["bob", "carol", "@all"], "hello")
    assert addressees(("bob", "carol"), "-") == (["bob", "carol"], None)
    with pytest.raises(UsageError):
        addressees(("bob",), None)


def test_an_empty_option_takes_a_field_away() -> None:
    found = changes(
        claim_it=False, description=None, body_file=None,
        assignee="", parent_id="", title=None, add_labels=(("a", "b"), ("c",)), priority=0,
    )  # fmt: skip

    assert found == {
        "assignee": None,
        "parent_id": None,
        "add_labels": ("a", "b", "c"),
        "priority": 0,
    }


def test_an_update_without_a_field_is_a_usage_error() -> None:
    with pytest.raises(click.UsageError):
        changes(claim_it=False, description=None, body_file=None, title=None)


def test_a_text_comes_from_a_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_text("it's $HOME `x`\n", encoding="utf-8")

    assert types.text_argument(None, str(path), "The text") == "it's $HOME `x`"
    with pytest.raises(click.UsageError):
        types.text_argument("both", str(path), "The text")
    with pytest.raises(click.UsageError):
        types.required_text(" ", None, "The text")
