"""`bdh :policy reset`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.verb import verb


@verb("reset", yields="policies:PolicyVersion")
@click.pass_obj
def command(app: App, /) -> None:
    """Put bdh's default policy in force, as a new version and as a human."""
    from bdh.core import policies

    app.emit(policies.reset(app.as_human("reset the policy")), text.activated)
