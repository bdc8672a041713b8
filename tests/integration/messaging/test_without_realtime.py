"""Behind something that lets requests through and WebSockets not: waiting polls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bdh.api.session import SessionStore
from bdh.core.pulse import SILENCE_SECONDS
from bdh.local.directory import open_identity, write_identity
from tests.integration.messaging.conftest import Agent, Office


async def relay(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@pytest.fixture
async def proxy(office: Office) -> AsyncIterator[str]:
    """The address of a proxy in front of the gateway that drops Realtime."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(65536)
        if b" /realtime/" in head.split(b"\r\n")[0]:
            writer.close()
            return
        upstream = await asyncio.open_connection("127.0.0.1", office.gateway.port)
        upstream[1].write(head)
        await asyncio.gather(relay(reader, upstream[1]), relay(upstream[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_an_answer_comes_by_polling_and_that_is_said_once(
    office: Office, alice: Agent, bob: Agent, proxy: str
) -> None:
    identity = open_identity(alice.folder)
    store = SessionStore(identity.session_file)
    session = store.load()
    assert session is not None
    store.save(session._replace(url=proxy))
    write_identity(identity._replace(url=proxy))

    asking = alice.start(":aweb", "chat", "send-and-wait", "bob", "?")
    await office.until_waiting()
    # The sentence comes when silence has lasted, which only time shows.
    await asyncio.sleep(SILENCE_SECONDS + 1)
    await office.sql.call(bob.caller, "chat_send", to=["alice"], body="by polling")
    out, err = await asyncio.to_thread(asking.communicate, timeout=15)

    assert asking.returncode == 0, err
    assert out == "Waiting for bob...\nbob: by polling\n"
    assert err.count("Realtime does not answer") == 1
