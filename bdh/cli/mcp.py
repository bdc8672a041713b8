"""`bdh :mcp`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

DEFAULT_PORT = 8765


@verb(":mcp", banner=Banner.NEVER)
@click.option("--http", is_flag=True, help="Serve streamable HTTP instead of stdio.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="With --http; 0 takes a free one.",
)
@click.pass_obj
def command(app: App, /, http: bool, host: str, port: int) -> None:
    """Serve this workspace to an MCP client, until it closes its end."""
    import asyncio

    # A directory that is no workspace is told so before the second that the SDK takes to load.
    identity = app.identity
    from bdh.mcp.workspace import Place

    place = Place(identity, app.settings, app.say)
    if http:
        from bdh.mcp.http import serve

        asyncio.run(serve(place, host, port))
    else:
        from bdh.mcp import stdio

        asyncio.run(stdio.serve(place))
