"""`bdh :simulate`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.guide import Simulation, Step


@verb(":simulate", yields="guide:Simulation", banner=Banner.NEVER)
@click.option("--keep", is_flag=True, help="Play on your own stack; the project stays to look at.")
@click.pass_obj
def command(app: App, /, keep: bool) -> None:
    """Watch two scripted agents collide: a repository and a stack that are gone afterwards."""
    from bdh.onboarding.simulation import run

    def tell(step: Step) -> None:
        if not app.json:
            click.echo(shown(step))

    app.emit(run(tell, keep=keep), lambda done: human(done, keep=keep))


def shown(step: Step) -> str:
    """A command at its agent's prompt, and what it printed."""
    said = "".join(f"  {text}\n" for text in step.output.splitlines())
    return f"{step.agent}$ {step.command}\n{said}"


def human(done: Simulation, *, keep: bool) -> str:
    from bdh.onboarding.simulation import PROJECT

    refused = sum(step.exit_code == 1 for step in done.steps)
    head = f"{len(done.steps)} commands, {refused} refused as they should be"
    if keep:
        return f"{head}; the project {PROJECT} stays on your stack\n  → bdh :dashboard"
    return f"{head}; all is removed again"
