"""`bdh :doctor`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.health import Check, Health

MARKS = {"ok": "ok", "warning": "warn", "failed": "FAIL"}


@verb(":doctor", yields="health:Health", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> int:
    """Look at everything bdh depends on, and say how to mend what is wrong. Changes nothing."""
    from bdh.cli import checks
    from bdh.models.health import Health

    found = tuple(checks.run(app))
    health = Health(all(check.state != "failed" for check in found), found)
    app.emit(health, human)
    return 0 if health.healthy else 1


def human(health: Health) -> str:
    return "\n".join(_lines(check) for check in health.checks)


def _lines(check: Check) -> str:
    head = columns([[f"{MARKS[check.state]:<4}", f"{check.name:<9}", check.message]])
    return f"{head}\n      → {check.fix}" if check.fix and check.state != "ok" else head
