"""How long a hook may take."""

from __future__ import annotations

import os

DEFAULT_SECONDS = 1.0
MAX_SECONDS = 60.0
# Left for Python's start and for saying something.
SHARE_OF_BACKEND = 0.9


def whole_seconds() -> float:
    """
    Everything a hook does, git included: a second, or `BDH_HOOK_SECONDS`.

    Hosts end a hook after three to five seconds, whatever this says.
    """
    try:
        wanted = float(os.environ.get("BDH_HOOK_SECONDS", ""))
    except ValueError:
        return DEFAULT_SECONDS
    return min(wanted, MAX_SECONDS) if wanted > 0 else DEFAULT_SECONDS


def backend_seconds() -> float:
    """What of it may be spent on waiting for the backend."""
    return whole_seconds() * SHARE_OF_BACKEND
