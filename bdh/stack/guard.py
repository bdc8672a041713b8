"""
Which hosts and origins the gateway answers to.

A web page anywhere may make a browser send requests to a local address (DNS rebinding); such a
request names the page's own host, or comes from an origin that is not ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from bdh.stack.asgi import BadRequestError, Header
from bdh.stack.settings import GatewaySettings

#: Values seen and found right; a bound, since the port of a host may be anything.
MAX_REMEMBERED = 256
EXPOSED = (
    b"content-range, content-location, location, preference-applied, proxy-status, "
    b"www-authenticate, retry-after, x-request-id, x-total-count"
)
METHODS = b"GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS"


class Guard:
    """Checks `Host` and `Origin` of every request."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._hosts = frozenset(host.lower() for host in settings.allowed_hosts)
        self._origins = frozenset(origin.lower() for origin in settings.allowed_origins)
        self._right_hosts: set[str] = set()
        self._right_origins: set[str] = set()

    def check(self, headers: Mapping[str, str]) -> None:
        """
        Let a request pass.

        Raises:
            BadRequestError: 400 without a host, 403 for one (or an origin) that is not allowed.
        """
        host = headers.get("host", "")
        if host not in self._right_hosts:
            self._check_host(host)
        origin = headers.get("origin")
        if origin is not None and origin not in self._right_origins:
            self._check_origin(origin)

    def _check_host(self, host: str) -> None:
        if not host:
            raise BadRequestError(
                400, "host_missing", "The request names no host", hint="Send a Host header."
            )
        if not self._is_ours(_name(f"//{host}")):
            raise BadRequestError(
                403, "host_not_allowed", f"The gateway does not answer to the host {host}",
                hint="Add it to allowed_hosts in the stack's config.toml.",
            )  # fmt: skip
        _remember(self._right_hosts, host)

    def _check_origin(self, origin: str) -> None:
        if origin.lower() not in self._origins and not self._is_ours(_name(origin)):
            raise BadRequestError(
                403, "origin_not_allowed", f"Pages of {origin} may not use the gateway",
                hint="Add it to allowed_origins in the stack's config.toml.",
            )  # fmt: skip
        _remember(self._right_origins, origin)

    def _is_ours(self, name: str | None) -> bool:
        if name is None:
            return False
        bracketed = f"[{name}]" if ":" in name else name
        return bracketed in self._hosts or "*" in self._hosts or _is_loopback(name)


def _name(url: str) -> str | None:
    """The host's name in lower case, without port and brackets."""
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            return None
        _ = parts.port
        return parts.hostname
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _remember(values: set[str], value: str) -> None:
    if len(values) >= MAX_REMEMBERED:
        values.clear()
    values.add(value)


def cors_headers(origin: str) -> list[Header]:
    """What lets a page of `origin` read the answer."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED),
        (b"vary", b"Origin"),
    ]


def preflight_headers(headers: Mapping[str, str]) -> list[Header]:
    """The answer to a browser that asks before it sends."""
    asked = headers.get("access-control-request-headers", "")
    return [
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", asked.encode("latin-1")),
        (b"access-control-max-age", b"86400"),
    ]
