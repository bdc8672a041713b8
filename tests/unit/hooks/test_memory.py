"""What the guard remembers."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bdh.hooks.decide import Obstacle
from bdh.hooks.memory import FRESH_SECONDS, TRUST_SECONDS, Locks, Memory, safe

NOW = 1_000_000.0


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Memory(str(tmp_path / "hooks"))
    memory.prepare()
    return memory


def test_of_hooks_that_run_at_once_one_is_first(memory: Memory) -> None:
    with ThreadPoolExecutor(8) as pool:
        firsts = list(pool.map(lambda _: memory.once("session/call"), range(32)))

    assert firsts.count(True) == 1
    assert memory.once("another")


def test_what_was_done_long_ago_may_be_done_again(memory: Memory) -> None:
    assert memory.once("stop", seconds=3)
    os.utime(memory.file("seen", "stop"), (time.time() - 10, time.time() - 10))

    assert memory.once("stop", seconds=3)
    assert not memory.once("stop", seconds=3)


def test_a_grant_is_believed_for_a_while(memory: Memory) -> None:
    with memory.changing_locks() as locks:
        locks.grant(["a.py"], NOW + 900, NOW)

    kept = memory.locks()
    assert kept.grant_is_fresh("a.py", NOW + TRUST_SECONDS - 1)
    assert not kept.grant_is_fresh("a.py", NOW + TRUST_SECONDS)
    assert not kept.grant_is_fresh("b.py", NOW)
    assert not kept.grant_is_fresh("a.py", NOW - 5)


def test_what_others_hold_ends_ones_own_grant() -> None:
    locks = Locks({})
    locks.grant(["a.py"], NOW + 900, NOW)
    locks.remember([Obstacle("a.py", "bob", until=NOW + 60)], NOW)

    assert not locks.grant_is_fresh("a.py", NOW)
    assert locks.obstacles(["a.py"], NOW, FRESH_SECONDS)
    assert not locks.obstacles(["a.py"], NOW + FRESH_SECONDS + 1, FRESH_SECONDS)
    assert locks.obstacles(["a.py"], NOW + 60)


def test_other_sessions_are_seen_while_they_live(memory: Memory) -> None:
    for name in ("mine", "theirs", "old"):
        with memory.changing_session(name) as session:
            session["host"] = "claude"
    os.utime(memory.file("sessions", "old"), (NOW, NOW))

    assert [one["name"] for one in memory.other_sessions("mine")] == ["theirs"]
    memory.end_session("theirs")
    assert memory.other_sessions("mine") == []


def test_a_torn_file_is_an_empty_one(memory: Memory) -> None:
    Path(memory.file("locks")).write_text('{"own": {"a')

    assert memory.locks().own == {}


def test_names_of_files_hold_no_path() -> None:
    assert safe("../../etc/passwd") == "______etc_passwd"
    assert safe("") == "_"
    assert len(safe("x" * 1000)) <= 180
