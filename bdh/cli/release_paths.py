"""`bdh :release-paths` and `bdh :aweb unlock`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Verb, verb

HELP = "Give PATHs back, or everything."


def release_verb(name: str) -> Verb:
    """The verb under one of its names."""

    @verb(name, yields="locks:ReleasedLocks", help=HELP)
    @click.argument("paths", nargs=-1, metavar="[PATH...]")
    @click.option("--all", "everything", is_flag=True, help="All that this workspace holds.")
    @click.option("--for", "for_alias", metavar="ALIAS", help="Another's, as a human.")
    @click.pass_obj
    def command(
        app: App, /, paths: tuple[str, ...], everything: bool, for_alias: str | None
    ) -> None:
        from bdh.cli.lock_text import forget_grants, released_words, repo_paths
        from bdh.core import locks

        if bool(paths) == everything:
            raise click.UsageError("Name paths, or --all")
        wanted = repo_paths(app.identity, paths)
        backend = app.member if for_alias else app.backend
        found = locks.release(backend, wanted, everything=everything, for_alias=for_alias)
        if for_alias is None:
            forget_grants(app.identity, wanted if paths else None)
        app.emit(found, released_words)

    return command


command = release_verb(":release-paths")
