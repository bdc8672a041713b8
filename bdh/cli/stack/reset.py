"""`bdh :stack reset`"""

from __future__ import annotations

import sys

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("reset", yields="stack:StackDown", banner=Banner.NEVER)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(app: App, /, yes: bool) -> None:
    """Delete the stack's database, keys, e-mails and logs. Backups stay."""
    from bdh.cli.human import require_human
    from bdh.models.stack import StackDown
    from bdh.stack import control

    require_human("delete the stack's data")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("--yes is missing, and nobody is there to ask")
    if not yes:
        click.confirm("Delete every project, bead and message of this stack?", abort=True, err=True)
    control.reset()
    app.emit(StackDown(True), lambda _: "The stack's data is gone; bdh :up makes a new one")
