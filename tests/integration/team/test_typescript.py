"""The edge functions' own tests, types, lint and format."""

from __future__ import annotations

import os
import subprocess

import pytest

from bdh.stack.functions import find_deno
from bdh.stack.schema import migrations_dir

FUNCTIONS = migrations_dir().parent / "functions"
COMMANDS = {
    "tests": ["test", "--no-remote", "--allow-net=127.0.0.1", "--allow-read", "--allow-write"],
    "types": ["check", "--all", "_embedded", "_shared", "outbox-relay", "verify-repo"],
    "lint": ["lint", "--quiet"],
    "format": ["fmt", "--check", "--quiet"],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_the_edge_functions_pass_their(what: str) -> None:
    deno = find_deno()
    if deno is None:
        pytest.skip("needs Deno: pip install bdh[functions]")

    done = subprocess.run(
        [deno, *COMMANDS[what]], cwd=FUNCTIONS, capture_output=True, text=True,
        env=os.environ | {"NO_COLOR": "1"}, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
