"""Chromium before a real stack, with agents who act through the real command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.dashboard.page import Dashboard
from tests.integration.cli.conftest import home
from tests.support.terminal import Terminal

__all__ = ["home"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--no-first-run", "--disable-dev-shm-usage",
]  # fmt: skip


# By module: while the synchronous API runs, no other event loop may run in this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; nothing is downloaded."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


# One project for a module: tests keep to beads, files and words of their own.
@pytest.fixture(scope="module")
def alice(home: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """The workspace alice-backend in a project of its own."""
    folder = tmp_path_factory.mktemp("dashboard") / f"shop-{uuid4().hex[:8]}"
    folder.mkdir()
    terminal = home.cd(folder)
    terminal.git("init", "-q", "-b", "main")
    terminal.git("commit", "-q", "--allow-empty", "-m", "Start")
    terminal.bdh(
        ":init", "--alias", "alice-backend", "--role", "backend", "--no-docs", "--no-hooks"
    )
    return terminal


@pytest.fixture(scope="module")
def bob(alice: Terminal) -> Terminal:
    """The workspace bob-frontend, in a worktree beside alice's."""
    made = alice.json(":add-worktree", "frontend", "--alias", "bob-frontend")
    return alice.cd(made["directory"])


@pytest.fixture
def board(browser: Browser, alice: Terminal, bob: Terminal) -> Iterator[Dashboard]:
    """The dashboard of alice's project, opened as `bdh :dashboard` opens it."""
    dashboard = Dashboard(browser, alice)
    dashboard.open()
    yield dashboard
    dashboard.close()
