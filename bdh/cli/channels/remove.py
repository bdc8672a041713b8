"""`bdh :channels remove`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb
from bdh.errors import RefusedError


@verb("remove", yields="team:ChannelRemoved", banner=Banner.NEVER)
@click.argument("channel_id", metavar="ID")
@click.pass_obj
def command(app: App, /, channel_id: str) -> None:
    """No longer reach you this way; the first characters of its id will do."""
    from bdh.core import telling

    backend = app.as_human("say how to be reached")
    found = [one.id for one in telling.channels(backend).channels if one.id.startswith(channel_id)]
    if len(found) != 1:
        raise RefusedError(
            f"Cannot remove {channel_id}: {len(found)} channels begin with it",
            code="not_found" if not found else "ambiguous_id",
            hint="bdh :channels list",
        )
    app.emit(telling.remove_channel(backend, found[0]), lambda gone: f"Removed {gone.id[:8]}")
