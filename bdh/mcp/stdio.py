"""One client over standard input and output: the process belongs to the host that started it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading

from mcp.server.stdio import stdio_server

from bdh.mcp.desk import Desk, Threads
from bdh.mcp.server import Context, build
from bdh.mcp.workspace import Place, desk_of

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# For leases to be ended; a backend that is away must not hold up the host.
STOP_SECONDS = 3.0


async def serve(place: Place) -> None:
    """Serve until the client closes its end or a signal comes."""
    threads = Threads()
    desk = desk_of(place, threads)

    async def find(_context: Context) -> Desk:
        return desk

    server = build(find)
    desk.open()
    _heed_signals(desk, threads)
    try:
        async with stdio_server() as (reader, writer):
            await server.run(reader, writer, server.create_initialization_options())
    finally:
        await desk.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(threads.stop), STOP_SECONDS)


def _heed_signals(desk: Desk, threads: Threads) -> None:
    """End waits, then the process: the thread that reads standard input cannot be interrupted."""
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        task = loop.create_task(desk.close())
        task.add_done_callback(lambda _: threading.Thread(target=leave, args=(number,)).start())
        loop.call_later(STOP_SECONDS, os._exit, 128 + number)

    def leave(number: int) -> None:
        threads.stop()
        os._exit(128 + number)

    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
