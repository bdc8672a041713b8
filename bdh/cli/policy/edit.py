"""`bdh :policy edit`"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from bdh.cli.app import App
from bdh.cli.policy import text
from bdh.cli.types import required_text, text_argument
from bdh.cli.verb import verb
from bdh.errors import BdhError

if TYPE_CHECKING:
    from bdh.models.policies import Policy


@verb("edit", yields="policies:PolicyVersion")
@click.option("--file", "file", help="What `:policy show --json` printed, edited; `-` is stdin.")
@click.option("--role", help="Change only this role's playbook, to the text of --playbook.")
@click.option("--playbook", help="A file with the playbook; `-` is standard input.")
@click.option("--base", type=int, help="The version the edit was made from, if the file is silent.")
@click.option("-m", "--note", help="What changes, and why.")
@click.pass_obj
def command(
    app: App,
    /,
    file: str | None,
    role: str | None,
    playbook: str | None,
    base: int | None,
    note: str | None,
) -> None:
    """Propose a new version; without a file in your editor. Humans put it in force."""
    from bdh.core import policies

    if role or playbook:
        propose(app, *with_playbook(app, role, playbook), base, note)
    elif file:
        propose(app, *read(required_text(None, file, "The policy")), base, note)
    else:
        policy = policies.show(app.backend)
        after = edited(policy)
        with kept(app, after, policy.latest_version):
            propose(app, read(after)[0], policy.latest_version, base, note)


def propose(
    app: App, bundle: dict[str, Any], made_from: int | None, base: int | None, note: str | None
) -> None:
    """Send a bundle that was made from a version."""
    from bdh.core import bundles, policies

    version = base if base is not None else made_from
    if version is None:
        raise click.UsageError("--base is missing: which version was this made from?")
    bundles.check(bundle)
    app.emit(policies.edit(app.backend, bundle, version, note), text.proposed)


@contextmanager
def kept(app: App, after: str, version: int | None) -> Iterator[None]:
    """Whatever refuses what somebody wrote in an editor: the text is not lost."""
    from bdh.hooks.words import shell_word

    try:
        yield
    except (BdhError, click.UsageError):
        file = app.identity.folder / "policy-edit.json"
        file.write_text(after, encoding="utf-8")
        app.say(f"What you wrote is in {file}; mend it, then")
        app.say(f"  → bdh :policy edit --file {shell_word(str(file))} --base {version or 0}")
        raise


def read(content: str) -> tuple[dict[str, Any], int | None]:
    """The bundle in a file, and the version it was made from, when the file says so."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise click.UsageError(f"The policy is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise click.UsageError("The policy is not a JSON object")
    if isinstance(found.get("bundle"), dict):
        return found["bundle"], found.get("latest_version")
    return found, None


def with_playbook(
    app: App, role: str | None, playbook: str | None
) -> tuple[dict[str, Any], int | None]:
    """The policy in force with one playbook replaced."""
    from bdh.core import policies

    if not role or not playbook:
        raise click.UsageError("--role and --playbook go together")
    words = text_argument(None, playbook, "The playbook")
    policy = policies.show(app.backend)
    roles = dict(policy.bundle.get("roles") or {})
    before = roles.get(role) or {"summary": role}
    roles[role] = {**before, "playbook": f"{words}\n"}
    return {**policy.bundle, "roles": roles}, policy.latest_version


def edited(policy: Policy) -> str:
    """The bundle's text after a human's editor."""
    if not sys.stdin.isatty():
        raise click.UsageError("--file is missing, and nobody is there to edit")
    before = json.dumps(policy.bundle, indent=2, ensure_ascii=False)
    try:
        after = click.edit(f"{before}\n", extension=".json")
    except click.ClickException as error:
        raise click.UsageError(f"No editor: {error.format_message()} (EDITOR names one)") from None
    if after is None or after.strip() == before:
        raise click.UsageError("Nothing was changed, so nothing is proposed")
    return after
