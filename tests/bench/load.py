"""
Load on one POST endpoint over keep-alive connections: a program of its own, standard library only.

    python -m tests.bench.load PORT CONNECTIONS SECONDS REQUESTS_FILE

The file holds one complete HTTP request after another, each preceded by its length in bytes and a
newline; connection n sends every CONNECTIONS-th. Prints one JSON object: requests, refused,
latencies in milliseconds (p50, p90, p99), seconds, and the CPU seconds this program took.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import cast


def read_requests(path: Path) -> list[bytes]:
    """The requests of a file made by `write_requests`."""
    content = path.read_bytes()
    requests, at = [], 0
    while at < len(content):
        end = content.index(b"\n", at)
        length = int(content[at:end])
        requests.append(content[end + 1 : end + 1 + length])
        at = end + 1 + length
    return requests


def write_requests(path: Path, requests: list[bytes]) -> None:
    """Store requests for another process."""
    path.write_bytes(b"".join(b"%d\n%s" % (len(one), one) for one in requests))


class Connection(asyncio.Protocol):
    """Sends its requests one after the other, each when the answer to the last has come."""

    def __init__(self, requests: list[bytes], until: float, done: asyncio.Future[None]) -> None:
        self._requests = iter(requests)
        self._until = until
        self._done = done
        self._buffer = b""
        self.latencies: list[float] = []
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        request = next(self._requests, None)
        if request is None or self._sent > self._until:
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < content_length(head):
            return
        self.latencies.append((time.perf_counter() - self._sent) * 1000)
        self.refused += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self._done.done():
            self._done.set_result(None)


def content_length(head: bytes) -> int:
    """The length that the headers announce; every answer of the gateway has one."""
    return int(head.lower().rpartition(b"content-length:")[2].split(b"\r\n", 1)[0])


async def run(
    port: int, connections: int, seconds: float, requests: list[bytes]
) -> dict[str, float]:
    """Drive the endpoint and count."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    drivers, ends = [], []
    for number in range(connections):
        ends.append(loop.create_future())
        mine = requests[number::connections]
        _, driver = await loop.create_connection(
            lambda mine=mine: Connection(mine, start + seconds, ends[-1]), "127.0.0.1", port
        )
        drivers.append(driver)
    await asyncio.gather(*ends)
    took = time.perf_counter() - start
    times = sorted(one for driver in drivers for one in driver.latencies)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "requests": len(times),
        "refused": sum(driver.refused for driver in drivers),
        "seconds": took,
        "p50": times[len(times) // 2],
        "p90": times[len(times) * 9 // 10],
        "p99": times[len(times) * 99 // 100],
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def main(words: list[str]) -> None:
    """Run as a program."""
    try:
        import uvloop
    except ImportError:
        loop_factory = None
    else:
        loop_factory = uvloop.new_event_loop
    port, connections, seconds, path = words
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        figures = runner.run(
            run(int(port), int(connections), float(seconds), read_requests(Path(path)))
        )
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
