"""bdh's own topics: who may listen, who is present, and that only the database sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.cluster import TestDatabase
from tests.support.realtime import Raw, RealtimeServer
from tests.support.sql import Caller, Project, Sql

PRIVATE = {"private": True, "presence": {"enabled": True, "key": "x"}, "broadcast": {"ack": True}}


@dataclass
class Town:
    """A project with its people, another project, and the server between them."""

    server: RealtimeServer
    sql: Sql
    project: Project
    ann: Caller
    bob: Caller
    human: Caller
    stranger: Caller
    homeless: Caller

    @property
    def topics(self) -> list[str]:
        """Every kind of topic of the project."""
        return [f"project:{self.project.id}", f"workspace:{self.ann.id}", f"member:{self.human.id}"]

    def raw(self, caller: Caller, version: int = 2, **claims: Any) -> Raw:
        return self.server.raw(version, self.server.token(str(caller.user_id), **claims))


@pytest.fixture
async def town(database: TestDatabase) -> AsyncIterator[Town]:
    sql = Sql(database)
    project, other = await sql.project("here"), await sql.project("there")
    async with RealtimeServer(database) as server:
        yield Town(
            server, sql, project,
            ann=await sql.workspace(project, "ann-developer"),
            bob=await sql.workspace(project, "bob-developer"),
            human=await sql.member(project),
            stranger=await sql.workspace(other, "eve-developer"),
            homeless=await sql.user(anonymous=True),
        )  # fmt: skip
    await sql.close()


async def joined(client: Raw, topic: str) -> bool:
    return (await client.join(topic, PRIVATE))["status"] == "ok"


async def test_readers_join_what_concerns_them(town: Town) -> None:
    project, of_ann, of_human = town.topics
    expected = {
        town.ann: [True, True, False],
        town.bob: [True, False, False],
        town.human: [True, False, True],
        town.stranger: [False, False, False],
        town.homeless: [False, False, False],
    }
    for caller, answers in expected.items():
        async with town.raw(caller) as client:
            got = [await joined(client, topic) for topic in (project, of_ann, of_human)]
            assert got == answers, caller.name


async def test_without_a_user_nothing_is_joined(town: Town) -> None:
    async with town.server.raw(2) as client:
        late = town.server.token(str(town.ann.user_id), seconds=-1)
        for topic in town.topics:
            assert not await joined(client, topic)
            assert (await client.join(topic, PRIVATE, access_token=late))["status"] == "error"


async def test_topics_are_compared_and_never_cast(town: Town) -> None:
    async with town.raw(town.ann) as client:
        for topic in ("project:", "project:x", "workspace:'", f"project:{town.project.id} "):
            assert not await joined(client, topic)


async def test_the_database_tells_the_project(town: Town) -> None:
    async with town.raw(town.ann) as ann, town.raw(town.stranger) as stranger:
        topic = town.topics[0]
        assert await joined(ann, topic)
        assert not await joined(stranger, topic)
        await town.sql.call(town.human, "remove_workspace", alias="bob-developer")
        hint = (await ann.until("broadcast")).payload["payload"]
        assert {"id", "cursor", "type", "entity"} <= set(hint)
        await stranger.silent()


async def test_only_the_database_sends(town: Town) -> None:
    message = {"type": "broadcast", "event": "forged", "payload": {}}
    async with town.raw(town.ann) as ann, town.raw(town.bob) as bob:
        topic = town.topics[0]
        for client in (ann, bob):
            await joined(client, topic)
            await client.until("presence_state")
        await ann.send(f"realtime:{topic}", "broadcast", message)
        await ann.silent()
        token = town.server.token(str(town.ann.user_id))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=town.server.url, headers=headers) as http:
            path = f"/api/broadcast/{topic}/events/forged"
            assert (await http.post(path, json={}, params={"private": "true"})).status_code == 403
            body = {"messages": [{**message, "topic": topic, "private": True}]}
            assert (await http.post("/api/broadcast", json=body)).status_code == 202
        await town.sql.rows(town.ann, "select realtime.send('{}', 'forged', $1)", topic)
        await bob.silent()


async def test_presence_is_on_the_project_alone(town: Town) -> None:
    project, of_ann, _ = town.topics
    track = {"type": "presence", "event": "track", "payload": {"at": "home"}}
    async with town.raw(town.ann) as ann, town.raw(town.human) as human:
        await joined(human, project)
        for topic, status in ((project, "ok"), (of_ann, "error")):
            await joined(ann, topic)
            reply = await ann.call(f"realtime:{topic}", "presence", track)
            assert reply["status"] == status
        joins = (await human.until("presence_diff")).payload["joins"]
        assert joins["x"]["metas"][0]["at"] == "home"


async def test_a_removed_workspace_loses_its_channels_at_once(town: Town, version: int) -> None:
    async with town.raw(town.ann, version) as ann, town.raw(town.bob, version) as bob:
        for client in (ann, bob):
            assert await joined(client, town.topics[0])
        assert await joined(ann, town.topics[1])
        await town.sql.call(town.human, "remove_workspace", alias="ann-developer")
        closed = {(await ann.until("phx_close")).topic for _ in range(2)}
        assert closed == {f"realtime:{topic}" for topic in town.topics[:2]}
        for topic in town.topics[:2]:
            assert not await joined(ann, topic)
        assert (await bob.until("broadcast")).topic == f"realtime:{town.topics[0]}"


async def test_other_applications_keep_their_topics(town: Town) -> None:
    await town.sql.execute(
        "create policy theirs on realtime.messages for select to authenticated"
        " using (realtime.topic() = 'their-room')"
    )
    async with town.raw(town.homeless) as client:
        assert await joined(client, "their-room")
        assert not await joined(client, town.topics[0])
