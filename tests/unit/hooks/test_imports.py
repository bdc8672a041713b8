"""What hooks load: nothing but the standard library, and not much of that."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Everything that `bdh :hook` or `bdh :hooks run` may reach.
WAYS = {
    "git": "bdh.hooks.run, bdh.hooks.commits, bdh.hooks.desk, bdh.hooks.own, bdh.api.rpc, "
    "bdh.api.session, bdh.stack.control, bdh.hooks.words",
    "hosts": "bdh.hooks.run, bdh.hooks.agents, bdh.hooks.news, bdh.hooks.turns, bdh.hooks.desk, "
    "bdh.hooks.hosts.claude, bdh.hooks.hosts.codex, bdh.hooks.hosts.cursor, bdh.hooks.shell, "
    "bdh.hooks.settings, bdh.api.rpc, bdh.api.session, bdh.stack.control",
    "cached": "bdh.hooks.run, bdh.hooks.hosts.claude, bdh.hooks.cached",
    "looking": "bdh.hooks.run, bdh.hooks.hosts.claude, bdh.hooks.shell",
}
FOREIGN = ("click", "pydantic", "httpx", "postgrest", "mcp", "git", "supabase", "asyncpg")
HEAVY = (
    "subprocess",
    "asyncio",
    "ssl",
    "http",
    "email",
    "hashlib",
    "logging",
    "tempfile",
    "shutil",
    # Five milliseconds with `inspect`, of the sixty that a hook may take: records are NamedTuples.
    "dataclasses",
    "base64",
)
# Not even these where the answer lies in a file, or there is no question.
FOR_ASKING = ("pathlib", "socket", "datetime")


def loaded(modules: str) -> set[str]:
    code = f"import sys, bdh.__main__, {modules}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("way", WAYS)
def test_hooks_load_the_standard_library_only(way: str) -> None:
    assert loaded(WAYS[way]).isdisjoint((*FOREIGN, *HEAVY))


@pytest.mark.parametrize("way", ["cached", "looking"])
def test_what_needs_no_backend_loads_less(way: str) -> None:
    assert loaded(WAYS[way]).isdisjoint(FOR_ASKING)
