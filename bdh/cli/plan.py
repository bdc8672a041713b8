"""`bdh :plan`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.team import Plan


@verb(":plan", yields="team:Plan")
@click.pass_obj
def command(app: App, /) -> None:
    """Show the project's plan, its limits and what of them is used."""
    from bdh.core import telling

    app.emit(telling.plan(app.backend), human)


def human(plan: Plan) -> str:
    price = f", ${plan.price_cents / 100:g} a month" if plan.price_cents else ""
    head = f"{plan.title} ({plan.plan}{price}); history of {plan.history_days} days"
    rows = [
        [f"  {one.what}", f"{one.used:,}", f"of {one.limit:,}" if one.limit is not None else ""]
        for one in plan.usage
    ]
    return f"{head}\n{columns(rows)}\nCalls count from {plan.month} to {plan.resets_at[:10]}"
