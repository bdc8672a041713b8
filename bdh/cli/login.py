"""`bdh :login`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb
from bdh.models.login import Login

if TYPE_CHECKING:
    from bdh.cli.setup import Target


@verb(":login", yields="login:Login", banner=Banner.NEVER)
@click.argument("email", required=False)
@click.option("--code", help="The code that the e-mail brought.")
@click.option("--url", help="The backend (BDH_URL), unless it is this directory's.")
@click.option("--key", help="Its publishable key (BDH_KEY).")
@click.pass_obj
def command(
    app: App, /, email: str | None, code: str | None, url: str | None, key: str | None
) -> None:
    """
    Sign in as a human: first with EMAIL, then with --code.

    On this machine's stack nothing is mailed: who can read its secret is its operator.
    """
    from bdh.cli.human import require_human

    require_human("sign in as a human")
    target = chosen_target(app, url, key)
    if target.stack_dir is not None:
        app.emit(operator_login(app, target.stack_dir), human)
    elif code is None:
        app.emit(send_code(app, target, email), human)
    else:
        app.emit(verify(app, target, email, code), human)


def chosen_target(app: App, url: str | None, key: str | None) -> Target:
    from bdh.cli.init import choose_target
    from bdh.cli.setup import Target
    from bdh.local.checkout import find_checkout
    from bdh.stack.paths import default_paths

    checkout = find_checkout(Path.cwd())
    if checkout is not None or url or app.settings.url.text:
        return choose_target(app, checkout, url, key)
    return Target(str(default_paths().root))


def operator_login(app: App, stack_dir: str) -> Login:
    """Sign the operator of the embedded stack in."""
    from bdh.cli.human import OPERATOR_EMAIL, sign_operator_in
    from bdh.cli.remote import stack

    sign_operator_in(app, stack_dir)
    return Login(OPERATOR_EMAIL, stack(stack_dir, app.say).url, signed_in=True)


def send_code(app: App, target: Target, email: str | None) -> Login:
    """Have a code mailed, and remember for whom."""
    from bdh.api.rpc import RpcClient
    from bdh.api.sign_in import send_code as mail_code
    from bdh.cli.human import remember_login

    if not email:
        raise click.UsageError("EMAIL is missing")
    url, key = target.url or "", target.key or ""
    mail_code(RpcClient(url, key, timeout=app.settings.timeout_seconds), email)
    remember_login(url, key, email)
    return Login(email, url, signed_in=False)


def verify(app: App, target: Target, email: str | None, code: str) -> Login:
    """Turn the mailed code into a session, kept for this backend only."""
    from bdh.api.rpc import RpcClient
    from bdh.api.sign_in import verify_code
    from bdh.cli.human import login_store, remembered_login

    url, key = target.url or "", target.key or ""
    address = email or remembered_login(url).get("email")
    if not address:
        raise click.UsageError("EMAIL is missing: no code was asked for on this machine")
    client = RpcClient(url, key, timeout=app.settings.timeout_seconds)
    verify_code(client, login_store(url), address, code)
    return Login(address, url, signed_in=True)


def human(login: Login) -> str:
    if login.signed_in:
        return f"Signed in to {login.url} as {login.email}"
    return f"A code is on its way to {login.email}; then: bdh :login --code 123456"
