"""The files that a patch in the format of `apply_patch` touches; a move touches two."""

from __future__ import annotations

BEGIN = "*** Begin Patch"
MARKS = ("*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ")


def touched(patch: str) -> tuple[str, ...]:
    """Paths as the patch names them, each once, in order."""
    found = dict[str, None]()
    for line in patch.splitlines():
        for mark in MARKS:
            if line.startswith(mark):
                found[line.removeprefix(mark).strip()] = None
    return tuple(path for path in found if path)
