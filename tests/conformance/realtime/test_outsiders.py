"""
Who has no place in a project neither hears it, nor speaks in it, nor sees who is there.

Tried with the official clients, as processes, against a whole gateway with bdh's own policies.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bdh.stack.tokens import Tokens
from tests.support.gateway import TestGateway
from tests.support.node import run_node
from tests.support.python_client import run_python
from tests.support.realtime import Raw, sign
from tests.support.sql import Caller, Project, Sql

# On each topic: join, private and public; then send and be present, joined or not; then by HTTP.
PYTHON = """
async def attempt(token, topic, private):
    client = AsyncRealtimeClient(url, key)
    await client.set_auth(token)
    heard = []
    channel = client.channel(topic, {"config": {
        "broadcast": {"ack": False, "self": False}, "private": private,
        "presence": {"key": "intruder", "enabled": True}}})
    channel.on_broadcast("*", lambda message: heard.append(message["event"]))
    channel.on_presence_sync(lambda: heard.extend(channel.presence_state()))
    [(state, reason)] = await subscribed(channel)
    for event, payload in (
        ("broadcast", {"type": "broadcast", "event": "forged", "payload": {}}),
        ("presence", {"type": "presence", "event": "track", "payload": {"name": "forged"}}),
    ):
        await client.send({"topic": "realtime:" + topic, "event": event, "payload": payload,
                           "ref": "9"})
    try:
        await channel.http_send("forged", {})
        sent = True
    except Exception:
        sent = False
    await asyncio.sleep(0.1)
    await client.close()
    return [state, reason, sorted({*heard} - {"intruder"}), sent]
async def both(token, topic):
    return [await attempt(token, topic, private) for private in (True, False)]
names = list(tokens)
tried = await asyncio.gather(*(both(tokens[name], topic) for name in names for topic in topics))
report([[name, *tried.pop(0)] for name in names for _ in topics])
"""
JAVASCRIPT = """
import { RealtimeClient } from "@supabase/realtime-js";
const attempt = async (token, topic, isPrivate) => {
  const client = new RealtimeClient(url, { params: { apikey: key }, timeout: 5000 });
  await client.setAuth(token);
  const heard = [];
  const channel = client.channel(topic, { config: { private: isPrivate,
    presence: { key: "intruder", enabled: true } } });
  channel.on("broadcast", { event: "*" }, (message) => heard.push(message.event));
  const look = () => heard.push(...Object.keys(channel.presenceState()));
  channel.on("presence", { event: "sync" }, look);
  const [state, reason] = await new Promise((done) =>
    channel.subscribe((state, error) => done([state, error?.message ?? ""])));
  for (const [event, payload] of [
    ["broadcast", { type: "broadcast", event: "forged", payload: {} }],
    ["presence", { type: "presence", event: "track", payload: { name: "forged" } }],
  ]) client.push({ topic: `realtime:${topic}`, event, payload, ref: "9" });
  let sent = true;
  try { await channel.httpSend("forged", {}); } catch { sent = false; }
  await new Promise((done) => setTimeout(done, 100));
  await client.disconnect();
  return [state, reason, [...new Set(heard)].filter((name) => name !== "intruder"), sent];
};
const both = async ([name, token], topic) =>
  [name, await attempt(token, topic, true), await attempt(token, topic, false)];
const pairs = Object.entries(tokens).flatMap((one) => topics.map((topic) => [one, topic]));
report(await Promise.all(pairs.map(([one, topic]) => both(one, topic))));
process.exit(0);
"""
INSIDE = {"private": True, "presence": {"enabled": True, "key": "ann"}}


@dataclass
class Place:
    """A project with its people behind a gateway, and those who have no business there."""

    gateway: TestGateway
    sql: Sql
    project: Project
    ann: Caller
    human: Caller
    outsiders: dict[str, str | None]

    @property
    def topics(self) -> list[str]:
        """Every kind of topic of the project."""
        return [f"project:{self.project.id}", f"workspace:{self.ann.id}", f"member:{self.human.id}"]

    def raw(self, caller: Caller) -> Raw:
        return Raw(f"{self.gateway.url}/realtime/v1", 2, token(self.gateway, caller))

    async def attempt(self, client: str) -> Any:
        """For each outsider and topic: who, the private channel, the public one."""
        values: dict[str, Any] = {
            "url": f"{self.gateway.url}/realtime/v1",
            "key": self.gateway.secrets.publishable_key,
            "tokens": self.outsiders,
            "topics": self.topics,
        }
        if client == "python":
            return await run_python(PYTHON, **values)
        return await asyncio.to_thread(run_node, JAVASCRIPT, **values)


def token(gateway: TestGateway, caller: Caller, **options: Any) -> str:
    return sign(Tokens(gateway.secrets), str(caller.user_id), **options)


@pytest.fixture
async def place(gateway: TestGateway) -> AsyncIterator[Place]:
    sql = Sql(gateway.database)
    project, other = await sql.project("here"), await sql.project("there")
    ann, human = await sql.workspace(project, "ann-developer"), await sql.member(project)
    stranger, guest = await sql.workspace(other, "eve-developer"), await sql.member(other)
    removed = await sql.workspace(project, "old-developer")
    await sql.call(human, "remove_workspace", alias="old-developer")
    gone = await sql.member(project)
    await sql.call(project.owner, "remove_member", member_id=gone.id)
    outsiders = {
        "workspace of another project": token(gateway, stranger),
        "member of another project": token(gateway, guest),
        "removed workspace": token(gateway, removed),
        "removed member": token(gateway, gone),
        "anonymous user": token(gateway, await sql.user(anonymous=True)),
        "nobody": None,
        "expired token": token(gateway, ann, seconds=-3600),
    }
    yield Place(gateway, sql, project, ann, human, outsiders)
    await sql.close()


@pytest.mark.parametrize("client", ["python", "javascript"])
async def test_outsiders_stay_outside(place: Place, client: str) -> None:
    async with place.raw(place.ann) as ann, place.raw(place.human) as human:
        for inside, topics in ((ann, place.topics[:2]), (human, place.topics[::2])):
            for topic in topics:
                assert (await inside.join(topic, INSIDE))["status"] == "ok"
        tracked = {"type": "presence", "event": "track", "payload": {"name": "ann"}}
        await ann.call(f"realtime:{place.topics[0]}", "presence", tracked)
        for inside in (ann, human):
            await inside.until("presence_diff")

        found = await place.attempt(client)

        assert [who for who, *_ in found] == [who for who in place.outsiders for _ in place.topics]
        for who, (state, reason, heard, sent), public in found:
            assert state == "CHANNEL_ERROR", who
            assert ("expired" if who == "expired token" else "Unauthorized") in reason, who
            assert (heard, sent) == ([], False), who
            # A public channel of the same name is another: there one hears oneself, and others.
            assert set(public[2]) <= {"forged"}, who

        for inside in (ann, human):
            await inside.silent()
        # Neither was deaf: what the database says is heard.
        await place.sql.call(place.ann, "create_bead", title="a bead")
        for inside in (ann, human):
            assert (await inside.until("broadcast")).topic == f"realtime:{place.topics[0]}"


async def test_nothing_of_an_outsider_is_stored(place: Place) -> None:
    """`realtime.messages` is written by the database's own functions alone."""
    for caller in (place.ann, place.human, await place.sql.user(anonymous=True)):
        for topic in place.topics:
            await place.sql.rows(caller, "select realtime.send('{}', 'forged', $1, true)", topic)
    stored = "select count(*) from realtime.messages where event = 'forged'"
    assert await place.sql.value(stored) == 0
