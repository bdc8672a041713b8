"""The committed files are what the sources make, and know nothing of where they were made."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "dashboard"
BUDGET_BYTES = 250_000


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_rebuild_gives_the_same_bytes(tmp_path: Path) -> None:
    """Where Node and the packages are; a machine without them uses the files as they are."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "vite").exists():
        pytest.skip("needs node and dashboard/node_modules (make dashboard)")
    copy = tmp_path / "dashboard"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    vite = copy / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run(
        ["node", "--preserve-symlinks", str(vite), "build", "--logLevel", "error"],
        cwd=copy, check=True, env={**os.environ, "NODE_ENV": "production"},
    )  # fmt: skip
    rebuilt, committed = files(copy / "dist"), files(ROOT / "dist")
    assert sorted(rebuilt) == sorted(committed)
    assert [name for name in rebuilt if rebuilt[name] != committed[name]] == []


def test_the_bundle_keeps_its_budget() -> None:
    assert sum(len(gzip.compress(one, 9)) for one in files(ROOT / "dist").values()) < BUDGET_BYTES


def test_the_page_has_no_inline_script_or_style_and_asks_nobody() -> None:
    page = (ROOT / "dist" / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count('<script type="module" crossorigin src="./assets/')
    assert "http" not in page.replace("http-equiv", "")


def test_the_lockfile_names_no_registry() -> None:
    """Whoever builds takes packages from where their npm is told to."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
