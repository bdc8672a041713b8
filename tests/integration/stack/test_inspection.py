"""`bdh :stack status`, `logs`, `mail`, and what the stack weighs."""

from __future__ import annotations

import sys
from email.message import EmailMessage

import pytest

from bdh.errors import UsageError
from bdh.stack import control
from tests.support.stack import TestStack

MAX_IDLE_BYTES = 200 * 1024 * 1024


def test_status_before_the_first_start(stack: TestStack) -> None:
    status = control.status(stack.paths)

    assert not status.running
    assert status.url is None
    assert status.processes == ()


def test_status_of_a_running_stack(running_stack: TestStack) -> None:
    status = control.status(running_stack.paths)

    assert status.running
    assert status.url == running_stack.state()["url"]
    assert [process.name for process in status.processes] == ["supervisor", "postgres", "gateway"]
    running_stack.down()
    assert not control.status(running_stack.paths).running


@pytest.mark.skipif(sys.platform != "linux", reason="PSS is known on Linux only")
def test_an_idle_stack_is_small(running_stack: TestStack) -> None:
    """All processes together, shared pages divided among those that share them."""
    memory_bytes = control.status(running_stack.paths).memory_bytes

    assert memory_bytes is not None
    assert memory_bytes < MAX_IDLE_BYTES


def test_logs_are_shown_by_name(running_stack: TestStack) -> None:
    assert "ready to accept connections" in "\n".join(control.logs(running_stack.paths, "postgres"))
    assert len(control.logs(running_stack.paths, "supervisor", lines=1)) == 1

    with pytest.raises(UsageError) as refusal:
        control.logs(running_stack.paths, "kernel")
    assert refusal.value.code == "unknown_log"


def test_mail_is_shown_newest_first(stack: TestStack) -> None:
    stack.paths.create()
    for number, subject in enumerate(("first", "secónd")):
        message = EmailMessage()
        message["To"], message["Subject"] = "alice@example.com", subject
        message.set_content(f"Your code is {number}")
        (stack.paths.mail / f"{number}.eml").write_bytes(bytes(message))

    newest, oldest = control.mail(stack.paths)

    assert (newest.to, newest.subject, newest.body) == (
        "alice@example.com",
        "secónd",
        "Your code is 1",
    )
    assert oldest.subject == "first"
