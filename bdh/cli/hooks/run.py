"""`bdh :hooks run`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("run", yields="hooks:HookRun", banner=Banner.NEVER)
@click.argument("name")
@click.argument("arguments", nargs=-1)
@click.pass_obj
def command(app: App, /, name: str, arguments: tuple[str, ...]) -> int:
    """Do what the hook NAME of git does; git itself takes a shorter way to the same."""
    from bdh.errors import UsageError
    from bdh.hooks.install import NAMES
    from bdh.hooks.run import main
    from bdh.models.hooks import HookRun

    code = main([":hooks", "run", name, "--", *arguments])
    if code is None:
        raise UsageError(f"{name} is none of {', '.join(NAMES)}", code="usage")
    app.emit(HookRun(code), lambda _: "")
    return code
