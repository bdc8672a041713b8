"""The official Python client, unmodified, in a process of its own."""

from __future__ import annotations

import asyncpg

from tests.support.python_client import run_python, start_python
from tests.support.realtime import RealtimeServer


async def test_broadcast_ack_and_leaving(realtime: RealtimeServer) -> None:
    got = await run_python(
        """
        one, two = AsyncRealtimeClient(url, key), AsyncRealtimeClient(url, key)
        heard, acknowledged = [], []
        config = {"config": {"broadcast": {"ack": True, "self": False}, "presence": None,
                             "private": False}}
        sender, reader = one.channel("x", config), two.channel("x")
        reader.on_broadcast("hello", heard.append)
        states = await subscribed(sender) + await subscribed(reader)
        push = await sender.push("broadcast", {"type": "broadcast", "event": "hello",
                                               "payload": {"n": 1}})
        push.receive("ok", lambda _: acknowledged.append(True))
        await soon(lambda: heard and acknowledged)
        await sender.unsubscribe()
        await soon(lambda: not one.channels)
        await one.close(); await two.close()
        report([states, heard])
        """,
        url=realtime.url, key=realtime.secrets.publishable_key,
    )  # fmt: skip
    states, heard = got
    assert states == [["SUBSCRIBED", ""], ["SUBSCRIBED", ""]]
    assert heard == [{"event": "hello", "payload": {"n": 1}}]


async def test_private_channels(realtime: RealtimeServer) -> None:
    got = await run_python(
        """
        client = AsyncRealtimeClient(url, key)
        await client.set_auth(token)
        private = {"config": {"broadcast": None, "presence": None, "private": True}}
        allowed = await subscribed(client.channel("room:open", private))
        denied = await subscribed(client.channel("elsewhere", private))
        await client.close()
        report([allowed, denied])
        """,
        url=realtime.url, key=realtime.secrets.publishable_key, token=realtime.token(),
    )  # fmt: skip
    allowed, denied = got
    assert allowed == [["SUBSCRIBED", ""]]
    assert denied[0][0] == "CHANNEL_ERROR"
    assert "Unauthorized: You do not have permissions to read" in denied[0][1]


async def test_presence(realtime: RealtimeServer) -> None:
    got = await run_python(
        """
        clients = [AsyncRealtimeClient(url, key) for _ in range(2)]
        seen = []
        def channel(client, name):
            config = {"broadcast": None, "presence": {"key": name, "enabled": True},
                      "private": False}
            return client.channel("lobby", {"config": config})
        ann, bob = channel(clients[0], "ann"), channel(clients[1], "bob")
        ann.on_presence_join(lambda key, old, new: seen.append(["join", key, new[0].get("at")]))
        ann.on_presence_leave(lambda key, now, left: seen.append(["leave", key, left[0].get("at")]))
        await subscribed(ann); await subscribed(bob)
        await bob.track({"at": "home"})
        await soon(lambda: ["join", "bob", "home"] in seen)
        await bob.track({"at": "work"})
        await soon(lambda: ["join", "bob", "work"] in seen)
        state = {key: [meta["at"] for meta in metas] for key, metas in ann.presence.state.items()}
        await clients[1].close()
        await soon(lambda: ["leave", "bob", "work"] in seen)
        await clients[0].close()
        report([state, seen[0], seen[-1]])
        """,
        url=realtime.url, key=realtime.secrets.publishable_key,
    )  # fmt: skip
    assert got == [{"bob": ["work"]}, ["join", "bob", "home"], ["leave", "bob", "work"]]


async def test_messages_of_the_database_and_replay(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    await sql.execute("select realtime.send('{\"n\": 1}', 'changed', 'room:replay')")
    script = await start_python(
        """
        client = AsyncRealtimeClient(url, key)
        await client.set_auth(token)
        heard = []
        broadcast = {"ack": False, "self": False, "replay": {"since": 0, "limit": 5}}
        channel = client.channel("room:replay", {"config": {
            "broadcast": broadcast, "presence": None, "private": True}})
        channel.on_broadcast("changed", heard.append)
        report(await subscribed(channel))
        await soon(lambda: len(heard) == 2)
        await client.close()
        report([(h["payload"]["n"], h["meta"].get("replayed", False)) for h in heard])
        """,
        url=realtime.url, key=realtime.secrets.publishable_key, token=realtime.token(),
    )  # fmt: skip
    assert await script.line() == [["SUBSCRIBED", ""]]
    await sql.execute("select realtime.send('{\"n\": 2}', 'changed', 'room:replay')")
    assert await script.line() == [[1, True], [2, False]]
    await script.end()


async def test_a_token_is_refreshed_or_ends_the_channel(realtime: RealtimeServer) -> None:
    script = await start_python(
        """
        async def open_channel(first, second):
            client = AsyncRealtimeClient(url, key)
            await client.set_auth(first)
            states = []
            channel = client.channel("room:x", {"config": {
                "broadcast": None, "presence": None, "private": True}})
            await channel.subscribe(lambda state, error: states.append(state.value))
            if second:
                await client.set_auth(second)
            return client, states
        refreshed, kept = await open_channel(short, long)
        expired, lost = await open_channel(short, None)
        await soon(lambda: "CLOSED" in lost)
        report([kept, lost, refreshed.is_connected, expired.is_connected])
        await refreshed.close(); await expired.close()
        """,
        url=realtime.url, key=realtime.secrets.publishable_key,
        short=realtime.token("ann", seconds=1), long=realtime.token("ann"),
    )  # fmt: skip
    kept, lost, *connected = await script.line()
    assert kept == ["SUBSCRIBED"]
    assert lost == ["SUBSCRIBED", "CHANNEL_ERROR", "CLOSED"]
    assert connected == [True, True]
    await script.end()


async def test_http_send(realtime: RealtimeServer) -> None:
    got = await run_python(
        """
        client = AsyncRealtimeClient(url, key)
        heard = []
        channel = client.channel("x")
        channel.on_broadcast("hello", heard.append)
        await subscribed(channel)
        await channel.http_send("hello", {"n": 1})
        await soon(lambda: heard)
        await client.close()
        report(heard)
        """,
        url=realtime.url, key=realtime.secrets.publishable_key,
    )  # fmt: skip
    assert got == [{"event": "hello", "payload": {"n": 1}}]
