"""The public MCP inspector's command line, where Node and npm are present."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = "@modelcontextprotocol/inspector"
INSTALL_TIMEOUT_SECONDS = 240


@functools.cache
def inspector() -> Path:
    """The program, installed once in a cache outside of the tree; skips the test without it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node or npm is not installed")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "bdh-tests" / "inspector"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "node_modules" / ".bin" / "mcp-inspector"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            _install(folder)
            (folder / "installed").touch()
    return program


def _install(folder: Path) -> None:
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", PACKAGE]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm install took longer than {INSTALL_TIMEOUT_SECONDS} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-300:]}")
