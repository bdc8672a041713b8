"""Work in the background does not die in silence."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bdh.stack import tasks


async def test_a_task_that_dies_is_in_the_log_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    task = tasks.start(fail(), "the clock")
    await asyncio.wait([task])
    await asyncio.sleep(0)

    (record,) = caplog.records
    assert record.levelno == logging.CRITICAL
    assert record.getMessage().startswith("the clock has died")
    assert record.exc_info is not None


async def test_a_task_that_ends_or_is_stopped_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    task = tasks.start(asyncio.sleep(0), "one")
    stopped = tasks.start(asyncio.sleep(60), "other")
    await task
    stopped.cancel()
    await asyncio.wait([stopped])
    await asyncio.sleep(0)

    assert caplog.records == []
