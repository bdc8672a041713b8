"""`bdh :channels list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import age, columns, line
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.team import Channel, ChannelList


@verb("list", yields="team:ChannelList", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """List how you, a human, are reached outside of bdh."""
    from bdh.core import telling

    app.emit(telling.channels(app.as_human("see how they are reached")), human)


def human(found: ChannelList) -> str:
    if not found.channels:
        return "No channels (bdh :channels add email)"
    return columns(_row(channel) for channel in found.channels)


def _row(channel: Channel) -> list[str]:
    state = "on" if channel.enabled else "off"
    if channel.last_error:
        state = f"failed: {line(channel.last_error, 80)}"
    elif channel.last_delivered_at:
        state += f", used {age(channel.last_delivered_at)} ago"
    address = line(channel.address, 60)
    return [channel.id[:8], channel.type, address, ",".join(channel.kinds), state]
