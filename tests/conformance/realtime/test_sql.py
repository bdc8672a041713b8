"""realtime.md 3: what migrations find in schema `realtime`, and what they may not do there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.support.cluster import TestDatabase

# Names, types, defaults: compared as a whole, so that nothing is added or lost unnoticed.
COLUMNS = """
topic text not null
extension text not null
payload jsonb
event text
private boolean default false
updated_at timestamp without time zone not null default now()
inserted_at timestamp without time zone not null default now()
id uuid not null default gen_random_uuid()
binary_payload bytea
skip_broadcast boolean not null default false
"""
FUNCTIONS = """
broadcast_changes(topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record, level text DEFAULT 'ROW'::text) void volatile invoker
send(payload jsonb, event text, topic text, private boolean DEFAULT true) void volatile invoker
send_binary(payload bytea, event text, topic text, private boolean DEFAULT true) void volatile invoker
topic() text stable invoker
"""  # noqa: E501
GRANTS = """
anon INSERT SELECT UPDATE
authenticated INSERT SELECT UPDATE
postgres DELETE INSERT REFERENCES SELECT TRIGGER TRUNCATE UPDATE
realtime_gateway INSERT SELECT
service_role INSERT SELECT UPDATE
"""


@pytest.fixture
async def pg(platform_database: TestDatabase) -> asyncpg.Connection:
    return await platform_database.connect("postgres")


@pytest.fixture
async def warned(pg: asyncpg.Connection) -> list[str]:
    warnings: list[str] = []
    pg.add_log_listener(lambda _connection, message: warnings.append(message.message))
    return warnings


async def lines(pg: asyncpg.Connection, query: str) -> str:
    rows = await pg.fetch(query)
    return "\n" + "\n".join(row[0] for row in rows) + "\n"


async def stored(pg: asyncpg.Connection) -> list[dict[str, Any]]:
    rows = await pg.fetch(
        "select topic, extension, payload::text, event, private, binary_payload"
        " from realtime.messages order by inserted_at"
    )
    return [dict(row) for row in rows]


async def test_the_columns_of_messages(pg: asyncpg.Connection) -> None:
    assert await lines(pg, """
        select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
                         case when a.attnotnull then 'not null' end,
                         'default ' || pg_get_expr(d.adbin, d.adrelid))
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = 'realtime.messages'::regclass and a.attnum > 0 order by a.attnum
    """) == COLUMNS  # fmt: skip


async def test_the_functions(pg: asyncpg.Connection) -> None:
    assert await lines(pg, """
        select format('%s(%s) %s %s %s', proname, pg_get_function_arguments(oid),
                      pg_get_function_result(oid),
                      case provolatile when 'v' then 'volatile' when 's' then 'stable' end,
                      case when prosecdef then 'definer' else 'invoker' end)
        from pg_proc where pronamespace = 'realtime'::regnamespace order by 1
    """) == FUNCTIONS  # fmt: skip
    callable_by_all = """
        select bool_and(has_function_privilege('anon', oid, 'execute'))
        from pg_proc where pronamespace = 'realtime'::regnamespace
    """
    assert await pg.fetchval(callable_by_all)


async def test_the_grants_and_row_level_security(pg: asyncpg.Connection) -> None:
    assert await lines(pg, """
        select grantee || ' ' || string_agg(privilege_type, ' ' order by privilege_type)
        from information_schema.role_table_grants
        where table_schema = 'realtime' and table_name = 'messages'
          and grantee <> 'supabase_realtime_admin' and privilege_type <> 'MAINTAIN'
        group by grantee order by grantee
    """) == GRANTS  # fmt: skip
    table = await pg.fetchrow("""
        select relrowsecurity, relforcerowsecurity, relowner::regrole::text, relkind::text
        from pg_class where oid = 'realtime.messages'::regclass
    """)
    assert tuple(table) == (True, False, "supabase_realtime_admin", "p")
    exposed = await pg.fetch("""
        select c.relname, r.role from pg_inherits i join pg_class c on c.oid = i.inhrelid,
            unnest(array['anon', 'authenticated']) as r (role)
        where i.inhparent = 'realtime.messages'::regclass
          and has_table_privilege(r.role, c.oid, 'select,insert,update')
    """)
    assert exposed == []


async def test_index_key_and_publication(pg: asyncpg.Connection) -> None:
    indexes = await pg.fetch("""
        select pg_get_indexdef(indexrelid) from pg_index
        where indrelid = 'realtime.messages'::regclass order by 1
    """)
    texts = [row[0].partition(" USING ")[2] for row in indexes]
    assert texts == [
        "btree (inserted_at DESC, topic) WHERE ((extension = 'broadcast'::text) AND private)",
        "btree (id, inserted_at)",
    ]
    owner = "select pubowner::regrole::text from pg_publication where pubname = 'supabase_realtime'"
    assert await pg.fetchval(owner) == "postgres"
    await pg.execute("create table public.t (id int primary key)")
    await pg.execute("alter publication supabase_realtime add table public.t")


async def test_the_database_is_in_utc(pg: asyncpg.Connection) -> None:
    assert await pg.fetchval("show timezone") == "UTC"


async def test_sending_stores_a_row_with_an_id(pg: asyncpg.Connection) -> None:
    await pg.execute("""select realtime.send('{"a": 1}', 'e', 't')""")
    await pg.execute("""select realtime.send('{"id": "mine"}', 'e', 't', false)""")
    row = await pg.fetchrow("select * from realtime.messages where private")
    assert row["payload"] == f'{{"a": 1, "id": "{row["id"]}"}}'
    assert (row["topic"], row["extension"], row["event"]) == ("t", "broadcast", "e")
    public = await pg.fetchrow("select * from realtime.messages where not private")
    assert public["payload"] == '{"id": "mine"}'


async def test_the_topic_stays_set_for_the_transaction(pg: asyncpg.Connection) -> None:
    async with pg.transaction():
        assert await pg.fetchval("select realtime.topic()") is None
        await pg.execute("select realtime.send('{}', 'e', 'hall')")
        assert await pg.fetchval("select realtime.topic()") == "hall"
    assert await pg.fetchval("select realtime.topic()") is None


@pytest.mark.parametrize(
    "call", ["'[1]', 'e', 't'", "'5', 'e', 't'", "'{}', 'e', null", "'\"x\"', 'e', 't'"]
)
async def test_what_cannot_be_stored_is_a_warning(
    pg: asyncpg.Connection, warned: list[str], call: str
) -> None:
    await pg.execute(f"select realtime.send({call})")
    assert await stored(pg) == []
    assert len(warned) == 1
    assert warned[0].startswith("WarnSendingBroadcastMessage: ")


@pytest.mark.parametrize("call", ["null, 'e', 't'", "'{}', null, 't'"])
async def test_rows_without_payload_or_event_are_stored_and_not_sent(
    platform_database: TestDatabase, pg: asyncpg.Connection, call: str
) -> None:
    heard: list[str] = []
    listener = await platform_database.connect("realtime_gateway")
    await listener.add_listener("realtime_messages", lambda *parts: heard.append(str(parts[-1])))
    await pg.execute(f"select realtime.send({call})")
    await pg.execute("select realtime.send('{}', 'e', 'marker')")
    marker = await pg.fetchval("select id::text from realtime.messages where topic = 'marker'")
    await listener.fetchval("select 1")
    assert heard == [marker]
    assert len(await stored(pg)) == 2


async def test_bytes_are_stored_without_an_id(pg: asyncpg.Connection) -> None:
    await pg.execute(r"select realtime.send_binary('\x00', 'e', 't')")
    row = (await stored(pg))[0]
    assert (row["payload"], row["binary_payload"], row["private"]) == (None, b"\x00", True)
    with pytest.raises(asyncpg.CheckViolationError):
        await pg.execute(
            "insert into realtime.messages (topic, extension, payload, binary_payload)"
            r" values ('t', 'broadcast', '{}', '\x00')"
        )


async def test_row_level_security_holds_for_senders(
    pg: asyncpg.Connection, warned: list[str]
) -> None:
    async with pg.transaction():
        await pg.execute("set local role authenticated")
        await pg.execute("select realtime.send('{}', 'e', 't')")
    assert await stored(pg) == []
    assert "row-level security" in warned[0]
    async with pg.transaction():
        await pg.execute("set local role service_role")
        await pg.execute("select realtime.send('{}', 'e', 't')")
    await pg.execute("""
        create function public.hint() returns void language sql security definer
        set search_path = '' as $$ select realtime.send('{}', 'e', 'definer') $$
    """)
    async with pg.transaction():
        await pg.execute("set local role anon")
        await pg.execute("select public.hint()")
    assert [row["topic"] for row in await stored(pg)] == ["t", "definer"]


CHANGES = """
create table public.things (id int primary key, name text);
create function public.tell() returns trigger language plpgsql security definer
set search_path = '' as $$
begin
    perform realtime.broadcast_changes('things', tg_op, tg_op, tg_table_name, tg_table_schema,
                                       new, old, tg_level);
    return null;
end $$;
create trigger tell after insert or update or delete on public.things
    for each row execute function public.tell();
"""


async def test_changes_of_rows_are_broadcast_privately(pg: asyncpg.Connection) -> None:
    await pg.execute(CHANGES)
    for statement in (
        "insert into things values (1, 'a')", "update things set name = 'b'", "delete from things",
    ):  # fmt: skip
        await pg.execute(statement)
    rows = await pg.fetch("""
        select payload - 'id' as p, event, private from realtime.messages order by inserted_at
    """)
    assert [(row["event"], row["private"]) for row in rows] == [
        ("INSERT", True), ("UPDATE", True), ("DELETE", True),
    ]  # fmt: skip
    assert await pg.fetch("""
        select payload -> 'record' ->> 'name' as new, payload -> 'old_record' ->> 'name' as old,
               payload ->> 'table' as t, payload ->> 'schema' as s, payload ->> 'operation' as o
        from realtime.messages order by inserted_at
    """) == [
        ("a", None, "things", "public", "INSERT"), ("b", "a", "things", "public", "UPDATE"),
        (None, "b", "things", "public", "DELETE"),
    ]  # fmt: skip


async def test_changes_of_statements_are_refused(pg: asyncpg.Connection) -> None:
    await pg.execute(CHANGES.replace("for each row", "for each statement"))
    with pytest.raises(asyncpg.RaiseError):
        await pg.execute("insert into things values (1, 'a')")
    with pytest.raises(asyncpg.RaiseError):
        await pg.execute(
            "select realtime.broadcast_changes('t', 'e', 'TRUNCATE', 't', 's', null, null)"
        )


async def partitions(pg: asyncpg.Connection) -> list[str]:
    rows = await pg.fetch("""
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'realtime.messages'::regclass order by 1
    """)
    return [row[0] for row in rows]


async def test_partitions_roll_over(
    platform_database: TestDatabase, pg: asyncpg.Connection
) -> None:
    gateway = await platform_database.connect("realtime_gateway")

    async def maintain(now: str) -> list[str]:
        instant = datetime.fromisoformat(f"{now}+00:00")
        await gateway.execute("select gateway.realtime_maintain($1)", instant)
        return await partitions(pg)

    days = [f"messages_2031_01_{day:02}" for day in range(1, 20)]
    assert await maintain("2031-01-02T00:00") == days[0:5]
    assert await maintain("2031-01-02T23:59") == days[0:5]
    assert await maintain("2031-01-04T23:59") == days[0:7]
    # The second of January ends 72 hours before the sixth begins.
    assert await maintain("2031-01-05T00:00") == days[1:8]
    owners = await pg.fetch("""
        select distinct c.relowner::regrole::text from pg_inherits i
        join pg_class c on c.oid = i.inhrelid where i.inhparent = 'realtime.messages'::regclass
    """)
    assert [row[0] for row in owners] == ["supabase_realtime_admin"]


async def test_a_new_partition_does_not_wait_for_senders(
    platform_database: TestDatabase, pg: asyncpg.Connection
) -> None:
    gateway = await platform_database.connect("realtime_gateway")
    async with pg.transaction():
        await pg.execute("select realtime.send('{}', 'e', 't')")
        today = await pg.fetchval("select current_date")
        assert isinstance(today, date)
        await gateway.execute("select gateway.realtime_maintain(now() + interval '1 day')")


async def test_today_without_a_partition_is_repaired_by_a_check(
    platform_database: TestDatabase, pg: asyncpg.Connection
) -> None:
    from tests.support.realtime import RealtimeServer

    async with RealtimeServer(platform_database) as server:
        admin = await platform_database.connect("supabase_admin")
        async with server.raw(2, server.secrets.secret_key) as client:
            await client.join("warm", {"private": True})
            for name in await partitions(pg):
                await admin.execute(f"drop table realtime.{name}")
            assert (await client.join("x", {"private": True}))["status"] == "ok"
    assert len(await partitions(pg)) == 5


async def test_a_check_leaves_no_trace(
    platform_database: TestDatabase, pg: asyncpg.Connection
) -> None:
    gateway = await platform_database.connect("realtime_gateway")
    mask = await gateway.fetchval(
        "select gateway.realtime_rights('t', 'service_role', '{}', $1, '{}', 15)", str(uuid4())
    )
    assert mask == 15
    assert await gateway.fetchval("select current_user") == "realtime_gateway"
    for name in ("realtime.topic", "request.jwt.claims", "request.headers"):
        assert not await gateway.fetchval("select current_setting($1, true)", name)
    assert await stored(pg) == []


REFUSED = [
    "create table realtime.x ()",
    "create view realtime.x as select 1",
    "create function realtime.x() returns int language sql as 'select 1'",
    "create type realtime.x as enum ('a')",
    "create index on realtime.messages (topic)",
    "create trigger x after insert on realtime.messages for each row execute function public.x()",
    "create rule x as on insert to realtime.messages do also nothing",
    "alter table realtime.messages add column x int",
    "alter table realtime.messages alter column topic drop not null",
    "alter table realtime.messages enable row level security",
    "alter table realtime.messages disable row level security",
    "alter table realtime.messages owner to postgres",
    "alter table realtime.messages drop constraint messages_one_payload",
    "alter table realtime.messages replica identity full",
    "alter function realtime.topic() volatile",
    "alter schema realtime rename to other",
    "alter schema realtime owner to postgres",
    "alter publication supabase_realtime add table realtime.messages",
    "comment on table realtime.messages is 'x'",
    "comment on policy own on realtime.messages is 'x'",
    "comment on schema realtime is 'x'",
    "drop table realtime.messages",
    "drop function realtime.send(jsonb, text, text, boolean)",
    "drop trigger announce_message on realtime.messages",
    "drop schema realtime cascade",
    "create or replace function realtime.topic() returns text language sql as 'select null::text'",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_guard_refuses_what_hosted_refuses(
    realtime_database: TestDatabase, statement: str
) -> None:
    pg = await asyncpg.connect(realtime_database.address.dsn("postgres"))
    transaction = pg.transaction()
    await transaction.start()
    try:
        await pg.execute("create policy own on realtime.messages using (false)")
        await pg.execute(
            "create function public.x() returns trigger language plpgsql as 'begin end'"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="must be owner of"):
            await pg.execute(statement)
    finally:
        await transaction.rollback()
        await pg.close()


async def test_the_guard_lets_policies_pass(pg: asyncpg.Connection) -> None:
    for statement in (
        "create policy own on realtime.messages for select to authenticated using (false)",
        "alter policy own on realtime.messages using (true)",
        "alter policy own on realtime.messages rename to other",
        "drop policy other on realtime.messages",
        "create policy if_any on realtime.messages for insert with check (false)",
        "create table public.t (id int primary key); create index on public.t (id);"
        " comment on table public.t is 'x'; drop table public.t",
        "create schema mine; create table mine.realtime (); drop schema mine cascade",
    ):
        await pg.execute(statement)


async def test_the_guard_cannot_be_switched_off(pg: asyncpg.Connection) -> None:
    for statement in (
        "drop event trigger realtime_guard_ddl",
        "alter event trigger realtime_guard_drop disable",
        "set role supabase_admin",
        "drop function gateway.guard_realtime() cascade",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pg.execute(statement)
