"""
Acting as the human of this machine.

Agents run the same commands under the same user, so this is a guard rail and not a boundary: it
keeps an agent from doing by mistake what its human should decide (product.md §2.8).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from bdh.config import agent_host, resolve
from bdh.errors import NotSetUpError, RefusedError, UsageError
from bdh.local.files import private_folder, read_object, write_object

if TYPE_CHECKING:
    from bdh.api.rpc import RpcClient
    from bdh.api.session import SessionStore
    from bdh.cli.app import App
    from bdh.cli.remote import Remote
    from bdh.stack.control import StackInfo

OPERATOR_EMAIL = "operator@localhost"


def require_human(what: str) -> None:
    """
    Refuse when an agent's host runs this command, unless `BDH_HUMAN=1` says otherwise.

    Raises:
        RefusedError: `human_only`.
    """
    host = agent_host(os.environ)
    if host is None or resolve().opted_in_as_human:
        return
    raise RefusedError(
        f"Only a human may {what}: {host} is set, so an agent's host runs this command",
        code="human_only",
        hint="ask your human; a human in this terminal sets BDH_HUMAN=1",
        details={"variable": host},
    )


def member_backend(app: App) -> Remote:
    """This workspace's project, as the human who is signed in to its backend."""
    identity = app.identity
    if identity.stack_dir is not None:
        return operator(app, identity.stack_dir, project_id=identity.project_id)
    url = app.settings.url.text or identity.url or ""
    key = app.settings.key.text or identity.key or ""
    return signed_in(app, url, key, project_id=identity.project_id)


def signed_in(app: App, url: str, key: str, *, project_id: str | None = None) -> Remote:
    """The backend at `url` as the human whom `bdh :login` signed in to it."""
    from bdh.api.rpc import RpcClient
    from bdh.cli.remote import Remote

    store = login_store(url)
    if store.load() is None:
        raise NotSetUpError(
            f"Cannot act as a human: nobody is signed in to {url}",
            code="not_signed_in",
            hint="bdh :login EMAIL",
        )
    client = RpcClient(url, key, store, timeout=app.settings.timeout_seconds)
    return Remote(client, say=app.say, project_id=project_id)


def human_at(app: App, url: str | None, key: str | None, *, project: str | None = None) -> Remote:
    """
    A backend as its human, wherever the command runs: at `url`, or this machine's stack.

    Raises:
        NotSetUpError: `not_signed_in`; `not_found` when the human is in no such `project`.
    """
    from bdh.stack.paths import default_paths

    url, key = url or app.settings.url.text, key or app.settings.key.text
    if url and not key:
        raise UsageError(
            "Cannot act as a human there: --url needs --key", code="usage", hint="--key"
        )

    def act(project_id: str | None) -> Remote:
        if url:
            return signed_in(app, url, key or "", project_id=project_id)
        return operator(app, str(default_paths().root), project_id=project_id)

    human = act(None)
    return human if project is None else act(_project_id(human, project))


def _project_id(human: Remote, slug: str) -> str:
    from bdh.core import team

    for one in team.whoami(human).projects:
        if one.slug == slug:
            return one.id
    raise NotSetUpError(
        f"You are in no project {slug} there", code="not_found", hint="bdh :whoami --human"
    )


def login_folder() -> Path:
    """Where sign-ins of humans are kept, outside of every repository."""
    config_home = os.environ.get("XDG_CONFIG_HOME")
    base = Path(config_home) if config_home else Path.home() / ".config"
    return base / "bdh" / "humans"


def login_store(url: str) -> SessionStore:
    """The human's session for one backend; a token never goes to another one."""
    from bdh.api.session import SessionStore

    return SessionStore(private_folder(login_folder()) / f"{_name(url)}.json")


def remember_login(url: str, key: str, email: str) -> None:
    """Keep who asked for a code, so that `--code` alone is enough."""
    write_object(_login_file(url), {"url": url, "key": key, "email": email})


def remembered_login(url: str) -> dict[str, str]:
    """What `remember_login` kept for this backend; empty when nothing."""
    return read_object(_login_file(url))


def _login_file(url: str) -> Path:
    return private_folder(login_folder()) / f"{_name(url)}.login.json"


def _name(url: str) -> str:
    return hashlib.sha256(url.rstrip("/").lower().encode()).hexdigest()[:24]


def operator_store(stack_dir: str, info: StackInfo) -> SessionStore:
    """The operator's session, beside the stack's keys and bound to them: a reset voids it."""
    from bdh.api.session import SessionStore

    name = hashlib.sha256(info.publishable_key.encode()).hexdigest()[:12]
    return SessionStore(Path(stack_dir) / f"operator-{name}.json", backend=stack_dir)


def operator(app: App, stack_dir: str, *, project_id: str | None = None) -> Remote:
    """The embedded stack's backend as its operator, by possession of the stack's secret."""
    from bdh.api.rpc import RpcClient
    from bdh.cli.remote import Remote, stack

    info = stack(stack_dir, app.say)
    store = operator_store(stack_dir, info)
    client = RpcClient(info.url, info.publishable_key, store, timeout=app.settings.timeout_seconds)
    if not _still_signed_in(client, store):
        sign_operator_in(app, stack_dir)
    return Remote(client, say=app.say, project_id=project_id)


def _still_signed_in(client: RpcClient, store: SessionStore) -> bool:
    try:
        store.access_token(client.url, client.post)
    except NotSetUpError:
        return False
    return True


def sign_operator_in(app: App, stack_dir: str) -> None:
    """A new session for the operator; the first one makes its user, with git's name for people."""
    from bdh import git
    from bdh.api.rpc import RpcClient
    from bdh.api.sign_in import make_link, verify_link
    from bdh.cli.remote import stack

    info = stack(stack_dir, app.say)
    seconds = app.settings.timeout_seconds
    name = git.user_name(Path.cwd())
    secret = RpcClient(info.url, info.secret_key, timeout=seconds)
    token = make_link(secret, info.secret_key, OPERATOR_EMAIL, name=name)
    public = RpcClient(info.url, info.publishable_key, timeout=seconds)
    verify_link(public, operator_store(stack_dir, info), token)
