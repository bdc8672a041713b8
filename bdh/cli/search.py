"""`bdh search`"""

from __future__ import annotations

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.types import flat, paging_options
from bdh.cli.verb import verb


@verb("search", yields="beads:BeadList")
@click.argument("words", nargs=-1, required=True)
@click.option("-s", "--status", multiple=True, type=types.statuses, help="Only with this status.")
@click.option("--all", "include_closed", is_flag=True, help="Also closed ones.")
@paging_options
@click.pass_obj
def command(
    app: App,
    /,
    words: tuple[str, ...],
    status: tuple[tuple[str, ...], ...],
    include_closed: bool,
    limit: int | None,
    cursor: str | None,
) -> None:
    """Find beads by WORDS in id, title and description: all words, "phrases", or, -without."""
    from bdh.cli import list_ as listing
    from bdh.core import beads

    found = beads.list_beads(
        app.backend,
        query=" ".join(words),
        status=flat(status),
        include_closed=include_closed,
        limit=limit,
        cursor=cursor,
    )
    app.emit(found, listing.human)
