"""A running stack for the session, a fresh repository (so a project of its own) for each test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.cli.proxy import Proxy
from tests.support.terminal import Terminal, base_environment


@pytest.fixture(scope="session")
def home() -> Iterator[Terminal]:
    """A user with a running stack; its folder is short, as the path of a socket has to be."""
    folder = Path(tempfile.mkdtemp(prefix="bdh-cli-"))
    folder.chmod(0o711)
    environment = base_environment(folder, folder / "stack")
    environment["BDH_CLUSTER_ROOT"] = str(folder / "clusters")
    terminal = Terminal(folder, environment)
    try:
        terminal.bdh(":up")
        yield terminal
    finally:
        terminal.bdh(":stack", "reset", "--yes")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_repo(home: Terminal, tmp_path: Path) -> Terminal:
    """A repository without commits, with a name that no other test has."""
    folder = tmp_path / f"shop-{uuid4().hex[:8]}"
    folder.mkdir()
    terminal = home.cd(folder)
    terminal.git("init", "-q", "-b", "main")
    return terminal


@pytest.fixture
def repo(empty_repo: Terminal) -> Terminal:
    """A repository with one commit."""
    (empty_repo.directory / "README.md").write_text("A shop\n")
    empty_repo.git("add", "-A")
    empty_repo.git("commit", "-q", "-m", "Start")
    return empty_repo


@pytest.fixture
def alice(repo: Terminal) -> Terminal:
    """The workspace alice-backend."""
    repo.bdh(":init", "--alias", "alice-backend", "--role", "backend")
    return repo


@pytest.fixture
def bob(alice: Terminal) -> Terminal:
    """The workspace bob-frontend, in a worktree beside alice's."""
    made = alice.json(":add-worktree", "frontend", "--alias", "bob-frontend")
    return alice.cd(made["directory"])


@pytest.fixture
def proxy(home: Terminal) -> Iterator[Proxy]:
    """A way to the stack that can be cut."""
    url = home.json(":stack", "status")["url"]
    proxy = Proxy(int(url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


@pytest.fixture
def remote(alice: Terminal, proxy: Proxy, tmp_path: Path) -> Terminal:
    """The workspace carol-remote in a clone elsewhere, which reaches the stack through `proxy`."""
    token = alice.bdh(":invite", "--role", "remote").out.strip()
    keys = Path(alice.environment["BDH_STACK_DIR"]) / "secrets.json"
    key = json.loads(keys.read_text())["publishable_key"]
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "elsewhere"))
    terminal = alice.cd(tmp_path / "elsewhere")
    words = ("--url", proxy.url, "--key", key, "--alias", "carol-remote", "--role", "remote")
    terminal.bdh(":join", token, *words)
    return terminal
