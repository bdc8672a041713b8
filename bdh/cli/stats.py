"""`bdh stats`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns, line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import Stats


@verb("stats", yields="beads:Stats")
@click.pass_obj
def command(app: App, /) -> None:
    """Count beads by status, kind and priority."""
    from bdh.core import beads

    app.emit(beads.stats(app.backend), human)


def human(stats: Stats) -> str:
    rows = []
    for name, value in stats.as_json().items():
        if isinstance(value, dict):
            counts = ", ".join(f"{line(str(key))} {count}" for key, count in value.items())
            rows.append([name.replace("_", " "), counts or "-"])
        else:
            rows.append([name.replace("_", " "), str(value)])
    return columns(rows)
