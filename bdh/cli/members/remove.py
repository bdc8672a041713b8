"""`bdh :members remove`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.members import LeftMember


@verb("remove", yields="members:LeftMember", banner=Banner.NEVER)
@click.argument("who", metavar="NAME|EMAIL")
@click.pass_obj
def command(app: App, /, who: str) -> None:
    """Take a human out of the project; its workspaces stay until they are removed."""
    from bdh.core import members

    app.emit(members.remove(app.as_human("remove members"), who), human)


def human(left: LeftMember) -> str:
    text = f"{line(left.name)} is no member any more"
    if left.workspaces:
        text += f"; workspaces that stay: {', '.join(map(line, left.workspaces))}"
    return text
