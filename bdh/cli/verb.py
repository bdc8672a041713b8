"""The decorator that makes a function a verb."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import click

from bdh.cli.group import json_option


class Banner(Enum):
    """When a verb asks what waits for the workspace."""

    BESIDE = "in parallel with its own call"
    AFTER = "afterwards, as it reads, answers or acknowledges what may be waiting"
    NEVER = "not at all: it needs no backend, or makes one"


class Verb(click.Command):
    """A command with `--json` that declares its result and its banner."""

    def __init__(
        self,
        *arguments: Any,
        yields: str | None = None,
        banner: Banner = Banner.BESIDE,
        **attributes: Any,
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.yields = yields
        self.banner = banner
        self.params.append(json_option())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from bdh.cli.examples import EXAMPLES

        examples = EXAMPLES.get(ctx.command_path.removeprefix("bdh "), ())
        if examples:
            with formatter.section("Examples" if len(examples) > 1 else "Example"):
                # Not wrapped: half a command is no command.
                formatter.write("".join(f"  bdh {example}\n" for example in examples))

    def invoke(self, ctx: click.Context) -> Any:
        if ctx.obj is not None:
            ctx.obj.banner = self.banner
        return super().invoke(ctx)


def verb(
    name: str, *, yields: str | None = None, banner: Banner = Banner.BESIDE, **attributes: Any
) -> Callable[[Callable[..., int | None]], Verb]:
    """
    Make the function below the verb `name`.

    Args:
        yields: `module:Class` below `bdh.models`, the model that `--json` prints; several are
            separated by `|`.
        banner: When to ask what waits for the workspace.
    """
    return click.command(name, cls=Verb, yields=yields, banner=banner, **attributes)
