"""
What an agent host's sandbox must allow, so that commands in it reach the backend.

Codex keeps that in the user's own settings: `:init` says what to write there. Cursor keeps it in a
file of the workspace, which is written when that is asked for: it lets more out than before.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bdh.local.files import read_object

CURSOR = ".cursor/sandbox.json"
THIS_MACHINE = ("127.0.0.1", "localhost")


def hosts_of(url: str | None) -> tuple[str, ...]:
    """The names under which commands reach the backend; `None`: this machine's stack."""
    from urllib.parse import urlsplit  # noqa: PLC0415  (only when something is written or checked)

    host = urlsplit(url).hostname if url else None
    return (host,) if host else THIS_MACHINE


def cursor_settings(hosts: tuple[str, ...]) -> dict[str, Any]:
    """What has to be in Cursor's file."""
    return {"networkPolicy": {"allow": list(hosts)}}


def cursor_allows(root: Path, home: Path, host: str) -> bool:
    """Whether Cursor's files, this workspace's and the user's, let commands reach `host`."""
    return any(_allows(read_object(folder / CURSOR), host) for folder in (root, home))


def _allows(settings: Mapping[str, Any], host: str) -> bool:
    policy = settings.get("networkPolicy")
    policy = policy if isinstance(policy, dict) else {}
    if settings.get("type") == "insecure_none":
        return True
    if _names(policy.get("deny"), host):
        return False
    return policy.get("default") == "allow" or _names(policy.get("allow"), host)


def _names(patterns: object, host: str) -> bool:
    known = patterns if isinstance(patterns, list) else []
    return any(isinstance(one, str) and fnmatchcase(host, one) for one in known)
