"""`bdh :hook`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb(":hook", yields="hooks:HookRun", banner=Banner.NEVER)
@click.argument("host", type=click.Choice(["claude", "codex", "cursor"]))
@click.pass_obj
def command(app: App, /, host: str) -> int:  # noqa: ARG001
    """
    Answer a hook of an agent HOST: its payload on standard input, the answer on standard output.

    Hosts run this; `bdh :init` tells them to. It is no use by hand.
    """
    from bdh.hooks.run import main

    return main([":hook", host]) or 0
