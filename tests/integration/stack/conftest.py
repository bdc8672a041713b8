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
        stack.use(environment)
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
def running_stack(_shared_stack: TestStack, monkeypatch: pytest.MonkeyPatch) -> TestStack:
    """
    A stack that runs, with an empty schema `scratch`.

    One for all tests: they may kill and restart what they like, but not spoil the database.
    """
    _shared_stack.use(monkeypatch)
    _shared_stack.up()
    _shared_stack.execute("drop schema if exists scratch cascade; create schema scratch")
    return _shared_stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestStack]:
    """A stack that has never been started."""
    stack = TestStack()
    stack.use(monkeypatch)
    yield stack
    stack.close()


@pytest.fixture
def own_stack(stack: TestStack, stopped_stack: TestStack) -> TestStack:
    """A stack that runs, for a test that spoils it."""
    stack.start_like(stopped_stack)
    return stack
