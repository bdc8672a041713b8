"""Stacks for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import TestStack


@pytest.fixture(scope="session")
def stopped_stack() -> Iterator[TestStack]:
    """A stack that has run and was stopped, for `running_stack` to copy."""
    stack = TestStack()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in stack.environment.items():
            environment.setenv(name, value)
        stack.up()
        stack.down()
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def _shared_stack(stopped_stack: TestStack) -> Iterator[TestStack]:
    stack = TestStack()
    stack.start_like(stopped_stack)
    yield stack
    stack.close()


@pytest.fixture
def shared_stack(_shared_stack: TestStack) -> TestStack:
    """A stack that runs, for tests that leave it running and their tables behind."""
    _shared_stack.up()
    return _shared_stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestStack]:
    """A stack that has never been started."""
    stack = TestStack()
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    yield stack
    stack.close()


@pytest.fixture
def running_stack(stack: TestStack, stopped_stack: TestStack) -> TestStack:
    """A stack that runs."""
    stack.start_like(stopped_stack)
    return stack
