"""`bdh :policy history`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.types import paging_options
from bdh.cli.verb import verb


@verb("history", yields="policies:PolicyHistory")
@paging_options
@click.pass_obj
def command(app: App, /, limit: int | None, cursor: str | None) -> None:
    """List the versions of the policy: who made them, and which is in force."""
    from bdh.core import policies

    app.emit(policies.history(app.backend, limit=limit, cursor=cursor), text.history)
