"""Repeating a call that carries an idempotency key until it got through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bdh.errors import UnreachableError

T = TypeVar("T")

# A gateway that restarts is back well within this; a backend that is away is not.
PAUSES_SECONDS = (0.1, 0.3, 0.6, 1.0, 2.0)
# It answered, and failed: the same call will fail again.
ANSWERED = ("backend_failed", "bad_answer")


def insist(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """
    What `call` returns; repeated while nothing answers, a few seconds in all.

    Raises:
        UnreachableError: nothing answered to the end.
    """
    for seconds in PAUSES_SECONDS:
        try:
            return call()
        except UnreachableError as error:
            if error.code in ANSWERED:
                raise
            sleep(seconds)
    return call()
