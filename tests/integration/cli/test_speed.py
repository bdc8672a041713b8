"""What hot commands load; how long they take is for `make bench`, on a quiet machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

# Each costs a command 10-100 ms; product.md gives it 110.
HEAVY = {
    "asyncio", "asyncpg", "email", "git", "http", "httpx", "inspect", "mcp", "postgrest",
    "pydantic", "realtime", "ssl", "starlette", "stringprep", "subprocess", "supabase", "urllib3",
    "uvicorn", "uuid", "websockets",
}  # fmt: skip
# click itself loads these.
CLICK = {"inspect", "uuid"}
# `tabulate` loads these, to ask for its own version.
TABLES = {"email"}


def loaded_by(terminal: Terminal, *words: str) -> set[str]:
    """The top-level modules that `bdh WORDS` imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bdh", *words],
        cwd=terminal.directory, env=dict(terminal.environment), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}


def test_help_loads_not_even_click(alice: Terminal) -> None:
    loaded = loaded_by(alice, "--help")

    assert not loaded & (HEAVY | {"click", "json", "dataclasses", "typing"})


@pytest.mark.parametrize("verb", [("ready", "--help"), (":aweb", "mail", "send", "--help")])
def test_a_verbs_help_loads_click_alone(alice: Terminal, verb: tuple[str, ...]) -> None:
    assert not loaded_by(alice, *verb) & (HEAVY - CLICK)


@pytest.mark.parametrize("words", [(":status",), ("ready",)])
def test_hot_verbs_load_nothing_heavy(alice: Terminal, words: tuple[str, ...]) -> None:
    alice.bdh("create", "there is one")

    assert not loaded_by(alice, *words) & ((HEAVY | {"tabulate"}) - CLICK)


@pytest.mark.parametrize("words", [("list",), (":aweb", "mail", "list"), (":whoami",)])
def test_other_verbs_load_what_draws_tables_besides(
    alice: Terminal, words: tuple[str, ...]
) -> None:
    assert not loaded_by(alice, *words) & (HEAVY - CLICK - TABLES)


def test_claim_and_update_load_nothing_heavy(alice: Terminal) -> None:
    bead = alice.json("create", "x")["id"]

    heavy = (HEAVY | {"tabulate"}) - CLICK
    assert not loaded_by(alice, "claim", bead) & heavy
    assert not loaded_by(alice, "update", bead, "-p", "1") & heavy


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_verbs_without_loading_them(home: Terminal, shell: str) -> None:
    words = {"COMP_WORDS": "bdh :aweb mail s", "COMP_CWORD": "3" if shell != "fish" else "s"}

    printed = home.env(_BDH_COMPLETE=f"{shell}_complete", **words).bdh().out

    assert "send" in printed
    assert f"_BDH_COMPLETE={shell}_complete" in home.env(_BDH_COMPLETE=f"{shell}_source").bdh().out


def test_a_typing_error_starts_no_stack(alice: Terminal, tmp_path: Path) -> None:
    config = alice.directory / ".bdh" / "config.json"
    stack = alice.environment["BDH_STACK_DIR"]
    config.write_text(config.read_text().replace(stack, str(tmp_path / "stopped")))

    alice.bdh("sohw", expect=2)

    assert not (tmp_path / "stopped").exists()


def test_the_version_is_quick_to_have(home: Terminal) -> None:
    assert home.bdh("--version").out.startswith("bdh ")
