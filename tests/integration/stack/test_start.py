"""`bdh :up` and `:down`: from nothing, again, at once, and with obstacles."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bdh.errors import NotSetUpError, UnreachableError
from bdh.stack import control
from bdh.stack.locks import hold
from bdh.stack.paths import write_json
from bdh.stack.processes import record
from tests.support.stack import TestStack, assert_all_gone, free_port


def test_from_nothing_to_ready(stack: TestStack) -> None:
    """One call gives a migrated database and a gateway that answers."""
    stages: list[str] = []

    result = stack.up(progress=stages.append)

    assert result.started
    assert stages == ["creating the database", "migrating the database"]
    assert stack.health() == 200
    assert stack.query("select count(*) from pg_roles where rolname = 'authenticator'") == 1
    assert result.info.publishable_key.startswith("sb_publishable_")


def test_only_the_owner_can_enter(running_stack: TestStack) -> None:
    paths, place = running_stack.paths, running_stack.place()

    assert stat.S_IMODE(paths.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.state.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700


def test_up_again_changes_nothing(running_stack: TestStack) -> None:
    before = running_stack.state()

    result = running_stack.up()

    assert not result.started
    assert running_stack.state() == before


def test_shells_that_start_at_once_get_one_stack(stack: TestStack) -> None:
    shells = [stack.shell("print(control.up(paths).started)") for _ in range(4)]

    outputs = [shell.communicate(timeout=60) for shell in shells]

    assert Counter(out.strip() for out, _ in outputs) == {"True": 1, "False": 3}, outputs
    assert stack.health() == 200


def test_what_was_stored_is_there_after_a_restart(running_stack: TestStack) -> None:
    """Port, keys and data stay; nothing is migrated twice."""
    running_stack.execute("create table scratch.notes as select 7 as id")
    before, keys = running_stack.state(), running_stack.paths.secrets.read_text()
    stages: list[str] = []

    assert running_stack.down()
    started_at = time.monotonic()
    result = running_stack.up(progress=stages.append)
    elapsed_seconds = time.monotonic() - started_at

    assert result.started
    assert stages == []
    assert elapsed_seconds < 10, "one second is the aim on a quiet machine; tests share theirs"
    assert running_stack.state()["port"] == before["port"]
    assert running_stack.paths.secrets.read_text() == keys
    assert running_stack.query("select id from scratch.notes") == 7


def test_a_taken_port_is_replaced_and_the_new_one_kept(stack: TestStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        stack.up(port=wanted)
        chosen = stack.state()["port"]
        assert chosen != wanted
        stack.down()

    stack.up()
    assert stack.state()["port"] == chosen


def test_another_port_can_be_asked_for(running_stack: TestStack) -> None:
    port = free_port()

    result = running_stack.up(port=port)

    assert result.started
    assert result.info.url == f"http://127.0.0.1:{port}"


def test_the_network_is_served_only_when_asked(running_stack: TestStack) -> None:
    """And then under this machine's name, not under any name a page may make up."""
    result = running_stack.up(host="0.0.0.0")
    assert (result.host, running_stack.state()["host"]) == ("0.0.0.0", "0.0.0.0")
    assert result.info.url.startswith("http://127.0.0.1:")
    assert running_stack.health(host=socket.gethostname()) == 200
    assert running_stack.health(host="evil.example") == 403

    running_stack.up(host="127.0.0.1")
    assert running_stack.health(host=socket.gethostname()) == 403


def test_down_stops_all_it_started_and_nothing_else(running_stack: TestStack) -> None:
    mine = [known for pid in running_stack.pids() if (known := record(pid))]
    with subprocess.Popen(["sleep", "60"]) as other:
        assert running_stack.down()

        assert_all_gone(mine)
        assert other.poll() is None
        other.kill()
    assert not running_stack.down()
    assert control.find_running(running_stack.paths) is None


def test_pids_of_other_programs_are_left_alone(running_stack: TestStack) -> None:
    """After a reboot the recorded pids may belong to anyone, and Postgres' pid file too."""
    running_stack.execute("create table scratch.notes as select 7 as id")
    running_stack.down()
    with subprocess.Popen(["sleep", "60"]) as other:
        foreign = {"pid": other.pid, "started": "another boot:1"}
        state = running_stack.state() | {"phase": "ready"}
        state |= dict.fromkeys(("supervisor", "postgres", "gateway"), foreign)
        write_json(running_stack.paths.state, state)
        pid_file = running_stack.place().data / "postmaster.pid"
        pid_file.write_text(f"{other.pid}\n{running_stack.place().data}\n0\n5432\n\n\n\nready\n")

        assert running_stack.up().started

        assert other.poll() is None
        other.kill()
    assert running_stack.query("select id from scratch.notes") == 7


def test_a_torn_state_file_is_survived(running_stack: TestStack) -> None:
    running_stack.down()
    running_stack.paths.state.write_text('{"phase": "rea')

    assert running_stack.up().started
    assert running_stack.health() == 200


def test_a_stack_that_somebody_starts_is_waited_for(
    stack: TestStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bdh.stack.lifecycle.LOCK_TIMEOUT_SECONDS", 0.1)
    stack.paths.create()

    with hold(stack.paths.start_lock), pytest.raises(UnreachableError) as refusal:
        stack.up()

    assert refusal.value.code == "stack_busy"


def test_a_start_goes_on_when_its_command_is_interrupted(stack: TestStack) -> None:
    """Ctrl-C during initdb: the next command waits for what is under way."""
    shell = stack.shell(
        f"control.up(paths, port={free_port()}, progress=lambda s: print(s, flush=True))"
    )
    assert shell.stdout is not None
    assert shell.stdout.readline() == "creating the database\n"
    supervisor = stack.process("supervisor")
    shell.kill()
    shell.communicate()

    result = stack.up()

    assert not result.started
    assert stack.process("supervisor") == supervisor


def test_a_missing_postgres_is_named(stack: TestStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDH_PG_BIN", str(stack.folder))

    with pytest.raises(NotSetUpError) as refusal:
        stack.up()

    assert refusal.value.code == "postgres_missing"
    assert refusal.value.hint


def test_a_newer_bdh_restarts_what_an_older_one_started(running_stack: TestStack) -> None:
    old = running_stack.process("gateway")
    write_json(running_stack.paths.state, running_stack.state() | {"bdh_version": "0.0.1"})

    control.ensure_running(running_stack.paths)

    assert running_stack.process("gateway") != old
    assert_all_gone([old])


def test_an_older_bdh_leaves_a_newer_stack_alone(running_stack: TestStack) -> None:
    known = running_stack.state()
    newer = known | {"bdh_version": "99.0"}
    write_json(running_stack.paths.state, newer)

    control.ensure_running(running_stack.paths)

    assert not running_stack.up().started
    assert running_stack.state() == newer
    write_json(running_stack.paths.state, known)


def test_a_deleted_interpreter_is_replaced(running_stack: TestStack) -> None:
    """The environment that started the stack is gone: it could not restart anything."""
    state = running_stack.state() | {"python": str(running_stack.folder / "gone/python")}
    write_json(running_stack.paths.state, state)

    assert running_stack.up().started
    assert running_stack.state()["python"] == sys.executable


def test_asking_for_a_running_stack_is_cheap(running_stack: TestStack) -> None:
    """Every command asks, so it must not import what it does not need."""
    heavy = ("asyncio", "asyncpg", "subprocess", "socket", "secrets", "tempfile", "email")
    shell = running_stack.shell(
        "import sys\n"
        "before = set(sys.modules)\n"
        "control.ensure_running(paths)\n"
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )

    assert shell.communicate(timeout=30)[0].strip() == "[]"


def test_the_folder_follows_xdg(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    environment.pop("BDH_STACK_DIR", None)
    code = "from bdh.stack.paths import default_paths; print(default_paths().root)"

    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == str(tmp_path / "bdh/stack")
