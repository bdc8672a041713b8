"""Every command's JSON against its published schema; `make docs` writes the schemas."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bdh.cli.commands import COMMANDS
from bdh.cli.group import load
from bdh.cli.verb import Verb
from tests.docs.schemas import file_name
from tests.support.terminal import Terminal

SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"

# In order: later ones build on earlier ones. Words in braces are results of earlier ones.
SCENE = """
create One -p 1 -t epic -l a -d Text
create Two --parent {bead}
create Three
dep add bd-3 bd-2
dep tree bd-3
dep tree bd-2 --up
dep remove bd-3 bd-2
dep add bd-3 bd-2
ready
ready --claim
claim bd-2
blocked
show bd-2
claims --all
comment bd-2 Hello
update bd-2 bd-3 -p 0
release bd-2 --note Later
list --all
search two
close bd-2 -r Done
reopen bd-2
stats
delete bd-3
export
import
:status
:whoami
:workspaces list
:invite
:project settings
:aweb mail send @humans Hello
:aweb mail list --sent
:aweb mail open {mail}
:aweb mail reply {mail} Again
:aweb mail search Hello
:init
:add-worktree ops --alias gus-ops
:workspaces reattach gus
:workspaces remove gus
:login
:logout
:up
:stack status
:stack unit
:deploy-check
:stack logs
:stack mail
:stack backup {backup}
:doctor
:version
"""
# Run elsewhere: they need another directory, or would end what the others need.
ELSEWHERE = {":join", ":down", ":stack reset", ":stack restore", ":aweb mail ack"}

# The models of this folder's verbs; tests of messages, files, hooks and policies have theirs.
MODELS = (
    "beads", "claims", "dependencies", "health", "login", "mail", "stack", "transfer", "workspaces",
)  # fmt: skip


def verb_of(words: list[str]) -> str:
    """The longest beginning of `words` that is a verb."""
    lengths = range(min(3, len(words)), 0, -1)
    return next(name for n in lengths if (name := " ".join(words[:n])) in COMMANDS)


def check(name: str, content: Any) -> None:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(content)


def test_every_output_is_what_its_schema_says(alice: Terminal, tmp_path: Path) -> None:
    found: dict[str, str] = {"bead": "bd-1", "mail": "", "backup": str(tmp_path / "b")}
    seen = set()
    for text in SCENE.strip().splitlines():
        words = shlex.split(text.format(**found))
        result = alice.json(*words)
        check(file_name(verb_of(words)), result)
        seen.add(verb_of(words))
        if words[:3] == [":aweb", "mail", "send"]:
            found["mail"] = result["id"]

    assert seen | ELSEWHERE >= set(filter(is_mine, COMMANDS))


def is_mine(name: str) -> bool:
    command = load(name)
    yields = command.yields if isinstance(command, Verb) else None
    return (yields or "").split(":")[0] in MODELS


def test_the_others_too(alice: Terminal, bob: Terminal, tmp_path: Path) -> None:
    token = alice.bdh(":invite").out.strip()
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "clone"))
    joined = alice.cd(tmp_path / "clone").json(":join", token)
    mail = alice.json(":aweb", "mail", "send", "bob", "Hello", "--ack")

    check("join.json", joined)
    check("aweb-mail-send.json", mail)
    check("aweb-mail-ack.json", bob.json(":aweb", "mail", "ack", mail["id"]))
    check("add-worktree.json", {**joined, "steps": []})


@pytest.mark.parametrize(
    ("words", "code"),
    [(("nonsense",), 2), (("show",), 2), (("show", "nothing-1"), 1), (("list", "-p", "9"), 2)],
)
def test_every_refusal_is_what_its_schema_says(
    alice: Terminal, words: tuple[str, ...], code: int
) -> None:
    check("error.json", alice.json(*words, expect=code))
