"""`bdh :policy activate`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.verb import verb


@verb("activate", yields="policies:PolicyVersion")
@click.argument("version", type=int)
@click.pass_obj
def command(app: App, /, version: int) -> None:
    """Put VERSION in force, as a human; an earlier one too."""
    from bdh.core import policies

    app.emit(policies.activate(app.as_human("activate a policy"), version), text.activated)
