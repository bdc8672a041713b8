"""Verbs that bdh does not have."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bdh.cli import main
from bdh.cli.commands import COMMANDS, named_by
from bdh.cli.group import load
from bdh.cli.unknown import BD_READ_ONLY, EQUIVALENTS, OPTIONS, suggest


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("status", "use bdh :status"),
        (":ready", "use bdh ready"),
        ("start", "use bdh claim"),
        ("redy", "did you mean bdh ready?"),
        ("tree", "use bdh dep tree"),
        ("send", "did you mean bdh :aweb mail send"),
    ],
)
def test_the_equivalent_or_the_closest_verb_is_named(word: str, expected: str) -> None:
    assert (suggest("", word) or "").startswith(expected)


@pytest.mark.parametrize(
    ("prefix", "words", "expected"),
    [
        ("", ("label", "add"), "use bdh update ID --add-label L"),
        ("", ("comments", "add"), "use bdh comment ID TEXT"),
        ("", ("comments", "bd-1"), "use bdh show"),
        ("dep", ("rm", "bd-1"), "use bdh dep remove"),
        ("dep", ("list", "bd-1"), "use bdh dep tree ID, or bdh show ID"),
    ],
)
def test_two_words_of_bd_are_answered_as_two(
    prefix: str, words: tuple[str, str], expected: str
) -> None:
    assert suggest(prefix, *words) == expected


@pytest.mark.parametrize("word", ["xyzzyplugh", ":nope"])
def test_nothing_is_suggested_for_what_is_like_nothing(word: str) -> None:
    assert suggest("", word) is None


def test_no_verb_is_suggested_that_there_is_not() -> None:
    for words in EQUIVALENTS.values():
        for command in words.split(", or "):
            if command.startswith("bdh "):
                assert named_by(command.split()[1:]), command


def test_no_verb_of_bdh_is_handed_over() -> None:
    assert not BD_READ_ONLY & set(COMMANDS)
    assert not set(EQUIVALENTS) & set(COMMANDS)


def test_no_option_is_answered_that_there_is() -> None:
    for (verb, option), answer in OPTIONS.items():
        known = {name for parameter in load(verb).params for name in parameter.opts}
        assert option not in known
        assert named_by(answer.replace(",", "").split()[1:]), answer


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "bd-1", "--json"]) == 2

    refusal = json.loads(capsys.readouterr().out)["error"]
    assert refusal["code"] == "unknown_verb"
    assert "bdh claim" in refusal["message"]


def test_a_read_only_verb_of_bd_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bd = tmp_path / "bd"
    bd.write_text('#!/bin/sh\necho "bd $*"\n')
    bd.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    child = os.fork()
    if child == 0:
        main(["count", "--by", "status"])
        os._exit(99)
    _, status = os.waitpid(child, 0)

    output = capfd.readouterr()
    assert os.waitstatus_to_exitcode(status) == 0
    assert output.out == "bd count --by status\n"
    assert "handing over to bd" in output.err
    assert output.err.count("\n") == 1


def test_without_bd_it_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["count"]) == 2
    assert "There is no verb 'count'" in capsys.readouterr().err
