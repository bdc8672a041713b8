"""Repeating a call that carries an idempotency key until it got through."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from bdh.errors import UnreachableError

T = TypeVar("T")

# A gateway that restarts is back well within this; a backend that is away is not.
PAUSES_SECONDS = (0.1, 0.3, 0.6, 1.0, 2.0)
# It answered, and failed: the same call will fail again.
ANSWERED = ("backend_failed", "bad_answer")


# A backend that hangs takes every call's whole patience: then the second one is the last.
LAST_TRY_SECONDS = 15.0


def insist(
    call: Callable[[], T],
    sleep: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """
    What `call` returns; repeated while nothing answers, a few seconds in all.

    Raises:
        UnreachableError: nothing answered to the end.
    """
    last_try = clock() + LAST_TRY_SECONDS
    for seconds in PAUSES_SECONDS:
        try:
            return call()
        except UnreachableError as error:
            if error.code in ANSWERED or clock() > last_try:
                raise
            sleep(seconds)
    return call()
