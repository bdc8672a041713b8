"""Groups of verbs that import a verb's module only when that verb is run."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from bdh.cli.commands import COMMANDS, is_group, names_in

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """The verbs of `COMMANDS` whose names start with this group's name."""

    def __init__(self, prefix: str, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.prefix = prefix

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # `bdh :policy --role backend` is `bdh :policy show --role backend`.
        usual = _usual(self.prefix)
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        foreign = [word for word in args if word.partition("=")[0] not in own]
        if usual and foreign and foreign[0].startswith("-"):
            args = [usual.rsplit(" ", 1)[-1], *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return names_in(self.prefix)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        name = f"{self.prefix} {cmd_name}".strip()
        return load(name) if name in COMMANDS else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [name for name in names_in(self.prefix) if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self._summary(name)) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def _summary(self, name: str) -> str:
        return COMMANDS[f"{self.prefix} {name}".strip()][1]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        rows = [(name, self._summary(name)) for name in names_in(self.prefix)]
        with formatter.section("Verbs"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            from bdh.cli.unknown import unknown_verb

            unknown_verb(self.prefix, args)
        return super().resolve_command(ctx, args)


def load(name: str) -> click.Command:
    """The command called `name`; imports its module, or none when it is a group."""
    module_name, summary = COMMANDS[name]
    if is_group(name):
        return _group(name, module_name, summary)
    command: click.Command = importlib.import_module(f"bdh.cli.{module_name}").command
    return command


def _group(name: str, module_name: str | None, summary: str) -> click.Command:
    """A group; with a module, running it without a verb runs `list` below it, or `show`."""
    group = LazyGroup(
        name,
        name=name.rsplit(" ", 1)[-1],
        help=summary,
        short_help=summary,
        no_args_is_help=module_name is None,
        invoke_without_command=module_name is not None,
        subcommand_metavar="VERB [OPTIONS] [ARGUMENTS]...",
    )
    group.params.append(json_option())
    group.callback = _listing(name) if module_name else None
    return group


def _usual(name: str) -> str | None:
    """What a group does without a verb, when it has a module: `list` below it, or `show`."""
    if COMMANDS.get(name, (None, ""))[0] is None:
        return None
    return f"{name} list" if f"{name} list" in COMMANDS else f"{name} show"


def _listing(name: str) -> Any:
    @click.pass_context
    def run(context: click.Context) -> None:
        usual = _usual(name)
        if context.invoked_subcommand is None and usual is not None:
            context.invoke(load(usual))

    return run


def json_option() -> click.Option:
    """`--json`, which every verb and group takes."""

    def remember(context: click.Context, _option: click.Parameter, value: bool) -> None:
        if value and context.obj is not None:
            context.obj.json = True

    return click.Option(
        ["--json"], is_flag=True, expose_value=False, callback=remember, help="Print JSON."
    )
