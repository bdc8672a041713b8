"""What a page of metrics says about the load."""

from __future__ import annotations

from bdh.stack.load import parse
from bdh.stack.metrics import Requests


def page(requests: Requests, *more: str) -> str:
    return "\n".join([*requests.lines(), *more]) + "\n"


def test_latencies_are_the_bounds_of_their_buckets() -> None:
    requests = Requests()
    for seconds in [0.004] * 90 + [0.2] * 10:
        requests.add("/rest/v1/beads", 200, seconds)
    requests.add("/auth/v1/user", 503, 9.0)

    load = parse(page(requests, "bdh_sockets 7", "bdh_outbox_parked 2"))

    assert (load.requests, load.failed_requests) == (101, 1)
    assert (load.p50_ms, load.p99_ms) == (5, 250)
    assert (load.sockets, load.outbox_parked, load.outbox_pending) == (7, 2, 0)


def test_without_requests_there_is_no_latency() -> None:
    load = parse(page(Requests()))

    assert (load.requests, load.p50_ms, load.p99_ms) == (0, None, None)


def test_paths_of_strangers_make_no_new_series() -> None:
    """A label per path would let anybody fill the memory."""
    requests = Requests()
    for number in range(100):
        requests.add(f"/{number}/x", 404, 0.001)
        requests.add(f"/{number}", 404, 0.001)

    lines = [line for line in requests.lines() if line.startswith("bdh_requests_total")]
    assert lines == ['bdh_requests_total{part="other",status="404"} 200']
