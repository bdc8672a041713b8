"""`bdh :version`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import Versions


@verb(":version", yields="stack:Versions", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Show the versions of bdh, Python and the embedded stack."""
    import platform

    from bdh import __version__
    from bdh.models.stack import Versions
    from bdh.stack.paths import default_paths, read_json

    state = read_json(default_paths().state)
    found = Versions(
        bdh=__version__,
        python=platform.python_version(),
        postgres=state.get("postgres_version"),
        schema=state.get("schema_hash"),
    )
    app.emit(found, human)


def human(found: Versions) -> str:
    return columns(
        [
            ["bdh", found.bdh],
            ["Python", found.python],
            ["PostgreSQL", found.postgres or "the stack has not run yet"],
        ]
    )
