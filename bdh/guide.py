"""The agent guide: one text, printed by `:guide`, served as `/llms.txt` and as an MCP resource."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("guide.md")


def text() -> str:
    """The guide, in Markdown, at most about 1,500 tokens."""
    return FILE.read_text(encoding="utf-8")
