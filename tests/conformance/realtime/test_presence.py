"""realtime.md 1.8: who is here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.realtime import Raw, RealtimeServer

OK: dict[str, Any] = {"status": "ok", "response": {}}
ENABLED = {"presence": {"enabled": True, "key": "ann"}}


async def track(client: Raw, topic: str, meta: Any, event: str = "track") -> dict[str, Any]:
    payload = {"type": "presence", "event": event, "payload": meta}
    return await client.call(f"realtime:{topic}", "presence", payload)


async def test_the_state_comes_once_after_the_join(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", ENABLED)
        got = await client.take()
        assert (got.event, got.payload, got.ref) == ("presence_state", {}, None)
        await client.join("y")
        await client.silent()


async def test_tracking_is_told_to_all_and_to_oneself(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as ann, realtime.raw(1) as v1, realtime.raw(2) as v2:
        await ann.join("x", ENABLED)
        await ann.until("presence_state")
        for client in (v1, v2):
            await client.join("x")
        assert await track(ann, "x", {"at": 1}) == OK
        diffs = [await client.until("presence_diff") for client in (ann, v1, v2)]
        assert diffs[0].payload == diffs[1].payload == diffs[2].payload
        joins = diffs[0].payload["joins"]
        assert diffs[0].payload["leaves"] == {}
        meta = joins["ann"]["metas"][0]
        assert meta == {"at": 1, "phx_ref": meta["phx_ref"]}

        await v1.join("x", {"presence": {"enabled": True, "key": "v1"}})
        assert (await v1.until("presence_state")).payload == joins


async def test_a_changed_meta_is_one_diff_and_the_same_meta_none(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", ENABLED)
        await track(client, "x", {"at": 1})
        old = (await client.until("presence_diff")).payload["joins"]["ann"]["metas"][0]
        assert await track(client, "x", {"at": 1}) == OK
        assert await track(client, "x", {"at": 2}, "TRACK") == OK
        diff = (await client.take()).payload
        new = diff["joins"]["ann"]["metas"][0]
        assert diff["leaves"] == {"ann": {"metas": [old]}}
        assert (new["at"], new["phx_ref_prev"]) == (2, old["phx_ref"])
        assert new["phx_ref"] != old["phx_ref"]
        await client.silent()


@pytest.mark.parametrize("how", ["untrack", "leave", "drop"])
async def test_every_way_of_leaving_is_told(
    realtime: RealtimeServer, version: int, how: str
) -> None:
    async with realtime.raw(version) as watcher, realtime.raw(version) as ann:
        await watcher.join("x")
        await ann.join("x", ENABLED)
        await track(ann, "x", {"at": 1})
        joined = (await watcher.until("presence_diff")).payload["joins"]
        if how == "untrack":
            assert await track(ann, "x", {}, "untrack") == OK
        elif how == "leave":
            await ann.call("realtime:x", "phx_leave", {})
        else:
            await ann.socket.close()
        assert (await watcher.take()).payload == {"joins": {}, "leaves": joined}


async def test_a_key_of_two_sockets_has_two_metas(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as one, realtime.raw(version) as two:
        for number, client in enumerate((one, two)):
            await client.join("x", ENABLED)
            await track(client, "x", {"n": number})
        async with realtime.raw(version) as late:
            await late.join("x", ENABLED)
            state = (await late.until("presence_state")).payload
            assert [meta["n"] for meta in state["ann"]["metas"]] == [0, 1]


async def test_without_a_key_the_server_makes_one(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", {"presence": {"enabled": True, "key": ""}})
        await track(client, "x", {})
        assert [len(key) for key in (await client.until("presence_diff")).payload["joins"]] == [36]


async def test_what_is_no_map_is_refused(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", ENABLED)
        reason = {"reason": "Presence track payload must be a map"}
        assert await track(client, "x", [1]) == {"status": "error", "response": reason}
        unknown = await track(client, "x", {}, "dance")
        assert unknown == {"status": "error", "response": {}}


async def test_policies_decide_who_tracks_and_who_sees(
    realtime: RealtimeServer, version: int
) -> None:
    private = {**ENABLED, "private": True}
    token = realtime.token()
    async with realtime.raw(version, token) as ann, realtime.raw(version, token) as blind:
        await ann.join("room:closed", private)
        assert await track(ann, "room:closed", {}) == {"status": "error", "response": {}}
        await ann.join("room:open", private)
        await blind.join("room:open", {"private": True})
        assert await track(ann, "room:open", {"at": 1}) == OK
        await ann.until("presence_diff")
        await blind.silent()
        await ann.join("room:broadcast-only", private)
        await ann.silent()


async def test_tracking_without_presence_enables_it(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version, realtime.token()) as client:
        await client.join("room:open", {"private": True})
        assert await track(client, "room:open", {"at": 1}) == OK
        await client.until("presence_diff")


async def test_the_sixth_call_in_half_a_minute_closes_the_channel(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("x", ENABLED)
        for number in range(5):
            assert await track(client, "x", {"n": number}) == OK
        await client.send("realtime:x", "presence", {"event": "track", "payload": {"n": 6}})
        system = await client.until("system")
        assert system.payload["message"] == "Client presence rate limit exceeded"
        assert (await client.take()).event == "phx_close"
