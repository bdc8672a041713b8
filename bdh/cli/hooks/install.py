"""`bdh :hooks install`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.hooks.text import human
from bdh.cli.verb import Banner, verb


@verb("install", yields="hooks:HookStatus", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Put bdh's hooks into this clone, or mend them. Hooks that are there are run first."""
    from bdh.cli.hooks.text import status_of
    from bdh.hooks.install import install_git_hooks

    app.emit(status_of(install_git_hooks(app.identity.root), app.identity.root), human)
