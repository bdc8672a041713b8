"""The table of verbs, what help reads of it, and what is generated from it."""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import pkgutil
import shlex
import typing

import click
import pytest

import bdh.models
from bdh.cli.commands import COMMANDS, is_group, named_by, names_in
from bdh.cli.examples import EXAMPLES
from bdh.cli.group import load
from bdh.cli.overview import overview
from bdh.cli.verb import Verb
from bdh.models.row import Row
from tests.docs import generate

# They speak a host's language on standard output, and print no object of ours.
PROTOCOLS = (":hook", ":mcp")
VERBS = [name for name in COMMANDS if not is_group(name)]


def every_row() -> list[type[Row]]:
    modules = [
        importlib.import_module(f"bdh.models.{found.name}")
        for found in pkgutil.iter_modules(bdh.models.__path__)
    ]
    rows = [value for module in modules for value in vars(module).values()]
    return [
        row
        for row in rows
        if isinstance(row, type) and issubclass(row, Row) and dataclasses.is_dataclass(row)
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_verb_loads_and_takes_json_and_help(name: str) -> None:
    command = load(name)

    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options
    assert command.get_help_option(click.Context(command)) is not None
    assert command.name == name.rsplit(" ", 1)[-1]


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_says_what_it_does_and_prints(name: str) -> None:
    command = load(name)

    assert isinstance(command, Verb)
    assert command.help
    assert command.yields or name in PROTOCOLS


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_an_example_that_can_be_typed(name: str) -> None:
    for example in EXAMPLES[name]:
        words = shlex.split(example)
        assert named_by(words) == name

        command = load(name)
        context = click.Context(command, info_name=f"bdh {name}")
        values, rest, _ = command.make_parser(context).parse_args(words[len(name.split()) :])

        assert not rest
        for parameter in command.get_params(context):
            missing = parameter.value_is_missing(values.get(parameter.name))
            assert not (parameter.required and missing), example
        assert f"  bdh {example}" in command.get_help(context).splitlines()


def test_the_overview_names_every_first_word() -> None:
    text = overview()

    assert all(f"\n  {word} " in text for word in names_in(""))


@pytest.mark.parametrize("row", every_row(), ids=lambda row: row.__name__)
def test_the_parts_of_a_row_are_what_its_annotations_say(row: type[Row]) -> None:
    # A field may be called `type`, which hides the builtin of that name.
    hints = typing.get_type_hints(row, localns={})
    rows_in = {
        name: part
        for name in row.__match_args__
        for part in (hints[name], *typing.get_args(hints[name]))
        if isinstance(part, type) and issubclass(part, Row)
    }

    assert rows_in == row.PARTS


@pytest.mark.parametrize("path", generate.documents(), ids=lambda path: path.name)
def test_generated_documents_are_up_to_date(path: typing.Any) -> None:
    assert path.read_text(encoding="utf-8") == generate.documents()[path], "run: make docs"


def test_no_module_hides_a_builtin_of_its_package() -> None:
    first_words = {module.partition(".")[0] for module, _ in COMMANDS.values() if module}

    assert not first_words & set(dir(builtins))
