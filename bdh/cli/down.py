"""`bdh :down`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import StackDown


@verb(":down", yields="stack:StackDown", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Stop the embedded stack: all that it started, and nothing else."""
    from bdh.models.stack import StackDown
    from bdh.stack import control

    app.emit(StackDown(control.down()), human)


def human(down: StackDown) -> str:
    return "The stack is down" if down.stopped else "The stack was not running"
