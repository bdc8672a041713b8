"""`bdh comment`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.types import required_text
from bdh.cli.verb import verb


@verb("comment", yields="beads:Comment")
@click.argument("bead_id")
@click.argument("text", required=False)
@click.option("-f", "--body-file", "--file", help="Read the text from a file; `-`: standard input.")
@click.pass_obj
def command(app: App, /, bead_id: str, text: str | None, body_file: str | None) -> None:
    """Comment on BEAD_ID. TEXT `-` reads standard input, so that no shell mangles it."""
    from bdh.core import beads

    made = beads.comment(app.backend, bead_id, required_text(text, body_file, "The comment"))
    app.emit(made, lambda _: f"Commented on {bead_id}")
