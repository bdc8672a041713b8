"""realtime.md 1.5, 3.2: private channels, tokens that change or end, rights that are taken away."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import asyncpg

from tests.support.realtime import Raw, RealtimeServer

PRIVATE = {"private": True}
# Rows that realtime.send would not make, told of all the same.
NOTHING_TO_SEND = """
with made as (
    insert into realtime.messages (topic, extension, payload, event, private)
    values ('news', 'broadcast', '{}', null, false), ('news', 'broadcast', null, 'e', false)
    returning id
)
select pg_notify('realtime_messages', id::text) from made
"""


def denied(topic: str) -> str:
    return f"Unauthorized: You do not have permissions to read from this Channel topic: {topic}"


async def shut(client: Raw, message: str) -> None:
    """The channel ends with this system message; its socket lives on."""
    system = await client.take()
    assert (system.event, system.payload["status"]) == ("system", "error")
    assert system.payload["extension"] == "system"
    assert system.payload["message"] == message
    assert system.ref is None
    assert (await client.take()).event == "phx_close"
    await client.silent()


async def test_policies_decide_who_joins(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        token = realtime.token()
        assert (await client.join("room:x", PRIVATE, access_token=token))["status"] == "ok"
        reply = await client.join("other", PRIVATE, access_token=token)
        assert reply["response"] == {"reason": denied("other")}
        reply = await client.join("room:x", PRIVATE)
        assert reply["response"] == {"reason": denied("room:x")}
        reply = await client.join("room:x", PRIVATE, access_token=realtime.token(role="nobody"))
        assert reply["response"] == {"reason": denied("room:x")}
        reply = await client.join("room:\0", PRIVATE, access_token=token)
        assert reply["status"] == "error"


async def test_the_secret_key_may_everything(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version, realtime.secrets.secret_key) as client:
        assert (await client.join("other", PRIVATE))["status"] == "ok"


async def test_presence_alone_is_enough_only_when_asked_for(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version, realtime.token()) as client:
        topic = "room:presence-only"
        assert (await client.join(topic, PRIVATE))["response"] == {"reason": denied(topic)}
        config = {**PRIVATE, "presence": {"enabled": True, "key": "me"}}
        assert (await client.join(topic, config))["status"] == "ok"
        assert (await client.take()).event == "presence_state"


async def test_tokens_that_prove_nothing(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        late = await client.join("room:x", PRIVATE, access_token=realtime.token(seconds=-60))
        assert late["response"]["reason"].startswith("InvalidJWTToken: Token has expired 60 sec")
        poor = await client.join("room:x", access_token=realtime.tokens.sign({"role": "anon"}))
        reason = "InvalidJWTToken: Fields `role` and `exp` are required in JWT"
        assert poor["response"] == {"reason": reason}
        bad = await client.join("room:x", access_token="abc")
        reason = "MalformedJWT: The token provided is not a valid JWT"
        assert bad["response"] == {"reason": reason}
        forged = await client.join("room:x", access_token=realtime.token()[:-4] + "AAAA")
        reason = "JwtSignatureError: Failed to validate JWT signature"
        assert forged["response"] == {"reason": reason}
        assert (await client.join("x", access_token="sb_publishable_x"))["status"] == "ok"


async def test_a_policy_that_raises_denies(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    await sql.execute("""
        create function public.angry() returns boolean language plpgsql as
        $$ begin raise exception 'no'; end $$;
        create policy angry on realtime.messages for select to authenticated
            using (realtime.topic() = 'angry' and public.angry());
    """)
    try:
        async with realtime.raw(2, realtime.token()) as client:
            reply = await client.join("angry", PRIVATE)
            assert reply["response"] == {"reason": denied("angry")}
    finally:
        await sql.execute("drop policy angry on realtime.messages; drop function public.angry()")


async def test_policies_see_topic_claims_and_headers(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    await sql.execute("""
        create policy seen on realtime.messages for select to anon using (
            payload is null and event is null and not private
            and realtime.topic() = topic
            and current_setting('request.jwt.claims')::json ->> 'room' = topic
            and current_setting('request.jwt.claim.sub') = 'ann'
            and current_setting('request.jwt.claim.role') = 'anon'
            and current_setting('request.headers')::json is not null);
    """)
    try:
        async with realtime.raw(2) as client:
            token = realtime.token("ann", role="anon", room="hall")
            assert (await client.join("hall", PRIVATE, access_token=token))["status"] == "ok"
            other = realtime.token("bob", role="anon", room="hall")
            assert (await client.join("hall", PRIVATE, access_token=other))["status"] == "error"
    finally:
        await sql.execute("drop policy seen on realtime.messages")


async def test_a_new_token_has_no_answer(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        old = realtime.token("ann", seconds=100)
        await client.join("room:x", PRIVATE, access_token=old)
        for token in (realtime.token("ann"), old, None, "sb_secret_x", 5):
            await client.send("realtime:room:x", "access_token", {"access_token": token})
        await client.silent()


async def test_a_new_token_without_rights_ends_the_channel(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("room:x", PRIVATE, access_token=realtime.token())
        anon = realtime.token(role="anon")
        await client.send("realtime:room:x", "access_token", {"access_token": anon})
        await shut(client, denied("room:x").removeprefix("Unauthorized: "))


async def test_a_new_token_that_is_none_ends_the_channel(
    realtime: RealtimeServer, version: int
) -> None:
    async with realtime.raw(version) as client:
        await client.join("room:x", PRIVATE, access_token=realtime.token())
        await client.send("realtime:room:x", "access_token", {"access_token": "abc"})
        await shut(client, "The token provided is not a valid JWT")


async def test_a_channel_ends_with_its_token(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("room:x", PRIVATE, access_token=realtime.token(seconds=0.5))
        await client.join("room:y", PRIVATE, access_token=realtime.token())
        await shut(client, "Token has expired 0 seconds ago")
        assert (await client.call("realtime:room:y", "phx_leave", {}))["status"] == "ok"


async def test_a_new_token_keeps_the_channel_alive(realtime: RealtimeServer, version: int) -> None:
    async with realtime.raw(version) as client:
        await client.join("room:x", PRIVATE, access_token=realtime.token("ann", seconds=0.5))
        new = realtime.token("ann")
        await client.send("realtime:room:x", "access_token", {"access_token": new})
        await asyncio.sleep(0.8)
        await client.silent()


MEMBERS = """
create table public.members (who text);
alter table public.members enable row level security;
grant select on public.members to authenticated;
create policy all_rows on public.members using (true);
create policy members_read on realtime.messages for select to authenticated using (
    realtime.topic() = 'club'
    and exists (select 1 from public.members
                where who = current_setting('request.jwt.claims')::json ->> 'sub'));
"""
NO_MEMBERS = "drop policy members_read on realtime.messages; drop table public.members"


async def test_revoked_users_lose_their_channels_at_once(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    ann, bob = str(uuid4()), str(uuid4())
    await sql.execute(MEMBERS)
    await sql.executemany("insert into public.members values ($1)", [(ann,), (bob,)])
    try:
        async with (
            realtime.raw(1, realtime.token(ann)) as removed,
            realtime.raw(2, realtime.token(bob)) as kept,
        ):
            for client in (removed, kept):
                assert (await client.join("club", PRIVATE))["status"] == "ok"
                await client.join("room:x", PRIVATE)
            await sql.execute("delete from public.members where who = $1", ann)
            control = json.dumps({"revoke": ann})
            await sql.execute("select pg_notify('realtime_control', $1)", control)
            await shut(removed, denied("club").removeprefix("Unauthorized: "))
            realtime.app.publish_ids([f"revoke:{bob}"])
            await sql.execute("select realtime.send('{}', 'e', 'club')")
            assert (await kept.take()).event == "broadcast"
            await removed.silent()
            assert (await removed.call("realtime:room:x", "phx_leave", {}))["status"] == "ok"
    finally:
        await sql.execute(NO_MEMBERS)


async def test_rubbish_on_the_control_channel_is_ignored(
    realtime: RealtimeServer, sql: asyncpg.Connection
) -> None:
    async with realtime.raw(2) as client:
        await client.join("news")
        for payload in ("", "{", "[]", '{"revoke": null}', '{"revoke": 5}', "null"):
            await sql.execute("select pg_notify('realtime_control', $1)", payload)
        await sql.execute("select pg_notify('realtime_messages', 'nonsense')")
        await sql.execute(NOTHING_TO_SEND)
        await sql.execute("select realtime.send('{}', 'e', 'news', false)")
        assert (await client.take()).event == "broadcast"
