"""`kill -9` of each part: what was acknowledged is still there, and the stack serves again."""

from __future__ import annotations

from bdh.stack import control
from bdh.stack.paths import write_json
from tests.support.stack import TestStack, assert_all_gone, wait_until


def test_the_gateway_is_restarted(running_stack: TestStack) -> None:
    """A request sent meanwhile waits: the supervisor keeps the socket."""
    killed = running_stack.kill("gateway")[0]

    assert running_stack.health() == 200
    wait_until(lambda: running_stack.state()["gateway"] not in (None, killed.as_json()))
    assert control.find_running(running_stack.paths) is not None


def test_postgres_is_restarted_with_all_it_acknowledged(running_stack: TestStack) -> None:
    running_stack.execute("create table scratch.notes as select 7 as id")

    killed = running_stack.kill("postgres")[0]

    wait_until(lambda: running_stack.state()["postgres"] not in (None, killed.as_json()))
    wait_until(lambda: _answers(running_stack))
    assert running_stack.query("select id from scratch.notes") == 7
    assert running_stack.health() == 200


def _answers(stack: TestStack) -> bool:
    try:
        return bool(stack.query("select true"))
    except Exception:  # noqa: BLE001 - refused, reset or starting up: whatever it says, not yet
        return False


def test_a_killed_supervisor_is_replaced_by_the_next_command(running_stack: TestStack) -> None:
    """Its children are found by their records, ended, and started anew."""
    running_stack.execute("create table scratch.notes as select 7 as id")
    children = [running_stack.process("postgres"), running_stack.process("gateway")]
    running_stack.kill("supervisor")
    assert control.find_running(running_stack.paths) is None

    info = control.ensure_running(running_stack.paths)

    assert_all_gone(children)
    assert info.url == running_stack.state()["url"]
    assert running_stack.query("select id from scratch.notes") == 7
    assert running_stack.health() == 200


def test_orphans_that_were_never_recorded_are_found(running_stack: TestStack) -> None:
    """The supervisor died between starting a child and writing that down."""
    children = [running_stack.process("postgres"), running_stack.process("gateway")]
    running_stack.kill("supervisor")
    forgotten = {"postgres": None, "gateway": None}
    write_json(running_stack.paths.state, running_stack.state() | forgotten)

    control.ensure_running(running_stack.paths)

    assert_all_gone(children)
    assert running_stack.health() == 200


def test_down_ends_what_a_killed_supervisor_left(running_stack: TestStack) -> None:
    children = [running_stack.process("postgres"), running_stack.process("gateway")]
    running_stack.kill("supervisor")

    assert running_stack.down()

    assert_all_gone(children)


def test_everything_killed_at_once_comes_back(running_stack: TestStack) -> None:
    """As when the machine loses power."""
    running_stack.execute("create table scratch.notes as select 7 as id")
    running_stack.kill("supervisor", "gateway", "postgres")

    control.ensure_running(running_stack.paths)

    assert running_stack.query("select id from scratch.notes") == 7
    assert running_stack.health() == 200
