"""`bdh :init`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.cli.setup import Target, Wish
    from bdh.local.checkout import Checkout
    from bdh.models.workspaces import Setup


@verb(":init", yields="workspaces:Setup", banner=Banner.NEVER)
@click.option("--project", envvar="BDH_PROJECT", help="The project's slug; else the repo's name.")
@click.option("--role", envvar="BDH_ROLE", help="backend, reviewer, …; picks the playbook.")
@click.option("--alias", envvar="BDH_ALIAS", help="By default <name>-<role>, name from a pool.")
@click.option("--human", "human_name", envvar="BDH_HUMAN_NAME", help="By default git's user.name.")
@click.option("--url", help="A backend elsewhere (BDH_URL).")
@click.option("--key", help="Its publishable key (BDH_KEY).")
@click.option("--invite", envvar="BDH_INVITE", help="An invitation; not needed on this machine.")
@click.option("--no-hooks", is_flag=True, help="Install no hooks.")
@click.option("--no-docs", is_flag=True, help="Write no agent guide into the repository.")
@click.option("--mcp", is_flag=True, help="Also write the MCP server into the hosts' settings.")
@click.option(
    "--allow-network", is_flag=True, help="Let commands in Cursor's sandbox reach the backend."
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--remove", is_flag=True, help="Undo it: the workspace ends, .bdh/ goes.")
@click.pass_obj
def command(
    app: App,
    /,
    url: str | None,
    key: str | None,
    no_hooks: bool,
    no_docs: bool,
    dry_run: bool,
    remove: bool,
    **wishes: Any,
) -> None:
    """Make this directory a workspace. Without arguments it uses this machine's stack."""
    from bdh.cli import repository, setup

    checkout = repository.require_checkout(Path.cwd())
    if remove:
        from bdh.cli import unsetup

        return app.emit(unsetup.remove(app, checkout), unsetup.human)
    target = choose_target(app, checkout, url, key)
    if not dry_run and wishes["invite"] is None:
        wishes["invite"] = ask_for_invite(checkout, target)
    wish = setup.Wish(target=target, hooks=not no_hooks, docs=not no_docs, **wishes)
    if dry_run:
        return app.emit(plan(app, checkout, wish), human)
    app.emit(setup.initialise(app, checkout, wish), human)
    return None


def choose_target(app: App, checkout: Checkout | None, url: str | None, key: str | None) -> Target:
    """The backend: as told, else the one this directory has, else this machine's stack."""
    from bdh.cli.setup import Target
    from bdh.local.directory import FILE, FOLDER
    from bdh.local.files import read_object
    from bdh.stack.paths import default_paths

    url, key = url or app.settings.url.text, key or app.settings.key.text
    if url:
        return Target(None, url, key or ask("Publishable key", "--key"))
    here = read_object(checkout.root / FOLDER / FILE) if checkout is not None else {}
    known = here.get("backend") or {}
    if known.get("url"):
        return Target(None, known["url"], known["key"])
    return Target(known.get("stack_dir") or str(default_paths().root))


def ask(what: str, option: str) -> str:
    """What a human types; a usage error where nobody can."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{option} is missing, and nobody is there to ask")
    answer: str = click.prompt(what, err=True)
    return answer


def ask_for_invite(checkout: Checkout, target: Target) -> str | None:
    """An invitation, asked of a human who needs one: at a terminal, new, not signed in there."""
    from bdh.cli.human import login_store
    from bdh.local.directory import FILE, FOLDER

    if target.stack_dir is not None or (checkout.root / FOLDER / FILE).exists():
        return None
    if not sys.stdin.isatty() or login_store(target.url or "").load() is not None:
        return None
    answer: str = click.prompt("Invitation (empty: sign in with bdh :login first)", "", err=True)
    return answer or None


def plan(app: App, checkout: Checkout, wish: Wish) -> Setup:
    """What `:init` would do here, without doing it."""
    from bdh.cli.repository import project_slug
    from bdh.local.checkout import origin
    from bdh.local.directory import FILE, FOLDER
    from bdh.models.workspaces import Setup
    from bdh.onboarding import install

    known = (checkout.root / FOLDER / FILE).exists()
    backend = wish.target.url or "the embedded stack (started if it is down)"
    steps = [f"use {backend}"]
    if known:
        steps.append("keep the workspace that this directory is, or make one if it is gone")
    else:
        steps.append(f"find or create the project {wish.project or project_slug(checkout)}")
        steps.append(f"find or add the repository {origin(checkout) or '(a generated origin)'}")
        default = f"<name>-{wish.role or 'developer'}"
        steps.append(f"join as {wish.alias or default}")
    steps.append(f"write {checkout.root / FOLDER}/ and have git ignore it")
    if wish.hooks:
        steps.append("put git hooks into the clone; hooks that are there run first")
    diff = install.preview(checkout, wish.choice, app.say)
    return Setup(str(checkout.root), created=False, steps=tuple(steps), diff=diff)


def human(made: Setup) -> str:
    if made.workspace is None or made.project is None:
        return "\n".join(["Would:", *(f"  {step}" for step in made.steps), made.diff.rstrip()])
    state = "is now" if made.created else "is already"
    who = f" ({made.workspace.human_name})" if made.workspace.human_name else ""
    steps = "".join(f"  {step}\n" for step in made.steps)
    return (
        f"{made.directory} {state} {made.workspace.alias}{who}, project {made.project.slug}\n"
        f"{steps}next: bdh ready · bdh claim ID · bdh :status"
    )
