"""Whole-process times of the commands that agents type all day, beside an empty Python."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bdh.demo import demo_environment, make_repository
from tests.bench.sql_claims import Figure

RUNS = 30


def whole_process_ms(
    words: Callable[[int], Sequence[str]], directory: Path, environment: dict[str, str]
) -> float:
    """The median time of a command, which may differ by its number; three runs warm up."""
    times = []
    for number in range(RUNS + 3):
        start = time.perf_counter()
        subprocess.run(
            words(number), cwd=directory, env=environment, check=True, capture_output=True
        )
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[3:])


def commands() -> list[Figure]:
    """p50 of each hot command in a repository with two workspaces and a hundred beads."""
    with tempfile.TemporaryDirectory(prefix="bdh-bench-") as folder:
        home = Path(folder)
        environment = demo_environment(home)
        repository = make_repository(home, environment)
        bdh = str(Path(sys.executable).parent / "bdh")

        def run(*words: str) -> str:
            done = subprocess.run(
                [bdh, *words], cwd=repository, env=environment, check=True,
                capture_output=True, text=True,
            )  # fmt: skip
            return done.stdout

        try:
            run(":init", "--no-hooks", "--no-docs")
            run(":add-worktree", "frontend")
            beads = [
                json.loads(run("create", f"Bead {number}", "--json"))["id"]
                for number in range(RUNS + 3)
            ]
            empty = whole_process_ms(lambda _: [sys.executable, "-c", "pass"], home, environment)
            figures = [Figure("python -c pass", empty, "ms")]
            for name, words in {
                "bdh --help": lambda _: [bdh, "--help"],
                "bdh :status": lambda _: [bdh, ":status"],
                "bdh ready": lambda _: [bdh, "ready"],
                "bdh claim": lambda number: [bdh, "claim", beads[number]],
                "bdh update": lambda number: [bdh, "update", beads[number], "-p", "1"],
            }.items():
                took = whole_process_ms(words, repository, environment)
                figures.append(Figure(name, took, "ms"))
        finally:
            subprocess.run([bdh, ":down"], env=environment, check=False, capture_output=True)
        return figures


def cold_start() -> list[Figure]:
    """Seconds of `bdh :up` from nothing and of an existing stack, and its idle memory."""
    with tempfile.TemporaryDirectory(prefix="bdh-bench-") as folder:
        environment = demo_environment(Path(folder))
        bdh = str(Path(sys.executable).parent / "bdh")
        figures = []
        try:
            for name in ("bdh :up, from nothing", "bdh :up, an existing stack"):
                start = time.perf_counter()
                subprocess.run([bdh, ":up"], env=environment, check=True, capture_output=True)
                figures.append(Figure(name, time.perf_counter() - start, "s"))
                if len(figures) == 1:
                    status = subprocess.run(
                        [bdh, ":stack", "status", "--json"], env=environment, check=True,
                        capture_output=True,
                    )  # fmt: skip
                    memory = json.loads(status.stdout)["memory_bytes"] / 1024 / 1024
                    subprocess.run([bdh, ":down"], env=environment, check=True, capture_output=True)
        finally:
            subprocess.run([bdh, ":down"], env=environment, check=False, capture_output=True)
        return [*figures, Figure("memory of all processes, idle (PSS)", memory, "MB")]
