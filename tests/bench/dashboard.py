"""What the dashboard costs its reader: bytes, first useful paint, memory, a key press."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bdh import dashboard
from tests.bench.sql_claims import Figure
from tests.e2e.dashboard.conftest import CHROMIUM, FLAGS
from tests.e2e.dashboard.page import Dashboard
from tests.e2e.dashboard.seed import seed_stack
from tests.support.terminal import Terminal, base_environment

RELOADS = 5
TYPED = "login form 12"
# From a key press to the frame after it.
KEY_PRESSES = """async text => {
    const box = document.querySelector('main input[type=search]');
    const times = [];
    for (const letter of text) {
        const start = performance.now();
        box.value += letter;
        box.dispatchEvent(new InputEvent('input', {bubbles: true}));
        await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - start);
    }
    return times;
}"""


def bundle() -> list[Figure]:
    """Every byte of the built files, compressed, and what the first screen needs of them."""
    built = dashboard.folder()
    assert built is not None
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in built.rglob("*.*")}
    later = sum(size for name, size in sizes.items() if name.startswith(("graph", "markdown")))
    whole = sum(sizes.values())
    return [
        Figure("all files (budget 250)", whole / 1000, "kB gzip"),
        Figure("files of the first screen", (whole - later) / 1000, "kB gzip"),
    ]


def large_project(folder: Path) -> Terminal:
    """A stack of its own with 500 agents, 10,000 beads, 50,000 events."""
    environment = base_environment(folder, folder / "stack")
    environment["BDH_CLUSTER_ROOT"] = str(folder / "clusters")
    repository = folder / "large"
    repository.mkdir()
    terminal = Terminal(repository, environment)
    terminal.git("init", "-q", "-b", "main")
    terminal.git("commit", "-q", "--allow-empty", "-m", "Start")
    terminal.bdh(":init", "--alias", "zoe-lead", "--role", "lead", "--no-docs", "--no-hooks")
    asyncio.run(seed_stack(folder / "stack"))
    return terminal


def reload_seconds(page: Page) -> float:
    """From the reload to the first agents on the screen."""
    start = time.perf_counter()
    page.reload()
    page.wait_for_selector(".agent-row")
    return time.perf_counter() - start


def looked_at(browser: Browser, terminal: Terminal) -> list[Figure]:
    window = Dashboard(browser, terminal)
    window.open()
    page = window.page
    paints = [reload_seconds(page) for _ in range(RELOADS)]
    # Half of the beads are closed: the index behind the first screen is complete.
    window.see("5000", ".figures", seconds=30)
    window.go("beads")
    page.wait_for_selector(".bead-row")
    keys = page.evaluate(KEY_PRESSES, TYPED)
    window.go("beads?as=graph")
    start = time.perf_counter()
    page.wait_for_selector(".node")
    graph = time.perf_counter() - start
    session = window.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    window.close()
    return [
        Figure("first useful paint (budget 1500)", statistics.median(paints) * 1000, "ms"),
        Figure("heap with every bead read (budget 150)", heap / 1e6, "MB"),
        Figure("key press, 10,000 beads", statistics.median(keys), "ms"),
        Figure("key press, the slowest", max(keys), "ms"),
        Figure("graph of 500 beads", graph * 1000, "ms"),
    ]


def figures() -> list[Figure]:
    """All figures of the dashboard; without Chromium those of the files."""
    if CHROMIUM is None:
        return bundle()
    folder = Path(tempfile.mkdtemp(prefix="bdh-dash-"))
    folder.chmod(0o711)
    terminal = large_project(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            found = looked_at(browser, terminal)
            browser.close()
    finally:
        terminal.bdh(":stack", "reset", "--yes")
        shutil.rmtree(folder, ignore_errors=True)
    return [*bundle(), *found]
