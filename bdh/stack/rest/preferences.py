"""The `Prefer` header (RFC 7240) as PostgREST reads it."""

from __future__ import annotations

from dataclasses import dataclass

from bdh.stack.rest.errors import RestError, not_implemented

_KNOWN = {
    "return": ("minimal", "representation", "headers-only"),
    "count": ("exact", "planned", "estimated"),
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "handling": ("strict", "lenient"),
    "missing": ("null",),
    "tx": ("commit",),
}
#: Preferences PostgREST would honour: a caller who asks must not believe he was heard.
_REFUSED = {
    "missing=default": "Prefer: missing=default",
    "tx=rollback": "Prefer: tx=rollback",
}
_REFUSED_NAMES = ("max-affected", "timezone")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a request prefers; `None` where it does not say."""

    returning: str | None = None
    count: str | None = None
    resolution: str | None = None
    handling: str | None = None
    missing: str | None = None


NO_PREFERENCES = Preferences()


def parse_preferences(header: str) -> Preferences:
    """
    The preferences in `header`; of one given twice the first counts.

    Raises:
        RestError: PGRST127 for one that is not supported, PGRST122 for one unknown to PostgREST
            when `handling=strict` is asked for.
    """
    if not header:
        return NO_PREFERENCES
    chosen: dict[str, str] = {}
    unknown: list[str] = []
    for word in filter(None, (part.strip() for part in header.split(","))):
        name, _, value = word.partition("=")
        if word in _REFUSED or name in _REFUSED_NAMES:
            raise not_implemented(_REFUSED.get(word) or f"Prefer: {name}")
        if value in _KNOWN.get(name, ()):
            chosen.setdefault(name, value)
        else:
            unknown.append(word)
    if unknown and chosen.get("handling") == "strict":
        raise RestError(
            400, "PGRST122", "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}",
        )  # fmt: skip
    return Preferences(
        chosen.get("return"), chosen.get("count"), chosen.get("resolution"),
        chosen.get("handling"), chosen.get("missing"),
    )  # fmt: skip


def applied(*words: tuple[str, str | None]) -> str:
    """The value of `Preference-Applied` for the preferences that were."""
    return ", ".join(f"{name}={value}" for name, value in words if value)
