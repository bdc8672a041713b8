"""`bdh :stack logs`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("logs", yields="stack:LogLines", banner=Banner.NEVER)
@click.argument("name", required=False)
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many lines of each.",
)
@click.pass_obj
def command(app: App, /, name: str | None, lines: int) -> None:
    """Show the last lines of a log (gateway, postgres, supervisor, migrate), or of each."""
    from bdh.models.stack import LogLines
    from bdh.stack import control

    found = LogLines(tuple(control.logs(None, name, lines=lines)))
    app.emit(found, lambda logs: "\n".join(logs.lines))
