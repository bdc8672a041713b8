"""Restarts with growing pauses."""

from __future__ import annotations

import subprocess

import pytest

from bdh.stack import children
from bdh.stack.children import Child


def _dying() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(["false"])
    process.wait()
    return process


def test_pauses_grow_while_a_child_keeps_dying(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(children.time, "monotonic", lambda: moment)
    child = Child("gateway", _dying)
    child.start()
    pauses = []

    for _ in range(12):
        assert child.tend() == "exited with 1"
        pause = child.seconds_until_due()
        assert pause is not None
        assert child.tend() is None, "not before it is due"
        pauses.append(round(pause, 2))
        moment += pause
        assert child.tend() == "restarted"

    assert pauses[:4] == [0.05, 0.1, 0.2, 0.4]
    assert pauses[-1] == children.LONGEST_PAUSE_SECONDS
    assert child.restarts == 12


def test_a_child_that_lived_long_is_restarted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(children.time, "monotonic", lambda: moment)
    child = Child("gateway", _dying)
    child.start()
    child.tend()
    moment += 0.05
    child.tend()

    moment += children.HEALTHY_SECONDS + 1
    child.tend()

    assert child.seconds_until_due() == pytest.approx(children.FIRST_PAUSE_SECONDS)


def test_a_living_child_is_left_alone() -> None:
    child = Child("gateway", lambda: subprocess.Popen(["sleep", "60"]))
    process = child.start()

    assert child.tend() is None
    assert child.seconds_until_due() is None
    assert child.record() is not None

    process.kill()
    process.wait()
    assert child.record() is None
    assert child.tend() == "killed by signal 9"
