"""What is set for the guard in this clone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bdh.local.checkout import config_value, find_checkout

MODES = ("warn", "block", "off")
YES = ("", "true", "yes", "on", "1")


def local_guard(root: Path) -> str:
    """
    `bdh.guard` in the clone's own configuration; empty when it is not set there.

    Read from the file: asking git costs a process, and before an edit only `off` matters.
    """
    value = (_local(root, "guard") or "").lower()
    return value if value in MODES else ""


def wants_export(root: Path, answer: dict[str, Any]) -> bool:
    """
    Whether beads go along with commits: `bdh.exportOnCommit` in the clone's own configuration.

    Where that is not set, the project's setting counts, as the backend's `answer` tells it.
    """
    value = _local(root, "exportoncommit")
    return answer.get("export_on_commit") is True if value is None else value.lower() in YES


def _local(root: Path, name: str) -> str | None:
    checkout = find_checkout(root)
    if checkout is None:
        return None
    try:
        text = (checkout.common_dir / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return config_value(text, "bdh", name)
