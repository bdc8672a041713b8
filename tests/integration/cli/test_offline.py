"""When the backend is away: what is kept, what is not, what a user is told."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.cli.proxy import Proxy
from tests.support.terminal import Terminal


def spooled(terminal: Terminal) -> list[Path]:
    return sorted((terminal.directory / ".bdh" / "spool").glob("*.json"))


def test_work_is_kept_in_order_and_sent_by_the_next_command(
    alice: Terminal, remote: Terminal, proxy: Proxy
) -> None:
    bead = remote.json("create", "Offline work")["id"]
    remote.bdh("claim", bead)
    proxy.cut()

    error = remote.bdh("comment", bead, "Nearly there", "--json", expect=4).error
    remote.bdh("close", bead, "-r", "Done", expect=4)
    remote.bdh(":aweb", "mail", "send", "alice", "It is done", expect=4)
    assert error["details"]["kept"] is True
    assert len(spooled(remote)) == 3
    proxy.mend()
    proxy.requests.clear()
    printed = remote.bdh("ready")

    sent = [name for name in proxy.functions() if name != "notices"]
    assert sent == ["comment_bead", "close_beads", "send_mail", "ready_beads"]
    assert "sent what was kept while offline (3)" in printed.err
    assert spooled(remote) == []
    shown = alice.json("show", bead)
    assert (shown["status"], shown["comments"][0]["body"]) == ("closed", "Nearly there")
    assert alice.json(":aweb", "mail", "list")["unread"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("claim", "bd-1"),
        ("create", "x"),
        ("ready",),
        (":status",),
        (":aweb", "chat", "send-and-leave", "alice", "x"),
        (":aweb", "chat", "send-and-wait", "alice", "x"),
    ],
)
def test_other_work_is_not_kept(remote: Terminal, proxy: Proxy, words: tuple[str, ...]) -> None:
    proxy.cut()

    error = remote.bdh(*words, "--json", expect=4).error

    assert error["code"] == "unreachable"
    assert spooled(remote) == []


def test_a_lost_answer_does_not_send_twice(alice: Terminal, remote: Terminal, proxy: Proxy) -> None:
    proxy.lose_answers = True
    remote.bdh(":aweb", "mail", "send", "alice", "Once", expect=4)
    proxy.lose_answers = False

    remote.bdh("ready")

    assert [mail["subject"] for mail in alice.json(":aweb", "mail", "list")["mail"]] == ["Once"]


@pytest.mark.parametrize("function", ["comment_bead", "release_bead", "send_mail"])
def test_a_replay_killed_in_the_middle_sends_each_once(
    alice: Terminal, remote: Terminal, proxy: Proxy, function: str
) -> None:
    """`kill -9` after the database has committed a kept call and before its file is gone."""
    bead = remote.json("create", "Offline work")["id"]
    remote.bdh("claim", bead)
    proxy.cut()
    remote.bdh("comment", bead, "Not done", expect=4)
    remote.bdh("release", bead, expect=4)
    remote.bdh(":aweb", "mail", "send", "alice", "It is yours", expect=4)
    proxy.mend()
    proxy.requests.clear()
    replaying = remote.start("ready")
    proxy.answered = lambda name: replaying.kill() if name == function else None
    replaying.communicate(timeout=30)
    proxy.answered = None

    killed_at = ["comment_bead", "release_bead", "send_mail"].index(function)
    assert replaying.returncode == -signal.SIGKILL
    assert len(spooled(remote)) == 3 - killed_at
    remote.bdh("ready")

    assert proxy.functions().count(function) == 2
    assert spooled(remote) == []
    shown = alice.json("show", bead)
    assert [comment["body"] for comment in shown["comments"]] == ["Not done"]
    assert [claim["ended_reason"] for claim in shown["claims"]] == ["released"]
    assert [mail["subject"] for mail in alice.json(":aweb", "mail", "list")["mail"]] == [
        "It is yours"
    ]


def test_what_is_refused_later_is_told_once_and_kept(
    alice: Terminal, remote: Terminal, proxy: Proxy
) -> None:
    bead = remote.json("create", "Lost meanwhile")["id"]
    remote.bdh("claim", bead)
    proxy.cut()
    remote.bdh("close", bead, expect=4)
    alice.bdh("claim", bead, "--jump-in", "It was urgent")
    proxy.mend()

    first, second = remote.bdh("ready").err, remote.bdh("ready").err

    assert f"now refused: closing {bead}" in first
    assert "now refused" not in second
    assert len(list((remote.directory / ".bdh" / "spool" / "refused").iterdir())) == 1
    assert alice.json("show", bead)["status"] == "in_progress"


def test_a_sandbox_is_named(remote: Terminal, proxy: Proxy) -> None:
    proxy.cut()

    error = remote.env(CODEX_SANDBOX_NETWORK_DISABLED="1").bdh("ready", "--json", expect=4).error

    assert error["code"] == "sandboxed"
    assert "network_access = true" in error["hint"]


def test_a_stopped_stack_is_not_started_in_a_sandbox(alice: Terminal, tmp_path: Path) -> None:
    config = alice.directory / ".bdh" / "config.json"
    stack = alice.environment["BDH_STACK_DIR"]
    config.write_text(config.read_text().replace(stack, str(tmp_path / "stopped")))

    error = alice.env(CODEX_SANDBOX_NETWORK_DISABLED="1").bdh("ready", "--json", expect=4).error

    assert error["code"] == "sandboxed"
    assert not (tmp_path / "stopped").exists()


@pytest.mark.parametrize(
    "words", [("ready",), (":status",), ("claim", "nothing-1"), ("update", "nothing-1", "-p", "1")]
)
def test_a_command_is_at_most_two_requests(
    remote: Terminal, proxy: Proxy, words: tuple[str, ...]
) -> None:
    proxy.requests.clear()

    remote.bdh(*words, expect=1 if "nothing-1" in words else 0)

    assert len(proxy.requests) == 2
    assert "notices" in proxy.functions()


def test_a_bug_is_exit_70_with_its_log(alice: Terminal) -> None:
    bead = alice.json("create", "x")["id"]
    # A file where a folder has to be is no situation that bdh knows.
    (alice.directory / ".bdh" / "epochs").write_text("")

    failed = alice.bdh("claim", bead, "--json", expect=70)

    log = Path(failed.error["details"]["log"])
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Traceback" not in failed.err
