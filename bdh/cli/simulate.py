"""`bdh :simulate`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.guide import Simulation, Step


@verb(":simulate", yields="guide:Simulation", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Watch two scripted agents collide: in a throwaway repository, on this machine's stack."""
    from bdh.onboarding.simulation import run

    def tell(step: Step) -> None:
        if not app.json:
            click.echo(shown(step))

    app.emit(run(tell), human)


def shown(step: Step) -> str:
    """A command at its agent's prompt, and what it printed."""
    said = "".join(f"  {text}\n" for text in step.output.splitlines())
    return f"{step.agent}$ {step.command}\n{said}"


def human(done: Simulation) -> str:
    refused = sum(step.exit_code == 1 for step in done.steps)
    return f"{len(done.steps)} commands, {refused} refused as they should be; all is removed again"
