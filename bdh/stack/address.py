"""What the processes of a stack learn from its folder: database address, gateway settings."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from bdh import dashboard
from bdh.errors import NotSetUpError, UsageError
from bdh.stack.front import names_in, read_lan
from bdh.stack.listener import DEFAULT_HOST, names_of
from bdh.stack.paths import SOCKET_PORT, StackPaths, read_json, read_place
from bdh.stack.secrets import load_secrets
from bdh.stack.settings import DatabaseAddress, GatewaySettings

log = logging.getLogger("bdh.address")

# What a user may set in the stack's config.toml, and the type of each.
OPTIONS: dict[str, type] = {
    "allowed_hosts": list,
    "allowed_origins": list,
    "smtp_url": str,
    "site_url": str,
    "allow_private_webhooks": bool,
    "pool_size": int,
    "statement_timeout_seconds": float,
}


def stack_address(paths: StackPaths) -> DatabaseAddress:
    """
    Where the stack's database listens.

    Raises:
        NotSetUpError: `stack_not_set_up`.
    """
    place = read_place(paths)
    if place is None:
        raise NotSetUpError(
            "Cannot find the embedded stack's database: it has not been started yet",
            code="stack_not_set_up",
            hint="bdh :up",
        )
    password = load_secrets(paths.secrets).database_password
    return DatabaseAddress(str(place.socket_dir), SOCKET_PORT, place.database, password)


def gateway_settings(paths: StackPaths, url: str | None = None) -> GatewaySettings:
    """
    Everything the gateway of this stack needs.

    Args:
        url: Where it is served; by default what the supervisor recorded in the state file.

    Raises:
        NotSetUpError: `stack_not_set_up`.
        UsageError: `bad_config`, when config.toml cannot be understood.
    """
    state = read_json(paths.state)
    settings = GatewaySettings(
        database=stack_address(paths),
        secrets=load_secrets(paths.secrets),
        url=url or str(state.get("url", "")),
        mail_dir=paths.mail,
        dashboard_dir=dashboard.folder(),
        **_options(paths.config),
    )
    # Who was told to listen on the network expects to be found there.
    names = names_of(state.get("host", DEFAULT_HOST))
    return _with_lan(replace(settings, allowed_hosts=(*settings.allowed_hosts, *names)), paths)


def _with_lan(settings: GatewaySettings, paths: StackPaths) -> GatewaySettings:
    """The settings with the door for other machines, by the names in its certificate."""
    lan = read_lan(paths)
    if lan is None:
        return settings
    try:
        names = names_in(lan.cert)
    except (OSError, ValueError) as error:
        # A certificate that is gone must not take the stack from this machine's agents.
        log.warning("other machines are not served: %s: %s", lan.cert, error)
        return settings
    site = settings.site_url or f"https://{names[0]}:{lan.port}"
    hosts = (*settings.allowed_hosts, *names)
    return replace(settings, lan=lan, site_url=site, allowed_hosts=hosts)


def _options(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _bad_config(path, str(error)) from error
    return {name: _option(path, name, value) for name, value in content.items()}


def _option(path: Path, name: str, value: Any) -> Any:
    kind: type | None = OPTIONS.get(name)
    if kind is None:
        raise _bad_config(path, f"unknown setting {name}")
    if kind is float and isinstance(value, int):
        value = float(value)
    if type(value) is not kind:
        raise _bad_config(path, f"{name} must be a {kind.__name__}")
    return tuple(value) if isinstance(value, list) else value


def _bad_config(path: Path, reason: str) -> UsageError:
    return UsageError(f"Cannot read {path}: {reason}", code="bad_config", hint=f"edit {path}")
