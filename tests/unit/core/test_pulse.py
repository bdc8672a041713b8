"""When a waiting client looks again."""

from __future__ import annotations

from collections import deque

import pytest

from bdh.core.ports import Hint
from bdh.core.pulse import POLL_SECONDS, SILENCE_SECONDS, STARTING_POLL_SECONDS, Pulse


class Script:
    """A feed and its clock: waiting for a hint takes exactly the time it was given."""

    def __init__(self, *hints: tuple[float, str], live: bool) -> None:
        self.now = 0.0
        self.live = live
        self._hints = deque(hints)

    def clock(self) -> float:
        return self.now

    def next(self, timeout_seconds: float) -> Hint | None:
        if self._hints and self._hints[0][0] <= self.now + timeout_seconds:
            at, event = self._hints.popleft()
            self.now = max(self.now, at)
            return Hint(event)
        self.now += timeout_seconds
        return None


def pulse(script: Script, said: list[str]) -> Pulse:
    return Pulse(script, ["chat"], script.clock, said.append)


@pytest.mark.parametrize(("event", "ends_at"), [("chat", 3), ("subscribed", 3), ("mail", 20)])
def test_only_hints_that_matter_end_a_pause(event: str, ends_at: float) -> None:
    script = Script((3, event), live=True)

    pulse(script, []).pause(20)

    assert script.now == ends_at


def test_it_polls_often_until_the_subscription_stands_and_then_less() -> None:
    script = Script(live=False)
    paced = pulse(script, [])

    paced.pause(20)
    assert script.now == pytest.approx(STARTING_POLL_SECONDS)
    script.now = 10
    paced.pause(20)
    assert script.now == pytest.approx(10 + POLL_SECONDS)


def test_silence_is_told_once() -> None:
    script, said = Script(live=False), list[str]()
    paced = pulse(script, said)

    while script.now < SILENCE_SECONDS * 4:
        paced.pause(20)

    assert len(said) == 1


def test_a_short_gap_is_not_told() -> None:
    script, said = Script(live=False), list[str]()
    paced = pulse(script, said)
    paced.pause(1)
    script.live = True
    paced.pause(60)
    script.live = False
    paced.pause(1)

    assert said == []
