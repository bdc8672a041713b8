"""Media types: what a caller accepts, and what it sends."""

from __future__ import annotations

from bdh.stack.rest.errors import RestError, invalid_body, not_implemented

ARRAY = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
ROOT = "application/openapi+json"

_AS_ARRAY = frozenset({"", "*/*", "application/*", ARRAY, "application/vnd.pgrst.array+json"})
_AS_OBJECT = frozenset({OBJECT, "application/vnd.pgrst.object"})
_REFUSED = frozenset({
    "text/csv", "text/plain", "text/xml", "application/geo+json", "application/octet-stream",
    "application/x-www-form-urlencoded", "application/vnd.pgrst.plan",
    "application/vnd.pgrst.plan+json", "application/vnd.pgrst.plan+text",
})  # fmt: skip


def negotiate(accept: str) -> str:
    """
    `ARRAY` or `OBJECT`, whichever the `Accept` header prefers.

    Raises:
        RestError: PGRST127 for a format of PostgREST that is not supported, PGRST107 (406) when
            there is nothing to agree on.
    """
    if accept in ("*/*", ARRAY, ""):
        return ARRAY
    refused = ""
    for media_range in sorted(accept.split(","), key=_quality, reverse=True):
        name, _, parameters = media_range.partition(";")
        name = name.strip().lower()
        if name in _REFUSED or "nulls=stripped" in parameters:
            refused = refused or media_range.strip()
        elif name in _AS_OBJECT:
            return OBJECT
        elif name in _AS_ARRAY:
            return ARRAY
    if refused:
        raise not_implemented(f"The media type {refused}")
    raise RestError(406, "PGRST107", f"None of these media types are available: {accept}")


def _quality(media_range: str) -> float:
    for parameter in media_range.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def require_json(content_type: str) -> None:
    """
    Accept only JSON bodies.

    Raises:
        RestError: PGRST127 for a format of PostgREST that is not supported, else PGRST102.
    """
    if content_type in (ARRAY, ""):
        return
    name = content_type.partition(";")[0].strip().lower()
    if name in (ARRAY, OBJECT):
        return
    if name in _REFUSED:
        raise not_implemented(f"A request body of type {name}")
    raise invalid_body(f"Content-Type not acceptable: {content_type}")
