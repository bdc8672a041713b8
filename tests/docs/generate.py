"""`make docs`: writes the documents that are generated from the code."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from tests.docs import commands, mcp, schemas

DOCS = Path(__file__).parents[2] / "docs"


@functools.cache
def documents() -> dict[Path, str]:
    """The text of every generated document by its path."""
    found = {DOCS / "commands.md": commands.render(), DOCS / "mcp.md": mcp.page()}
    found |= {DOCS / "schemas" / name: text for name, text in schemas.render().items()}
    return found | {DOCS / "schemas" / "mcp" / name: text for name, text in mcp.render().items()}


def main() -> int:
    """Write them all; a schema whose command is gone goes too."""
    wanted = documents()
    (DOCS / "schemas" / "mcp").mkdir(parents=True, exist_ok=True)
    for stale in set((DOCS / "schemas").rglob("*.json")) - set(wanted):
        stale.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
