"""`bdh :up`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import StackUp


@verb(":up", yields="stack:StackUp", banner=Banner.NEVER)
@click.option("--host", help="Where to listen; kept for the next start. Default 127.0.0.1.")
@click.option("--port", type=int, help="Likewise; when it is taken, another is used.")
@click.pass_obj
def command(app: App, /, host: str | None, port: int | None) -> None:
    """Start the embedded stack, or find that it runs. Other verbs do this by themselves."""
    from bdh.models.stack import StackUp
    from bdh.stack import control

    result = control.up(host=host, port=port, progress=app.say)
    app.emit(StackUp(result.info.url, result.host, result.started), human)
    if result.host not in ("127.0.0.1", "localhost", "::1"):
        app.say(f"Anyone who reaches {result.host} can talk to this stack; data needs a token.")


def human(up: StackUp) -> str:
    return f"The stack {'is up' if up.started else 'was up already'} at {up.url}"
