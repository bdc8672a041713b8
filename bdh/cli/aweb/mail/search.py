"""`bdh :aweb mail search`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.aweb.mail.text import matches
from bdh.cli.types import paging_options
from bdh.cli.verb import Banner, verb


@verb("search", yields="mail:FoundMailList", banner=Banner.AFTER)
@click.argument("query", nargs=-1, required=True)
@paging_options
@click.pass_obj
def command(app: App, /, query: tuple[str, ...], limit: int | None, cursor: str | None) -> None:
    """Find mail by words; `"a phrase"`, `or` and `-without` work. Marks nothing as read."""
    from bdh.core import mail

    app.emit(mail.search(app.backend, " ".join(query), limit=limit, cursor=cursor), matches)
