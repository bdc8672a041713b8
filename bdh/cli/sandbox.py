"""Say what is really wrong when a host's sandbox keeps the network away."""

from __future__ import annotations

from bdh.config import in_network_sandbox
from bdh.errors import BdhError, UnreachableError


def explained(error: BdhError) -> BdhError:
    """`error`, or for an unreachable backend in a sandbox one that names the sandbox."""
    if not isinstance(error, UnreachableError) or not in_network_sandbox():
        return error
    return UnreachableError(
        "Cannot reach the backend: the agent host's sandbox keeps this command off the network "
        "(CODEX_SANDBOX_NETWORK_DISABLED=1)",
        code="sandboxed",
        hint="allow it: [sandbox_workspace_write] network_access = true in ~/.codex/config.toml",
        details={**error.details, "cause": error.message},
    )
