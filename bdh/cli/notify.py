"""`bdh :notify`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.notices import NoticeList


@verb(":notify", yields="notices:NoticeList", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Print what waits for this workspace; nothing when nothing does. For hooks."""
    from bdh.models.notices import NoticeList

    told = app.shown.pending()
    found = NoticeList(tuple(app.backend.notices(told, app.session, source="hook")))
    app.shown.confirm(told)
    app.emit(found, lambda notices: human(notices, app.identity.alias))
    app.was_shown(*(notice.id for notice in found.notices))


def human(found: NoticeList, alias: str) -> str:
    """What the banner would say."""
    from bdh.cli.banner import render

    return render(found.notices, alias).rstrip("\n") if found.notices else ""
