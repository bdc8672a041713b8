"""`bdh :logout`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb(":logout", yields="login:Login", banner=Banner.NEVER)
@click.option("--url", help="The backend (BDH_URL), unless it is this directory's.")
@click.option("--key", help="Its publishable key (BDH_KEY).")
@click.pass_obj
def command(app: App, /, url: str | None, key: str | None) -> None:
    """Forget the human's sign-in; the workspace stays what it is."""
    from bdh.api.rpc import RpcClient
    from bdh.api.sign_in import sign_out
    from bdh.cli.human import login_store, operator_store
    from bdh.cli.login import chosen_target
    from bdh.cli.remote import stack
    from bdh.models.login import Login

    target = chosen_target(app, url, key)
    if target.stack_dir is not None:
        info = stack(target.stack_dir, app.say)
        address, api_key = info.url, info.publishable_key
        store = operator_store(target.stack_dir, info)
    else:
        address, api_key = target.url or "", target.key or ""
        store = login_store(address)
    sign_out(RpcClient(address, api_key, timeout=app.settings.timeout_seconds), store)
    app.emit(Login(None, address, signed_in=False), lambda gone: f"Signed out of {gone.url}")
