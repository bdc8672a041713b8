"""Making a directory a workspace: what `:init`, `:join` and `:add-worktree` have in common."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bdh import git
from bdh.cli import reattachment
from bdh.cli.human import operator, signed_in
from bdh.cli.repository import ensure_origin, exclude, place_of, project_slug
from bdh.core import team
from bdh.errors import BdhError
from bdh.local.directory import FILE, FOLDER, Identity, parse, write_identity
from bdh.local.files import locked, private_folder, read_object
from bdh.local.owning import forget, set_aside
from bdh.models.workspaces import Joined, Setup, Whoami

if TYPE_CHECKING:
    from bdh.api.rpc import RpcClient
    from bdh.api.session import SessionStore
    from bdh.cli.app import App
    from bdh.cli.remote import Remote
    from bdh.local.checkout import Checkout
    from bdh.onboarding.install import Choice


@dataclass(frozen=True)
class Target:
    """Which backend: an embedded stack by its folder, or an address and its publishable key."""

    stack_dir: str | None
    url: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Wish:
    """What was asked for; `None` leaves the choice to bdh."""

    target: Target
    project: str | None = None
    role: str | None = None
    alias: str | None = None
    human_name: str | None = None
    invite: str | None = None
    hooks: bool = True
    docs: bool = True
    mcp: bool = False
    allow_network: bool = False

    @property
    def choice(self) -> Choice:
        """What is to be written into the checkout."""
        from bdh.onboarding.install import Choice
        from bdh.onboarding.sandbox import hosts_of

        network = hosts_of(self.target.url) if self.allow_network else ()
        return Choice(docs=self.docs, hooks=self.hooks, mcp=self.mcp, network=network)


def initialise(app: App, checkout: Checkout, wish: Wish) -> Setup:
    """
    Make `checkout` a workspace, or mend the one it is; every step can be repeated.

    Raises:
        BdhError: as the steps do. Nothing is left that a repetition does not pick up.
    """
    folder = private_folder(checkout.root / FOLDER)
    try:
        exclude(checkout)
        with locked(folder / "init.lock"):
            made = _workspace(app, checkout, wish)
            steps = _onboard(app, checkout, wish)
            return replace(made, steps=tuple(steps))
    except BaseException:
        _remove_if_empty(folder)
        raise


def _workspace(app: App, checkout: Checkout, wish: Wish) -> Setup:
    if wish.invite is not None and _is_elsewhere(checkout, wish.target):
        with set_aside(checkout.root):
            return _join(app, checkout, wish)
    known = existing(app, checkout)
    if isinstance(known, Setup):
        _say_unused(app, known, wish)
        return known
    return _join(app, checkout, wish if known is None else _as_before(app, known, wish))


def _as_before(app: App, former: Former, wish: Wish) -> Wish:
    """The wish of a directory that was a workspace: the same one if it lives, else its role."""
    identity = former.identity
    if former.lives and wish.invite is None and wish.alias in (None, identity.alias):
        token = reattachment.token_for(app, identity)
        if token is not None:
            return replace(wish, invite=token)
    # A workspace that is gone hands its role on, not its alias: that may be another's now.
    return replace(wish, role=wish.role or identity.role)


def _say_unused(app: App, known: Setup, wish: Wish) -> None:
    """A workspace keeps who it is; options that ask for another are not passed over in silence."""
    here = known.workspace
    if here is None or known.project is None:
        return
    asked = {
        "--alias": (wish.alias, here.alias),
        "--role": (wish.role, here.role),
        "--project": (wish.project, known.project.slug),
    }
    for option, (wanted, has) in asked.items():
        if wanted is not None and wanted != has:
            app.say(
                f"{option} {wanted} is not used: this directory is {here.alias} already "
                "(bdh :init --remove first, to become another)"
            )


def _onboard(app: App, checkout: Checkout, wish: Wish) -> list[str]:
    """Guides and hooks, of which none can fail the rest."""
    from bdh.onboarding import install

    steps = install.set_up(checkout, wish.choice, app.say)
    if steps:
        for text in install.advice(checkout, wish.choice):
            app.say(text)
    return steps


@dataclass(frozen=True)
class Former:
    """Who a directory was; `lives` when only its session is lost."""

    identity: Identity
    lives: bool


def existing(app: App, checkout: Checkout) -> Setup | Former | None:
    """The workspace that this directory is, or who it was if it can act as it no more."""
    content = read_object(checkout.root / FOLDER / FILE)
    if not content:
        return None
    identity = parse(checkout.root, content)
    if content.get("directory") != str(checkout.root) and Path(content["directory"]).exists():
        # A copy: the original keeps the identity, and what it has not yet sent.
        forget(checkout.root)
        shutil.rmtree(checkout.root / FOLDER / "spool", ignore_errors=True)
        return None
    try:
        who = team.whoami(_as_workspace(app, identity))
    except BdhError as error:
        if error.code not in (*reattachment.GONE, *reattachment.LOST):
            raise
        lives = error.code in reattachment.LOST
        if not lives:
            app.say(f"{identity.alias} is no longer a workspace ({error}); making a new one")
        forget(checkout.root)
        return Former(identity, lives)
    write_identity(identity)
    return Setup(str(checkout.root), who.workspace, who.project, created=False)


def _as_workspace(app: App, identity: Identity) -> Remote:
    from bdh.cli.remote import workspace_backend

    return workspace_backend(identity, app.settings, app.say)


def _join(app: App, checkout: Checkout, wish: Wish) -> Setup:
    target = wish.target
    store = _session_store(checkout.root, target)
    client = _client(app, target, store)
    adopted = _unfinished(client, store, app)
    if adopted is not None and adopted.workspace is not None and adopted.project is not None:
        joined = Joined(adopted.workspace, adopted.project)
    else:
        joined = _join_newly(app, checkout, wish, client, store)
    write_identity(_identity(checkout.root, target, joined))
    return Setup(str(checkout.root), joined.workspace, joined.project)


def _unfinished(client: RpcClient, store: SessionStore, app: App) -> Whoami | None:
    """Who an earlier run, killed before it wrote its last file, has become."""
    from bdh.cli.remote import Remote

    if store.load() is None:
        return None
    try:
        return team.whoami(Remote(client, say=app.say))
    except BdhError as error:
        # A user that belongs to nothing yet can still join.
        if error.code != "not_member":
            store.clear()
        return None


def _join_newly(
    app: App, checkout: Checkout, wish: Wish, client: RpcClient, store: SessionStore
) -> Joined:
    from bdh.api.sign_in import sign_up_anonymously
    from bdh.cli.remote import Remote

    origin = ensure_origin(checkout)
    token = wish.invite or _own_invite(app, checkout, wish)
    if store.load() is None:
        sign_up_anonymously(client, store)
    return team.join(
        Remote(client, say=app.say),
        token,
        place_of(checkout, origin),
        alias=wish.alias,
        role=wish.role,
        human_name=wish.human_name or git.user_name(checkout.root),
    )


def _own_invite(app: App, checkout: Checkout, wish: Wish) -> str:
    """An invitation by the human of this machine: the stack's operator, or who is signed in."""
    target = wish.target
    if target.stack_dir is not None:
        human = operator(app, target.stack_dir)
    else:
        human = signed_in(app, target.url or "", target.key or "")
    name = wish.project or project_slug(checkout)
    project = team.find_or_create_project(human, name)
    return team.invite(human, role=wish.role, expires_seconds=300, project_id=project.id).token


def _session_store(root: Path, target: Target) -> SessionStore:
    from bdh.api.session import SessionStore

    return SessionStore(root / FOLDER / "session.json", backend=target.stack_dir)


def _client(app: App, target: Target, store: SessionStore) -> RpcClient:
    from bdh.api.rpc import RpcClient
    from bdh.cli.remote import address

    url, key = address(target.stack_dir, app.settings, app.say, url=target.url, key=target.key)
    return RpcClient(url, key, store, timeout=app.settings.timeout_seconds)


def _identity(root: Path, target: Target, joined: Joined) -> Identity:
    return Identity(
        root=root,
        stack_dir=target.stack_dir,
        url=target.url,
        key=target.key,
        project_id=joined.project.id,
        project=joined.project.slug,
        workspace_id=joined.workspace.id,
        alias=joined.workspace.alias,
        role=joined.workspace.role,
    )


def _is_elsewhere(checkout: Checkout, target: Target) -> bool:
    """Whether the directory is a workspace of another backend: its project may have moved."""
    content = read_object(checkout.root / FOLDER / FILE)
    if not content:
        return False
    known = parse(checkout.root, content)
    return (known.stack_dir, known.url) != (target.stack_dir, target.url)


def _remove_if_empty(folder: Path) -> None:
    """Leave no `.bdh/` behind that holds nothing but lock files."""
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if left and left <= {"init.lock", "session.json.lock"}:
        shutil.rmtree(folder, ignore_errors=True)
