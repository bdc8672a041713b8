"""`bdh :hooks status`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.hooks.text import human
from bdh.cli.verb import Banner, verb


@verb("status", yields="hooks:HookStatus", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> int:
    """Show which hooks git runs here, and how strict they are."""
    from bdh.cli.hooks.text import here, status_of
    from bdh.hooks.install import status

    root = here()
    found = status_of(status(root), root)
    app.emit(found, human)
    return 0 if found.complete else 1
