"""`bdh :members accept`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.members import MemberJoined


@verb("accept", yields="members:MemberJoined", banner=Banner.NEVER)
@click.argument("token")
@click.option("--url", help="The backend; by default that of this machine.")
@click.option("--key", help="Its publishable key.")
@click.pass_obj
def command(app: App, /, token: str, url: str | None, key: str | None) -> None:
    """Become a member of the project that TOKEN is for, as the human who is signed in."""
    from bdh.cli.human import human_at, require_human
    from bdh.core import members

    require_human("accept an invitation as a member")
    app.emit(members.accept(human_at(app, url, key), token), human)


def human(joined: MemberJoined) -> str:
    return f"You are {joined.role} of {joined.project.slug}"
