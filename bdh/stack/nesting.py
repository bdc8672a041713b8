"""How deep a JSON value is, found without recursion: deep ones exhaust the stack of who does."""

from __future__ import annotations

from typing import Any


def is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested in more than so many levels."""
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        below = [each.values() if isinstance(each, dict) else each for each in layer]
        layer = [each for part in below for each in part if isinstance(each, dict | list)]
        if not layer:
            return False
    return True
