"""What the documents and the hints say exists: files, verbs, options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from bdh.cli.commands import COMMANDS, named_by
from bdh.cli.group import LazyGroup

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "bdh" / "guide.md"])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# A command as it stands in text, code and hints; `bdh ID` is not one.
COMMAND = re.compile(r"\bbdh ((?::[a-z]|[a-z])[a-z-]*(?: [a-z][a-z-]*)*)")


def names(words: str) -> bool:
    """Whether a text that follows `bdh` begins with a verb."""
    parts = words.split(" ")
    return parts[0] in COMMANDS and not _unknown_below(parts)


def _unknown_below(parts: list[str]) -> bool:
    # `:aweb mail send` is a verb, `:aweb mial` none; groups that list by themselves take words.
    group = parts[0]
    below = {name for name in COMMANDS if name.startswith(f"{group} ")}
    lists_itself = COMMANDS[group][0] is not None
    return (
        bool(below) and not lists_itself and len(parts) > 1 and f"{group} {parts[1]}" not in below
    )


def commands_of_blocks(path: Path) -> list[list[str]]:
    """The `bdh …` lines of a document's code blocks, as words without the comment."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(encoding="utf-8"), re.S | re.M)
    lines = [line.removeprefix("bob$ ").strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("bdh ")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_to_copy_are_understood(path: Path) -> None:
    wrong = []
    for words in commands_of_blocks(path):
        if "…" in " ".join(words) or "[" in " ".join(words):
            continue
        try:
            parse(words[1:])
        except click.UsageError as error:
            wrong.append(f"{' '.join(words)}: {error.format_message()}")

    assert wrong == []


def parse(words: list[str]) -> None:
    """Let click understand a command without running it."""
    group: click.Command = LazyGroup("", name="bdh")
    context = click.Context(group, info_name="bdh", resilient_parsing=True)
    while isinstance(group, LazyGroup) and words and not words[0].startswith("-"):
        name, found, words = group.resolve_command(context, words)
        if found is None:
            raise click.UsageError(f"there is no verb {name}")
        group = found
    # Without an object and without the parent: only the words are looked at.
    group.make_parser(click.Context(group)).parse_args(list(words))


@pytest.mark.parametrize("folder", ["bdh", "supabase/migrations", "docs"])
def test_hints_name_verbs_that_exist(folder: str) -> None:
    """Every refusal has a next step; it must be one that can be typed."""
    wrong = set()
    for path in (ROOT / folder).rglob("*"):
        if path.suffix not in (".py", ".sql", ".md"):
            continue
        for quoted in re.findall(r"""["'`]([^"'`\n]*\bbdh [^"'`\n]*)""", path.read_text()):
            wrong |= {
                f"{path.relative_to(ROOT)}: bdh {words}"
                for words in COMMAND.findall(quoted)
                if words.startswith(":") and not names(words)
            }

    assert wrong == set()


def test_hints_of_the_database_begin_with_verbs_that_exist() -> None:
    """Verbs without a colon too: a text that begins with `bdh` is a command."""
    wrong = {
        f"{path.name}: {text}"
        for path in (ROOT / "supabase" / "migrations").glob("*.sql")
        for text in re.findall(r"'(bdh [^'\n]*)'", path.read_text(encoding="utf-8"))
        if not named_by(text.split()[1:])
    }

    assert wrong == set()


def test_the_tests_that_the_security_model_names_exist() -> None:
    """By whole paths, every row at least one; a folder will do where it is the test."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    _, _, text = text.partition("## How it is held off")
    rows = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    named = {row: re.findall(r"`([a-z_/-]+(?:\.(?:py|ts))?)`", row.split("|")[-2]) for row in rows}
    threats = {row: tests for row, tests in named.items() if row.count("|") == 4}

    homes = (ROOT / "tests", ROOT / "supabase" / "functions")
    names = {name for tests in threats.values() for name in tests}
    assert len(names) > 20
    assert [name for name in names if not any((home / name).exists() for home in homes)] == []
    untested = [row for row, tests in threats.items() if not tests]
    assert [row for row in untested if not row.startswith("| threat ")] == []
