"""Token buckets: how much, how soon again, for whom."""

from __future__ import annotations

import pytest

from bdh.stack.auth import limits
from bdh.stack.auth.limits import Limit, network


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_is_allowed_then_one_waits(clock: Clock) -> None:
    limit = Limit(3, 60, clock)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 20]
    clock.now += 20
    assert limit.take("a") == 0
    assert limit.take("a") == 20


def test_the_wait_it_names_is_enough(clock: Clock) -> None:
    limit = Limit(7, 60, clock)
    while not (wait := limit.take("a")):
        pass
    clock.now += wait
    assert limit.take("a") == 0


def test_keys_do_not_share(clock: Clock) -> None:
    limit = Limit(1, 60, clock)
    assert (limit.take("a"), limit.take("b")) == (0, 0)


def test_an_event_can_be_given_back(clock: Clock) -> None:
    limit = Limit(1, 60, clock)
    for _ in range(5):
        assert limit.take("a") == 0
        limit.give_back("a")
    limit.give_back("a")
    assert [limit.take("a"), limit.take("a")] == [0, 60]


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BUCKETS", 10)
    limit = Limit(1, 60, clock)
    for number in range(100):
        limit.take(str(number))
    assert len(limit._buckets) == 10
    assert limit.take("99") > 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        (None, "local"),
        ("", "local"),
        ("unix", "local"),
    ],
)
def test_one_customer_is_one_address(host: str | None, expected: str) -> None:
    assert network(host) == expected
