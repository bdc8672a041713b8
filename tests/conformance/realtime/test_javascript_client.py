"""supabase-js under Node, unmodified, on both protocol versions."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.support.node import node_folder, run_node
from tests.support.realtime import RealtimeServer

PRELUDE = """
import { RealtimeClient } from "@supabase/realtime-js";
const open = async (token) => {
  const client = new RealtimeClient(url, { params: { apikey: key }, vsn, timeout: 5000 });
  if (token) await client.setAuth(token);
  return client;
};
const subscribed = (channel) => new Promise((done) => channel.subscribe((state, error) => {
  (channel.states ??= []).push(state);
  done([state, error?.message ?? ""]);
}));
const soon = async (condition) => {
  for (let n = 0; n < 1000; n++) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error("waited in vain");
};
"""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    node_folder()


async def drive(realtime: RealtimeServer, version: int, script: str, **values: Any) -> Any:
    known = {"url": realtime.url, "key": realtime.secrets.publishable_key, "vsn": f"{version}.0.0"}
    return await asyncio.to_thread(run_node, PRELUDE + script, **known, **values)


async def test_broadcast_ack_self_and_leaving(realtime: RealtimeServer, version: int) -> None:
    got = await drive(realtime, version, """
        const one = await open(), two = await open(), heard = [];
        const sender = one.channel("x", { config: { broadcast: { ack: true, self: true } } });
        const reader = two.channel("x");
        for (const channel of [sender, reader])
          channel.on("broadcast", { event: "hello" }, (message) => heard.push(message));
        const states = [await subscribed(sender), await subscribed(reader)];
        const sent = await sender.send({ type: "broadcast", event: "hello", payload: { n: 1 } });
        await soon(() => heard.length === 2);
        const left = await sender.unsubscribe();
        report([states, sent, heard, left]);
        process.exit(0);
    """)  # fmt: skip
    hello = {"type": "broadcast", "event": "hello", "payload": {"n": 1}}
    states, sent, heard, left = got
    assert (states, sent, left) == ([["SUBSCRIBED", ""]] * 2, "ok", "ok")
    assert [{name: message[name] for name in hello} for message in heard] == [hello, hello]


async def test_bytes(realtime: RealtimeServer) -> None:
    got = await drive(realtime, 2, """
        const one = await open(), two = await open(), heard = [];
        const sender = one.channel("x"), reader = two.channel("x");
        reader.on("broadcast", { event: "bytes" }, (message) =>
          heard.push([...new Uint8Array(message.payload)]));
        await subscribed(sender); await subscribed(reader);
        await sender.send({ type: "broadcast", event: "bytes",
                            payload: new Uint8Array([0, 255]).buffer });
        await soon(() => heard.length);
        report(heard);
        process.exit(0);
    """)  # fmt: skip
    assert got == [[0, 255]]


async def test_private_channels(realtime: RealtimeServer, version: int) -> None:
    got = await drive(realtime, version, """
        const client = await open(token);
        const join = (topic) => subscribed(client.channel(topic, { config: { private: true } }));
        report([await join("room:open"), await join("elsewhere")]);
        process.exit(0);
    """, token=realtime.token())  # fmt: skip
    allowed, denied = got
    assert allowed == ["SUBSCRIBED", ""]
    assert denied[0] == "CHANNEL_ERROR"
    assert "Unauthorized: You do not have permissions to read" in denied[1]


async def test_postgres_changes_are_refused_by_name(realtime: RealtimeServer, version: int) -> None:
    got = await drive(realtime, version, """
        const channel = (await open()).channel("x");
        channel.on("postgres_changes", { event: "*", schema: "public" }, () => {});
        report(await subscribed(channel));
        process.exit(0);
    """)  # fmt: skip
    assert got[0] == "CHANNEL_ERROR"
    assert "PostgresChangesNotSupported" in got[1]


async def test_presence(realtime: RealtimeServer, version: int) -> None:
    got = await drive(realtime, version, """
        const seen = [], one = await open(), two = await open();
        const at = (client, key) => client.channel("lobby", { config: { presence: { key } } });
        const ann = at(one, "ann"), bob = at(two, "bob");
        ann.on("presence", { event: "join" }, ({ key, newPresences }) =>
          seen.push(["join", key, newPresences[0].at]));
        ann.on("presence", { event: "leave" }, ({ key, leftPresences }) =>
          seen.push(["leave", key, leftPresences[0].at]));
        bob.on("presence", { event: "sync" }, () => {});
        await subscribed(ann); await subscribed(bob);
        await bob.track({ at: "home" });
        await soon(() => seen.length === 1);
        await bob.track({ at: "work" });
        await soon(() => seen.length === 3);
        const state = Object.fromEntries(Object.entries(ann.presenceState())
          .map(([key, metas]) => [key, metas.map((meta) => meta.at)]));
        await two.disconnect();
        await soon(() => seen.length === 4);
        report([state, seen[0], seen[3]]);
        process.exit(0);
    """)  # fmt: skip
    assert got == [{"bob": ["work"]}, ["join", "bob", "home"], ["leave", "bob", "work"]]


async def test_replay_and_messages_of_the_database(
    realtime: RealtimeServer, sql: asyncpg.Connection, version: int
) -> None:
    topic = f"room:js{version}"
    await sql.execute("select realtime.send('{\"n\": 1}', 'changed', $1)", topic)
    got = await drive(realtime, version, """
        const heard = [], client = await open(token);
        const channel = client.channel(topic, {
          config: { private: true, broadcast: { replay: { since: 0, limit: 5 } } } });
        channel.on("broadcast", { event: "changed" }, (message) => heard.push(message));
        await subscribed(channel);
        await soon(() => heard.length === 1);
        await fetch(url + "/api/broadcast", {
          method: "POST", headers: { apikey: secret, "content-type": "application/json" },
          body: JSON.stringify({ messages: [
            { topic, event: "changed", payload: { n: 2 }, private: true }] }) });
        await soon(() => heard.length === 2);
        const sent = await channel.httpSend("changed", { n: 3 });
        report([heard.map((m) => [m.payload.n, m.meta?.replayed ?? false]), sent]);
        process.exit(0);
    """, topic=topic, token=realtime.token(role="service_role"),
        secret=realtime.secrets.secret_key)  # fmt: skip
    assert got[0] == [[1, True], [2, False]]
    assert got[1]["success"] is True


async def test_an_expired_token_closes_the_channel_and_a_refresh_keeps_it(
    realtime: RealtimeServer, version: int
) -> None:
    got = await drive(realtime, version, """
        const start = async (first) => {
          const client = await open(first);
          const channel = client.channel("room:x", { config: { private: true } });
          await subscribed(channel);
          return [client, channel];
        };
        const [refreshed, kept] = await start(short), [expired, lost] = await start(short);
        await refreshed.setAuth(long);
        await soon(() => lost.states.includes("CLOSED"));
        report([kept.states, lost.states.at(-1), refreshed.isConnected(), expired.isConnected()]);
        process.exit(0);
    """, short=realtime.token("ann", seconds=1), long=realtime.token("ann"))  # fmt: skip
    assert got == [["SUBSCRIBED"], "CLOSED", True, True]
