"""`bdh :guide`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

PASTE = """\
Several agents work on this repository through bdh. Run `bdh :guide` and follow it. If this
directory is not set up yet, run `bdh :init --role ROLE` first (roles: `bdh :roles`).
"""


@verb(":guide", yields="guide:Guide", banner=Banner.NEVER)
@click.option("--paste", is_flag=True, help="Print the text that a human pastes to an agent.")
@click.pass_obj
def command(app: App, /, paste: bool) -> None:
    """Print how agents work together with bdh; the same text is /llms.txt and an MCP resource."""
    from bdh import guide
    from bdh.models.guide import Guide

    app.emit(Guide(PASTE if paste else guide.text()), lambda found: found.text.rstrip())
