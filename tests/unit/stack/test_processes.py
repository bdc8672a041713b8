"""A pid alone proves nothing."""

from __future__ import annotations

import os
import signal
import subprocess

from bdh.stack.processes import ProcessRecord, end, is_alive, record, send, wait_gone


def test_a_process_is_known_by_pid_and_start() -> None:
    me = record(os.getpid())

    assert me is not None
    assert is_alive(me)
    assert ProcessRecord.from_json(me.as_json()) == me


def test_a_later_process_with_the_same_pid_is_another() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        impostor = ProcessRecord(process.pid, "another boot:1")

        assert not is_alive(impostor)
        assert not send(impostor, signal.SIGKILL)
        assert process.poll() is None
        process.kill()


def test_a_zombie_is_dead() -> None:
    """Where nobody reaps orphans (some containers), the dead keep their pid."""
    process = subprocess.Popen(["sleep", "60"])
    known = record(process.pid)
    assert known is not None

    process.kill()

    assert wait_gone(known, 5.0)
    assert not is_alive(known)
    process.wait()


def test_who_ignores_the_request_is_killed() -> None:
    code = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    with subprocess.Popen(["sh", "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        known = record(process.pid)
        assert known is not None

        end(known, signal.SIGTERM, timeout_seconds=0.2)

        assert process.wait(timeout=5) == -signal.SIGKILL


def test_nonsense_in_a_state_file_names_no_process() -> None:
    assert ProcessRecord.from_json(None) is None
    assert ProcessRecord.from_json({}) is None
    assert ProcessRecord.from_json({"pid": "1"}) is None
