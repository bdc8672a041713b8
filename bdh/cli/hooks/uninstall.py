"""`bdh :hooks uninstall`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("uninstall", yields="hooks:HooksRemoved", banner=Banner.NEVER)
@click.option("--force", is_flag=True, help="Also while other worktrees are workspaces.")
@click.pass_obj
def command(app: App, /, force: bool) -> int:
    """Take bdh's hooks out of this clone; what was there before is put back."""
    from bdh.cli.hooks.text import here, removed_words
    from bdh.hooks.install import other_worktrees_of, uninstall_git_hooks
    from bdh.models.hooks import HooksRemoved

    root = here()
    gone = uninstall_git_hooks(root, force=force)
    kept_for = () if gone else tuple(str(path) for path in other_worktrees_of(root))
    app.emit(HooksRemoved(gone, kept_for), removed_words)
    return 0 if gone else 1
