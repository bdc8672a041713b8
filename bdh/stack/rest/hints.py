"""The name a caller probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

#: A longer name is no typing error, and comparing it would cost more than the answer is worth.
MAX_CHARACTERS = 128


def closest(name: str, candidates: Sequence[str], cutoff: float = 0.6) -> str | None:
    """The candidate most like `name`, if any is like it at all."""
    if len(name) > MAX_CHARACTERS:
        return None
    found = get_close_matches(name, candidates, n=1, cutoff=cutoff)
    return found[0] if found else None
