"""
The gateway's process: `python -m bdh.stack.server --stack-dir DIR [--fd N | --host H --port P]`.

It prints nothing; its log is one JSON object a line on stderr, which the supervisor keeps.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bdh.errors import BdhError
from bdh.stack.address import gateway_settings
from bdh.stack.gateway import create_app
from bdh.stack.paths import StackPaths
from bdh.stack.settings import GatewaySettings

DRAIN_SECONDS = 3
KEEP_ALIVE_SECONDS = 60
HEADER_SECONDS = 15.0
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 128
# What hosted Realtime accepts.
MAX_FRAME_BYTES = 5_000_000


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, who, what."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if hasattr(record, "request_id"):
            entry["request_id"] = record.request_id
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class TooLargeHeadError(Exception):
    """Raised inside the parser, which turns it into a 400 and closes the connection."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds: bytes of a request's head, and time until it begins."""

    _head_bytes = 0
    _head_deadline = 0.0
    _idle_deadline = 0.0
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # uvicorn has a timeout between requests, but none before the first.
        self._close_in(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_bytes:
            self._close_in(max(0.0, self._head_deadline - self.loop.time()))
        elif self._is_idle():
            # Blank lines begin nothing, but uvicorn has cancelled the timer all the same.
            self._idle_deadline = self._idle_deadline or self.loop.time() + HEADER_SECONDS
            self._close_in(max(0.0, self._idle_deadline - self.loop.time()))

    def _is_idle(self) -> bool:
        """Whether no request is under way, nor the connection a WebSocket's by now."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and self.transport.get_protocol() is self

    def _close_in(self, seconds: float) -> None:
        """Unless more arrives; uvicorn cancels this timer with every piece of data."""
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def on_message_begin(self) -> None:
        self._in_body = False
        self._idle_deadline = 0.0
        self._head_bytes = 1
        self._head_deadline = self.loop.time() + HEADER_SECONDS
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            # A trailer: uvicorn would add it to the headers, behind the back of who checked them.
            return
        self._grow(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            raise TooLargeHeadError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        self._in_body = True
        super().on_headers_complete()

    def _grow(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > MAX_HEAD_BYTES:
            raise TooLargeHeadError


class Server(uvicorn.Server):
    """A server that ends with exit code 0 when it is asked to."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def serve(settings: GatewaySettings, bound: socket.socket) -> None:
    """Answer on `bound` until SIGTERM; then finish what is under way within `DRAIN_SECONDS`."""
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http=GuardedProtocol,
        ws="websockets-sansio",
        lifespan="on",
        # A context per socket costs 40 KB, and each broadcast would be compressed once per reader.
        ws_per_message_deflate=False,
        ws_max_size=MAX_FRAME_BYTES,
        log_config=None,
        # At level info uvicorn logs each WebSocket's URL, and with it the key.
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config).run(sockets=[bound])


def _bound_socket(options: argparse.Namespace) -> socket.socket:
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    return socket.create_server((options.host, options.port), backlog=2048)


def main() -> None:
    """Serve the stack named on the command line."""
    parser = argparse.ArgumentParser(prog="bdh.stack.server")
    parser.add_argument("--stack-dir", type=Path, required=True)
    parser.add_argument("--fd", type=int, help="a listening socket the parent opened")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        settings = gateway_settings(StackPaths(options.stack_dir))
    except BdhError as error:
        sys.stderr.write(json.dumps(error.as_json()) + "\n")
        sys.exit(error.exit_code)
    serve(settings, _bound_socket(options))


if __name__ == "__main__":
    main()
