"""`bdh :outbox retry`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.text import plural
from bdh.cli.verb import Banner, verb


@verb("retry", yields="team:Retried", banner=Banner.NEVER)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.pass_obj
def command(app: App, /, ids: tuple[str, ...]) -> None:
    """Try messages again that were given up: all of the project, or those named."""
    from bdh.core import telling

    done = telling.retry(app.as_human("retry deliveries"), ids)
    app.emit(done, lambda it: f"{plural(len(it.retried), 'message')} will be tried again")
