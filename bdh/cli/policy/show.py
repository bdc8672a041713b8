"""`bdh :policy show`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.verb import verb


@verb("show", yields="policies:Policy")
@click.option("--role", help="Another role's playbook.")
@click.option("--version", type=int, help="Another version; 0 is bdh's default.")
@click.pass_obj
def command(app: App, /, role: str | None = None, version: int | None = None) -> None:
    """Show the rules for everybody and your role's playbook; `--json` has the whole bundle."""
    from bdh.core import policies

    app.emit(policies.show(app.backend, role=role, version=version), text.whole)
