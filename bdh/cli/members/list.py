"""`bdh :members list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import ago, columns, line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.members import MemberList


@verb("list", yields="members:MemberList")
@click.pass_obj
def command(app: App, /) -> None:
    """List the humans of the project."""
    from bdh.core import members

    app.emit(members.members(app.backend), human)


def human(found: MemberList) -> str:
    return columns(
        [line(one.name), one.role, line(one.email), ago(one.last_seen) if one.last_seen else ""]
        for one in found.members
    )
