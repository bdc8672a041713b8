"""Runs scripts with the official Python client in a process of their own, as users would."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
from typing import Any

RUN_TIMEOUT_SECONDS = 60

PRELUDE = """
import asyncio, json, sys
from realtime import AsyncRealtimeClient

def report(value):
    print(json.dumps(value), flush=True)

async def soon(condition, seconds=5):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)

async def subscribed(channel):
    states = []
    await channel.subscribe(lambda state, error: states.append((state.value, str(error or ""))))
    return states
"""


class PythonClient:
    """A script under way; it may print lines by `report(value)` and read lines from stdin."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> Any:
        """The next value it reports."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), RUN_TIMEOUT_SECONDS)
        if not line:
            _out, err = await self._process.communicate()
            raise AssertionError(f"the script ended: {err.decode()}")
        return json.loads(line)

    async def say(self, text: str = "") -> None:
        """A line for its stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())
        await self._process.stdin.drain()

    async def end(self) -> None:
        """Wait for it; whatever it raised fails the test."""
        _out, err = await asyncio.wait_for(self._process.communicate(), RUN_TIMEOUT_SECONDS)
        assert self._process.returncode == 0, err.decode()


async def start_python(script: str, **values: Any) -> PythonClient:
    """Start the body of an async function; `values` are its globals."""
    known = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    body = textwrap.indent(textwrap.dedent(script), "    ")
    text = f"{PRELUDE}{known}async def main():\n{body}\nasyncio.run(main())\n"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", text,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    return PythonClient(process)


async def run_python(script: str, **values: Any) -> Any:
    """What the script reports, once; it must end by itself."""
    client = await start_python(script, **values)
    value = await client.line()
    await client.end()
    return value
