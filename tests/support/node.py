"""Runs scripts under Node with the official JavaScript clients, where Node and npm are present."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGES = {"@supabase/supabase-js": "2.119.1", "ws": "8.23.0"}
INSTALL_TIMEOUT_SECONDS = 180
RUN_TIMEOUT_SECONDS = 60


@functools.cache
def node_folder() -> Path:
    """A folder outside the tree whose node_modules holds `PACKAGES`; skips the test without one."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node or npm is not installed")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "bdh-tests" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"private": True, "type": "module", "dependencies": PACKAGES})
    manifest, done = folder / "package.json", folder / "installed"
    # One of the parallel test processes installs, the others wait for it.
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_text() != wanted:
            manifest.write_text(wanted)
            _install(folder)
            done.write_text(wanted)
    return folder


def _install(folder: Path) -> None:
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm install took longer than {INSTALL_TIMEOUT_SECONDS} s")
    if result.returncode != 0:
        pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {result.stderr.strip()[-300:]}")


def run_node(script: str, **values: Any) -> Any:
    """
    What the module `script` passes to its function `report(value)`.

    `values` are its globals. Anything it throws fails the test, with its stack.
    """
    prelude = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    # Node before version 22 has no WebSocket of its own, and supabase-js wants one to start.
    prelude += 'globalThis.WebSocket ??= (await import("ws")).default;\n'
    prelude += "const report = (value) => console.log(JSON.stringify(value ?? null));\n"
    result = subprocess.run(
        ["node", "--input-type=module", "--no-warnings", "--eval", prelude + script],
        cwd=node_folder(), capture_output=True, text=True, timeout=RUN_TIMEOUT_SECONDS,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    sys.stderr.write(result.stderr)
    return json.loads(result.stdout)
