"""`bdh :locks` and `bdh :aweb locks`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.types import paging_options
from bdh.cli.verb import Verb, verb

HELP = "List who holds which files; with PATH those that overlap it."


def locks_verb(name: str) -> Verb:
    """The verb under one of its names."""

    @verb(name, yields="locks:LockList", help=HELP)
    @click.argument("path", required=False)
    @click.option("--mine", is_flag=True, help="Only one's own.")
    @paging_options
    @click.pass_obj
    def command(
        app: App, /, path: str | None, mine: bool, limit: int | None, cursor: str | None
    ) -> None:
        from bdh.cli.lock_text import list_words, repo_paths
        from bdh.core import locks

        wanted = repo_paths(app.identity, [path])[0] if path else None
        found = locks.find(app.backend, mine=mine, path=wanted, limit=limit, cursor=cursor)
        app.emit(found, list_words)

    return command


command = locks_verb(":locks")
