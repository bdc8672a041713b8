"""What a running stack has to do at the moment, read from its own metrics."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass

from bdh.stack.control import StackInfo

TIMEOUT_SECONDS = 5.0
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)
BUCKET = "bdh_request_seconds_bucket"


@dataclass(frozen=True, slots=True)
class Load:
    """Since the gateway's start; a latency is the bound of its bucket, `None` beyond the last."""

    requests: int
    failed_requests: int
    p50_ms: float | None
    p99_ms: float | None
    sockets: int
    database_connections: int
    outbox_pending: int
    outbox_parked: int
    schedules_failing: int


def read_load(info: StackInfo) -> Load | None:
    """The load of the stack, or `None` when its gateway does not answer."""
    # The address is of this machine's own stack.
    request = urllib.request.Request(  # noqa: S310
        f"{info.url}/metrics", headers={"authorization": f"Bearer {info.secret_key}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return parse(answer.read().decode())
    except OSError:
        return None


def parse(text: str) -> Load:
    """The load that a page of metrics describes."""
    samples = [(name, labels, float(value)) for name, labels, value in SAMPLE.findall(text)]

    def total(name: str, label: str = "") -> int:
        return int(sum(value for key, labels, value in samples if key == name and label in labels))

    buckets: dict[str, float] = {}
    for name, labels, value in samples:
        if name == BUCKET and 'part="rest"' in labels:
            buckets[labels.split('le="')[1].rstrip('"')] = value
    return Load(
        requests=total("bdh_requests_total"),
        failed_requests=total("bdh_requests_total", 'status="5'),
        p50_ms=_quantile(buckets, 0.5),
        p99_ms=_quantile(buckets, 0.99),
        sockets=total("bdh_sockets"),
        database_connections=total("bdh_database_connections"),
        outbox_pending=total("bdh_outbox_pending"),
        outbox_parked=total("bdh_outbox_parked"),
        schedules_failing=total("bdh_schedules_failing"),
    )


def _quantile(buckets: dict[str, float], share: float) -> float | None:
    """The bound, in milliseconds, below which this share of the requests was answered."""
    wanted = buckets.get("+Inf", 0) * share
    for bound, count in buckets.items():
        if count >= wanted > 0:
            return None if bound == "+Inf" else float(bound) * 1000
    return None
