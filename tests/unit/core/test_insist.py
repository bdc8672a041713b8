"""Calls with a key are repeated while nothing answers."""

from __future__ import annotations

import pytest

from bdh.core.insist import PAUSES_SECONDS, insist
from bdh.errors import RefusedError, UnreachableError


class Backend:
    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


def away(code: str = "unreachable") -> UnreachableError:
    return UnreachableError("away", code=code)


def test_it_returns_what_the_call_returns_in_the_end() -> None:
    slept: list[float] = []
    backend = Backend(away(), away())

    assert insist(backend, slept.append) == "done"
    assert slept == list(PAUSES_SECONDS[:2])


def test_it_gives_up_in_the_end() -> None:
    backend = Backend(*[away()] * 20)

    with pytest.raises(UnreachableError):
        insist(backend, lambda _seconds: None)

    assert backend.calls == len(PAUSES_SECONDS) + 1


def test_a_backend_that_hangs_is_asked_twice() -> None:
    """Each call takes ten seconds: nobody should wait a minute for the news."""
    backend, now = Backend(*[away("no_answer")] * 20), iter(range(0, 1000, 10))

    with pytest.raises(UnreachableError):
        insist(backend, lambda _seconds: None, lambda: next(now))

    assert backend.calls == 2


@pytest.mark.parametrize("error", [RefusedError("no", code="x"), away("backend_failed")])
def test_an_answer_is_an_answer(error: Exception) -> None:
    backend = Backend(error)

    with pytest.raises(type(error)):
        insist(backend, lambda _seconds: None)

    assert backend.calls == 1
