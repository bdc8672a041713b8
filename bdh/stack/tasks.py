"""Work in the background of the gateway, which nobody awaits while it goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("bdh.stack")


def start(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task whose death by a bug is in the log at once, and not when it is stopped, or never."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s has died of a bug", task.get_name(), exc_info=error)
