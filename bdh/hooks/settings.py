"""How strict the guard is in this clone."""

from __future__ import annotations

from pathlib import Path

from bdh.local.checkout import config_value, find_checkout

MODES = ("warn", "block", "off")


def local_guard(root: Path) -> str:
    """
    `bdh.guard` in the clone's own configuration; empty when it is not set there.

    Read from the file: asking git costs a process, and before an edit only `off` matters.
    """
    checkout = find_checkout(root)
    if checkout is None:
        return ""
    try:
        text = (checkout.common_dir / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    value = (config_value(text, "bdh", "guard") or "").lower()
    return value if value in MODES else ""
