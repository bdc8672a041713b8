"""Beads out, in pages, as bd's JSONL."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bdh.core.ports import Caller

PAGE_BEADS = 1000


def export_lines(backend: Caller) -> Iterator[str]:
    """Every bead as a line of bd's JSONL, tombstones included, page by page."""
    cursor: str | None = None
    while True:
        page = backend.call("export_beads", cursor=cursor, limit=PAGE_BEADS)
        for bead in page["beads"]:
            yield json.dumps(bead, ensure_ascii=False, separators=(",", ":"))
        cursor = page.get("next_cursor")
        if cursor is None:
            return
