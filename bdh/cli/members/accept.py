"""`bdh :members accept`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.cli.remote import Remote
    from bdh.models.members import MemberJoined


@verb("accept", yields="members:MemberJoined", banner=Banner.NEVER)
@click.argument("token")
@click.option("--url", help="The backend; by default that of this machine.")
@click.option("--key", help="Its publishable key.")
@click.pass_obj
def command(app: App, /, token: str, url: str | None, key: str | None) -> None:
    """Become a member of the project that TOKEN is for, as the human who is signed in."""
    from bdh.cli.human import require_human
    from bdh.core import members

    require_human("accept an invitation as a member")
    app.emit(members.accept(_human(app, url, key), token), human)


def _human(app: App, url: str | None, key: str | None) -> Remote:
    from bdh.cli.human import operator, signed_in
    from bdh.stack.paths import default_paths

    url, key = url or app.settings.url.text, key or app.settings.key.text
    if url is None:
        return operator(app, str(default_paths().root))
    if key is None:
        raise click.UsageError("--url needs --key")
    return signed_in(app, url, key)


def human(joined: MemberJoined) -> str:
    return f"You are {joined.role} of {joined.project.slug}"
