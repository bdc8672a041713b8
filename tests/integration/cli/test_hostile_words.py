"""Words that nobody should type: each is refused in words of ours, none is a bug."""

from __future__ import annotations

import pytest

from tests.support.terminal import Terminal

REFUSED, USAGE = 1, 2
ODD = {
    ("create", ""): REFUSED,
    ("create", " \t"): REFUSED,
    ("create", "x" * 501): REFUSED,
    ("create", "x", "--id", "a b"): REFUSED,
    ("create", "x", "--parent", "'; drop table beads; --"): REFUSED,
    ("create", "x", "--defer", "never"): REFUSED,
    ("create", "x", "-p", "9"): USAGE,
    ("show", "../../etc/passwd"): REFUSED,
    ("claim", ""): REFUSED,
    ("update", "bd-1"): USAGE,
    ("dep", "add", "bd-1", "bd-1"): REFUSED,
    ("list", "--limit", "100000"): USAGE,
    ("list", "--cursor", "garbage"): REFUSED,
    (":aweb", "mail", "open", "%"): REFUSED,
    (":aweb", "mail", "send", "nobody", "hi"): REFUSED,
    (":reserve", "../../etc/passwd"): USAGE,
    (":add-worktree", "../evil"): REFUSED,
    (":add-worktree", "--path", "/"): USAGE,
    (":invite", "--expires", "1e9d"): USAGE,
    (":stack", "logs", "../secrets.json"): USAGE,
    (":watch", "--since", "garbage"): REFUSED,
    ("--nonsense",): USAGE,
}


def test_odd_words_are_refused_in_ours(alice: Terminal) -> None:
    alice.bdh("create", "first")

    for words, code in ODD.items():
        error = alice.bdh(*words, "--json", expect=code).error
        assert error["message"], words
        # No SQLSTATE, and nothing that only the database's own words are about.
        assert error["code"].replace("_", "").isalpha(), (words, error)
        assert "constraint" not in error["message"], (words, error)


def test_odd_texts_are_kept_and_shown_as_text(alice: Terminal) -> None:
    for title in ("--title", "'; drop table beads; --", "%s {0} $1", "\\", "日本 🎉", "a\udcffb"):
        made = alice.bdh("create", "--json", "--", title).json
        assert made["title"] == title.encode("utf-8", "replace").decode()

    assert len(alice.json("list")["beads"]) == 6


@pytest.mark.parametrize("seconds", ["nan", "-1", "0", "soon"])
def test_a_timeout_that_is_none_is_a_usage_error(alice: Terminal, seconds: str) -> None:
    assert "BDH_TIMEOUT" in alice.env(BDH_TIMEOUT=seconds).bdh("ready", expect=2).err


def test_lines_that_would_spoil_an_import_are_left_out_alone(alice: Terminal) -> None:
    deep = '{"id": "x-deep", "a": ' + "[" * 50_000 + "]" * 50_000 + "}"
    long = '{"id": "x-long", "title": "x", "notes": "' + "y" * 11_000_000 + '"}'
    lines = ['{"id": "x-nul", "title": "a\\u0000"}', '{"id": "x-inf", "n": 1e400}', deep, long]
    content = "\n".join([*lines, '{"id": "x-good", "title": "fine"}'])

    done = alice.json("import", "-", stdin=content, expect=1)

    assert [bad["line"] for bad in done["invalid"]] == [1, 2, 3, 4]
    assert alice.json("show", "x-good")["title"] == "fine"
