"""The files that make a directory a certain workspace; what it has not yet sent is none of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bdh.local.directory import FILE, FOLDER

OWN = (FILE, "session.json", "epochs", "shown")


def forget(root: Path) -> None:
    """The directory is no workspace any more."""
    for name in OWN:
        path = root / FOLDER / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def set_aside(root: Path) -> Iterator[None]:
    """The directory is no workspace meanwhile; when this fails it is the one it was."""
    folder, aside = root / FOLDER, root / FOLDER / "before"
    aside.mkdir(mode=0o700, exist_ok=True)
    moved = [name for name in OWN if (folder / name).exists()]
    for name in moved:
        (folder / name).rename(aside / name)
    try:
        yield
    except BaseException:
        forget(root)
        for name in moved:
            (aside / name).rename(folder / name)
        raise
    finally:
        shutil.rmtree(aside)
