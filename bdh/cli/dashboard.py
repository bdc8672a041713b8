"""`bdh :dashboard`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb
from bdh.errors import NotSetUpError

if TYPE_CHECKING:
    from bdh.cli.setup import Target
    from bdh.models.dashboard import DashboardExported, DashboardOpened


@verb(
    ":dashboard",
    yields="dashboard:DashboardOpened|dashboard:DashboardExported",
    banner=Banner.NEVER,
)
@click.argument("action", type=click.Choice(["export"]), required=False)
@click.option("--no-open", is_flag=True, help="Start no browser; print the address.")
@click.option("--print-url", is_flag=True, help="The same: print the address, and only that.")
@click.option("--to", default="bdh-dashboard", show_default=True, help="Folder of an export.")
@click.option("--url", help="The backend of an export (BDH_URL), unless it is this directory's.")
@click.option("--key", help="Its publishable key (BDH_KEY).")
@click.pass_obj
def command(app: App, /, **given: str | bool | None) -> None:
    """
    Open the dashboard of this machine's stack, signed in as its operator.

    The address holds a token that works once, within a minute. `export` writes the dashboard's
    files for a static host, set to talk to a hosted project.
    """
    from bdh.cli.login import chosen_target

    target = chosen_target(app, _text(given["url"]), _text(given["key"]))
    if given["action"] == "export":
        app.emit(exported(app, target, Path(str(given["to"]))), human_exported)
    else:
        quiet = bool(given["no_open"] or given["print_url"] or app.json)
        app.emit(opened(app, target, start_browser=not quiet), human)


def _text(value: str | bool | None) -> str | None:
    return value if isinstance(value, str) else None


def opened(app: App, target: Target, *, start_browser: bool) -> DashboardOpened:
    """A signed-in address of the embedded stack's dashboard, in a browser if one starts."""
    import webbrowser

    from bdh.api.rpc import RpcClient
    from bdh.api.sign_in import make_link
    from bdh.cli.human import OPERATOR_EMAIL, operator, require_human
    from bdh.cli.remote import stack
    from bdh.models.dashboard import DashboardOpened

    require_human("open the dashboard")
    if target.stack_dir is None:
        raise NotSetUpError(
            f"{target.url} serves no dashboard: only the embedded stack does",
            code="no_dashboard",
            hint="bdh :dashboard export, and put the folder on any static host",
        )
    operator(app, target.stack_dir)
    info = stack(target.stack_dir, app.say)
    secret = RpcClient(info.url, info.secret_key, timeout=app.settings.timeout_seconds)
    token = make_link(secret, info.secret_key, OPERATOR_EMAIL)
    # In the fragment: it is sent to no server and stands in no log.
    address = f"{info.url.rstrip('/')}/#token={token}"
    return DashboardOpened(address, start_browser and webbrowser.open(address))


def exported(app: App, target: Target, folder: Path) -> DashboardExported:
    """The dashboard in `folder`, for the backend that is named or that this directory uses."""
    from bdh import dashboard
    from bdh.cli.remote import stack
    from bdh.models.dashboard import DashboardExported

    if target.stack_dir is not None:
        info = stack(target.stack_dir, app.say)
        url, key = info.url, info.publishable_key
    else:
        url, key = target.url or "", target.key or ""
    return DashboardExported(str(dashboard.export(folder, url, key)), url)


def human(found: DashboardOpened) -> str:
    return "The dashboard is open in your browser" if found.opened else found.url


def human_exported(found: DashboardExported) -> str:
    return f"{found.folder} is the dashboard for {found.backend}: put it on any static host"
