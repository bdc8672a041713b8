"""`bdh :deploy-check`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.doctor import human
from bdh.cli.verb import Banner, verb
from bdh.errors import UsageError

if TYPE_CHECKING:
    from bdh.deploy.target import Target


@verb(":deploy-check", yields="health:Health", banner=Banner.NEVER)
@click.option("--url", help="The project's URL; by default this workspace's backend.")
@click.option("--key", help="Its publishable key.")
@click.option("--db-url", envvar="BDH_DB_URL", help="Its database as postgres, to look inside.")
@click.option("--fix", is_flag=True, help="Mend what can be mended in the database.")
@click.pass_obj
def command(app: App, /, url: str | None, key: str | None, db_url: str | None, fix: bool) -> int:
    """Look at a backend that bdh shall run on, and say what is missing and what to type."""
    from bdh.deploy.check import check

    if fix:
        from bdh.cli.human import require_human

        require_human("mend a backend")
    health = check(_target(app, url, key, db_url), fix=fix)
    app.emit(health, human)
    return 0 if health.healthy else 1


def _target(app: App, url: str | None, key: str | None, db_url: str | None) -> Target:
    from bdh.deploy.target import Target

    if url is not None:
        if key is None:
            raise UsageError("Cannot look at a backend without its key", code="usage", hint="--key")
        return Target(url, key, db_url)
    identity = app.identity
    if identity.stack_dir is None:
        return Target(identity.url or "", identity.key or "", db_url)
    return _embedded(identity.stack_dir, app)


def _embedded(stack_dir: str, app: App) -> Target:
    from pathlib import Path

    from bdh.cli.remote import stack
    from bdh.deploy.target import Target
    from bdh.stack.address import stack_address
    from bdh.stack.paths import StackPaths

    info = stack(stack_dir, app.say)
    address = stack_address(StackPaths(Path(stack_dir)))
    return Target(info.url, info.publishable_key, address.dsn("postgres"))
