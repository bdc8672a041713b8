"""`bdh :channels add`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.team import Channel

TYPES = ("email", "slack", "discord", "webhook", "ntfy")
KINDS = ("escalation", "answer", "mail", "bead_status")


@verb("add", yields="team:Channel", banner=Banner.NEVER)
@click.argument("type", type=click.Choice(TYPES))
@click.argument("url", required=False)
@click.option("--for", "kinds", multiple=True, type=click.Choice(KINDS), help="What to send.")
@click.option("--off", is_flag=True, help="Keep it, but send nothing.")
@click.pass_obj
def command(app: App, /, type: str, url: str | None, kinds: tuple[str, ...], off: bool) -> None:
    """
    Reach you by e-mail (your verified address), or at the URL of a webhook or ntfy topic.

    Without --for: escalations and answers. The same address again changes what it is for.
    """
    from bdh.core import telling

    backend = app.as_human("say how to be reached")
    app.emit(telling.set_channel(backend, type, url, kinds, enabled=not off), human)


def human(channel: Channel) -> str:
    text = f"{channel.type} {channel.address}: {', '.join(channel.kinds)}"
    if channel.secret:
        text += f"\nIts requests are signed with {channel.secret} (shown only now)"
    return text
