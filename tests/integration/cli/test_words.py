"""How a command line may be written, and what closes or fills up around it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal


def run(terminal: Terminal, line: str) -> subprocess.CompletedProcess[str]:
    """`line` in a shell, where `bdh` is this bdh."""
    script = f'bdh() {{ "{sys.executable}" -m bdh "$@"; }}; {line}'
    return subprocess.run(
        ["sh", "-c", script], cwd=terminal.directory, env=dict(terminal.environment),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_help_is_a_word_too(home: Terminal) -> None:
    assert home.bdh("help").out == home.bdh("--help").out
    assert home.bdh("help", "dep", "add").out == home.bdh("dep", "add", "--help").out


def test_json_may_come_before_the_verb(alice: Terminal) -> None:
    assert json.loads(alice.bdh("--json", "list").out)["beads"] == []


def test_an_option_without_its_value_leads_to_its_verbs_help(alice: Terminal) -> None:
    refused = alice.bdh("claim", "bd-1", "--json", "--jump-in", expect=2).error

    assert refused["hint"] == "bdh claim --help"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("ready", "--assignee", "bob"), "bdh list --ready --assignee ALIAS"),
        (("list", "--title-contains", "x"), "bdh search WORDS"),
        (("list", "--nope"), "bdh list --help"),
    ],
)
def test_an_option_of_bds_is_answered_with_ours(
    alice: Terminal, words: tuple[str, ...], hint: str
) -> None:
    assert alice.bdh(*words, "--json", expect=2).error["hint"] == hint


def test_a_title_may_be_an_option(alice: Terminal) -> None:
    assert alice.json("create", "--title", "By option")["title"] == "By option"
    assert alice.bdh("create", "--json", expect=2).error["code"] == "usage"
    assert alice.bdh("create", "A", "--title", "B", "--json", expect=2).error["code"] == "usage"


def test_a_group_takes_the_options_of_what_it_does_without_a_verb(alice: Terminal) -> None:
    shown = alice.json(":policy", "--role", "reviewer")

    assert shown == alice.json(":policy", "show", "--role", "reviewer")
    assert alice.json(":workspaces", "--all") == alice.json(":workspaces", "list", "--all")
    assert alice.bdh(":workspaces", "--nope", "--json", expect=2).error["code"] == "usage"


@pytest.mark.parametrize("status", ["in-progress", "In Progress", "IN_PROGRESS"])
def test_a_status_may_be_spelt_as_people_do(alice: Terminal, status: str) -> None:
    bead = alice.json("create", "A bead")["id"]

    changed = alice.json("update", bead, "--status", status)

    assert changed["beads"][0]["status"] == "in_progress"
    assert changed["beads"][0]["claim"] is not None
    assert [one["id"] for one in alice.json("list", "-s", status)["beads"]] == [bead]


def test_closed_streams_are_empty_ones(alice: Terminal) -> None:
    bead = alice.json("create", "A bead")["id"]

    assert run(alice, "bdh list <&-").returncode == 0
    assert run(alice, "bdh list >&-").returncode == 0
    assert "A bead" in run(alice, "bdh list 2>&-").stdout
    asked = run(alice, f"bdh comment {bead} - <&-")
    assert (asked.returncode, "missing" in asked.stderr) == (2, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
@pytest.mark.parametrize("words", ["list", "list --json", ":version"])
def test_a_full_disk_is_said_in_words(alice: Terminal, words: str) -> None:
    done = run(alice, f"bdh {words} >/dev/full")

    assert (done.returncode, done.stderr) == (
        1,
        "Cannot go on: No space left on device\n  → df -h\n",
    )


def test_an_interrupt_while_loading_is_no_traceback(alice: Terminal) -> None:
    code = (
        "import sys, importlib.abc\n"
        "class Late(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'bdh.cli.app': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Late())\n"
        "sys.argv = ['bdh', ':status']\n"
        "from bdh.__main__ import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=alice.directory, env=dict(alice.environment),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "")
