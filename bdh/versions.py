"""Which of two releases of bdh is the older one."""

from __future__ import annotations


def is_older(version: str | None, than: str) -> bool:
    """Whether `version` precedes `than`; an unknown version precedes all others."""
    return version != than and _numbers(version or "") < _numbers(than)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
