"""What the stack's own processes may know of the shell that happened to start them."""

from __future__ import annotations

import os

# No agent's credentials, no PGHOST, no PYTHONSTARTUP.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")
KEPT_PREFIXES = ("LC_", "XDG_", "BDH_STACK", "BDH_CLUSTER", "BDH_PG")


def daemon_environment() -> dict[str, str]:
    """The environment of supervisor, gateway and migrator."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
