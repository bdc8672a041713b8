"""`bdh :reserve` and `bdh :aweb lock`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.types import duration
from bdh.cli.verb import Verb, verb

HELP = "Hold PATHs (a directory holds all below it), so that no other agent edits them unknowingly."


def reserve_verb(name: str) -> Verb:
    """The verb under one of its names."""

    @verb(name, yields="locks:Reserved", help=HELP)
    @click.argument("paths", nargs=-1, required=True, metavar="PATH...")
    @click.option("--ttl", type=duration, help="For how long: 1m to 60m; 15m by default.")
    @click.option("--shared", is_flag=True, help="Others may hold it shared as well.")
    @click.option("-r", "--reason", help="Why; others are told.")
    @click.option("--wait", is_flag=True, help="Block until others have let go.")
    @click.option("--wait-at-most", type=duration, help="Block, but no longer than this.")
    @click.pass_obj
    def command(
        app: App,
        /,
        paths: tuple[str, ...],
        ttl: int | None,
        shared: bool,
        reason: str | None,
        wait: bool,
        wait_at_most: int | None,
    ) -> int:
        from bdh.cli.lock_text import repo_paths, settle
        from bdh.cli.lock_wait import MAX_WAIT_SECONDS, block
        from bdh.core.locks import Wish, reserve_as

        seconds = wait_at_most or (MAX_WAIT_SECONDS if wait else None)
        wish = Wish(tuple(repo_paths(app.identity, paths)), shared, ttl, reason)
        found = reserve_as(app.backend, wish, wait_seconds=seconds)
        if seconds and found.conflicts:
            return block(app, wish, found, seconds)
        return settle(app, found)

    return command


command = reserve_verb(":reserve")
