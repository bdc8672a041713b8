"""`bdh :doctor`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns, line
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
    table = columns(
        [MARKS[check.state], check.name, line(check.message, 500)] for check in health.checks
    )
    pairs = zip(table.split("\n"), map(_fix, health.checks), strict=True)
    return "\n".join(text for pair in pairs for text in pair if text)


def _fix(check: Check) -> str:
    return f"      → {check.fix}" if check.fix and check.state != "ok" else ""
