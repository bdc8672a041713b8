-- Schema `realtime` as hosted offers it to migrations: realtime.messages with daily partitions,
-- realtime.send and its siblings, realtime.topic(), and the publication. The embedded server's own
-- functions are in schema `gateway`. Names, signatures, grants and behaviour are hosted's; the code
-- is not. A guard refuses what hosted would refuse, because here `postgres` could do it.

create schema if not exists realtime authorization supabase_realtime_admin;
grant usage on schema realtime to anon, authenticated, service_role, realtime_gateway;
grant usage on schema realtime to postgres with grant option;
grant usage on schema gateway to realtime_gateway;

create table if not exists realtime.messages (
    topic          text      not null,
    extension      text      not null,
    payload        jsonb,
    event          text,
    private        boolean            default false,
    -- Without zone as on hosted: the database runs in UTC, and replay compares in UTC.
    updated_at     timestamp not null default now(),
    inserted_at    timestamp not null default now(),
    id             uuid      not null default gen_random_uuid(),
    binary_payload bytea,
    skip_broadcast boolean   not null default false,
    constraint messages_pkey primary key (id, inserted_at),
    constraint messages_one_payload check (payload is null or binary_payload is null)
) partition by range (inserted_at);
alter table realtime.messages owner to supabase_realtime_admin;

create index if not exists messages_inserted_at_topic_index
    on realtime.messages (inserted_at desc, topic)
    where extension = 'broadcast' and private;

alter table realtime.messages enable row level security;
revoke all on realtime.messages from public;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant select, insert on realtime.messages to realtime_gateway;
grant all on realtime.messages to postgres;

create or replace function realtime.topic()
returns text
language sql
stable
as $$
    select nullif(current_setting('realtime.topic', true), '');
$$;
comment on function realtime.topic is 'The topic that a policy on realtime.messages is asked about.';

create or replace function realtime.send(
    payload jsonb, event text, topic text, private boolean default true
)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_id      uuid := gen_random_uuid();
    v_payload jsonb := payload;
begin
    -- Whatever goes wrong is a warning: a lost hint must not undo the caller's work.
    begin
        if jsonb_typeof(v_payload) <> 'object' then
            raise exception 'payload must be a JSON object';
        elsif not v_payload ? 'id' then
            v_payload := v_payload || jsonb_build_object('id', v_id);
        end if;
        -- Policies on realtime.messages read it; it stays for the rest of the transaction.
        perform set_config('realtime.topic', send.topic, true);
        insert into realtime.messages (id, payload, event, topic, private, extension)
        values (v_id, v_payload, send.event, send.topic, send.private, 'broadcast');
    exception when others then
        raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
    end;
end;
$$;
comment on function realtime.send is
    'Broadcast a JSON object to a topic when the transaction commits; failures are warnings.';

create or replace function realtime.send_binary(
    payload bytea, event text, topic text, private boolean default true
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    begin
        perform set_config('realtime.topic', send_binary.topic, true);
        insert into realtime.messages (binary_payload, event, topic, private, extension)
        values (send_binary.payload, send_binary.event, send_binary.topic, send_binary.private, 'broadcast');
    exception when others then
        raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
    end;
end;
$$;
comment on function realtime.send_binary is
    'Broadcast bytes to a topic; clients of protocol 1.0.0 never receive them.';

create or replace function realtime.broadcast_changes(
    topic_name text,
    event_name text,
    operation text,
    table_name text,
    table_schema text,
    new record,
    old record,
    level text default 'ROW'
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    if level = 'STATEMENT' then
        raise exception 'broadcast_changes is for triggers of each row, not of each statement';
    elsif operation not in ('INSERT', 'UPDATE', 'DELETE') then
        raise exception 'broadcast_changes cannot tell of operation %', operation;
    end if;
    perform realtime.send(
        jsonb_build_object(
            'operation', operation,
            'table', table_name,
            'schema', table_schema,
            'record', new,
            'old_record', old
        ),
        event_name,
        topic_name
    );
end;
$$;
comment on function realtime.broadcast_changes is
    'Broadcast a row''s change to a private topic; call it in an after row trigger.';

grant execute on function
    realtime.topic(), realtime.send(jsonb, text, text, boolean),
    realtime.send_binary(bytea, text, text, boolean),
    realtime.broadcast_changes(text, text, text, text, text, record, record, text)
to public;
alter function realtime.topic() owner to supabase_realtime_admin;
alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.send_binary(bytea, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.broadcast_changes(text, text, text, text, text, record, record, text)
    owner to supabase_realtime_admin;

do $$
begin
    if not exists (select 1 from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
        alter publication supabase_realtime owner to postgres;
    end if;
end;
$$;

-- Tell the gateway of a committed row. NOTIFY makes all committing writers wait for each other, so
-- a transaction of the gateway collects ids instead and fans out itself once it has committed.
create or replace function gateway.announce_message()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
    if current_setting('bdh.gateway', true) = 'on' then
        perform set_config(
            'bdh.sent', concat_ws(',', nullif(current_setting('bdh.sent', true), ''), new.id), true);
    else
        perform pg_notify('realtime_messages', new.id::text);
    end if;
    return null;
end;
$$;
comment on function gateway.announce_message is 'Tell the gateway to fan out a committed message.';
revoke execute on function gateway.announce_message() from public;

drop trigger if exists announce_message on realtime.messages;
create trigger announce_message
    after insert on realtime.messages
    for each row
    when (
        new.extension = 'broadcast' and new.event is not null and not new.skip_broadcast
        and (new.payload is not null or new.binary_payload is not null)
    )
    execute function gateway.announce_message();

-- What row level security on realtime.messages lets a token do on a private topic, as bits: 1 read
-- broadcasts, 2 see presence, 4 send broadcasts, 8 track presence. Probe rows and settings exist
-- only inside a block that is always rolled back; the variable survives. Not a definer function:
-- those may not change their role. Errors (a policy that raises, an unknown role) reach the caller.
create or replace function gateway.realtime_rights(
    p_topic text, p_role text, p_claims text, p_subject text, p_headers text, p_ask integer
)
returns integer
language plpgsql
volatile
security invoker
set search_path = public, extensions
as $$
declare
    v_granted   integer   := 0;
    v_now       timestamp := now();
    v_broadcast uuid      := gen_random_uuid();
    v_presence  uuid      := gen_random_uuid();
    v_ignored   text;
begin
    begin
        if p_ask & 3 <> 0 then
            insert into realtime.messages (id, topic, extension, inserted_at, updated_at)
            values (v_broadcast, p_topic, 'broadcast', v_now, v_now),
                   (v_presence, p_topic, 'presence', v_now, v_now);
        end if;
        v_ignored := concat(
            set_config('realtime.topic', p_topic, true),
            set_config('request.jwt.claims', p_claims, true),
            set_config('request.jwt.claim.sub', p_subject, true),
            set_config('request.jwt.claim.role', p_role, true),
            set_config('request.headers', p_headers, true),
            set_config('role', p_role, true)
        );
        if p_ask & 3 <> 0 then
            select coalesce(sum(case m.extension when 'broadcast' then 1 else 2 end), 0)
            into v_granted
            from realtime.messages as m
            where m.id in (v_broadcast, v_presence) and m.inserted_at = v_now;
        end if;
        if p_ask & 4 <> 0 then
            begin
                insert into realtime.messages (topic, extension) values (p_topic, 'broadcast');
                v_granted := v_granted + 4;
            exception when insufficient_privilege then
                null;
            end;
        end if;
        if p_ask & 8 <> 0 then
            begin
                insert into realtime.messages (topic, extension) values (p_topic, 'presence');
                v_granted := v_granted + 8;
            exception when insufficient_privilege then
                null;
            end;
        end if;
        raise exception 'undo the probes' using errcode = 'BDH01';
    exception when sqlstate 'BDH01' then
        return v_granted;
    end;
end;
$$;
comment on function gateway.realtime_rights is
    'What the policies on realtime.messages allow a token on a topic, as bits; leaves no trace.';

-- Make the partitions of yesterday to three days ahead, drop those older than 72 hours.
-- Attaching, unlike `create table … partition of`, does not wait for transactions that have sent;
-- dropping does, so it gives up after two seconds and the next call tries again.
create or replace function gateway.realtime_maintain(p_now timestamptz default now())
returns void
language plpgsql
security definer
set search_path = ''
set lock_timeout = '2s'
set client_min_messages = 'warning'
as $$
declare
    v_today date := (p_now at time zone 'UTC')::date;
    v_day   date;
    v_name  text;
begin
    perform pg_advisory_xact_lock(hashtext('realtime_maintain'));
    for v_day in select v_today + n from generate_series(-1, 3) as n loop
        v_name := 'messages_' || to_char(v_day, 'YYYY_MM_DD');
        if to_regclass('realtime.' || v_name) is null then
            execute format(
                'create table realtime.%I (like realtime.messages including defaults including constraints);'
                'alter table realtime.%1$I owner to supabase_realtime_admin;'
                'alter table realtime.messages attach partition realtime.%1$I for values from (%L) to (%L)',
                v_name, v_day, v_day + 1);
        end if;
    end loop;
    for v_name in
        select c.relname
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'realtime.messages'::regclass
          and c.relname ~ '^messages_\d{4}_\d\d_\d\d$'
          and to_date(substr(c.relname, 10), 'YYYY_MM_DD') + 1 <= (p_now at time zone 'UTC') - interval '72 hours'
    loop
        execute format('drop table realtime.%I', v_name);
    end loop;
end;
$$;
comment on function gateway.realtime_maintain is
    'Make the coming days'' partitions of realtime.messages and drop those older than 72 hours.';

revoke execute on function gateway.realtime_rights(text, text, text, text, text, integer) from public;
revoke execute on function gateway.realtime_maintain(timestamptz) from public;
grant execute on function gateway.realtime_rights(text, text, text, text, text, integer) to realtime_gateway;
grant execute on function gateway.realtime_maintain(timestamptz) to realtime_gateway;

-- Here `postgres` is a member of the schema's owner, else it could not create policies. Hosted
-- allows policies by other means and refuses the rest; so does this guard. It runs as whoever runs
-- the DDL, who may not look into schema gateway.
create or replace function gateway.guard_realtime()
returns event_trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
    v_schema  oid := pg_catalog.to_regnamespace('realtime');
    v_touched text;
begin
    if (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user) then
        return;
    end if;
    if tg_event = 'sql_drop' then
        select d.object_identity into v_touched
        from pg_catalog.pg_event_trigger_dropped_objects() as d
        where d.object_type <> 'policy'
          and (
              d.schema_name = 'realtime'
              or (d.address_names[1] = 'realtime'
                  and (d.object_type = 'schema' or cardinality(d.address_names) > 1))
          );
    else
        select coalesce(c.object_identity, c.object_type) into v_touched
        from pg_catalog.pg_event_trigger_ddl_commands() as c
        where c.command_tag not in ('CREATE POLICY', 'ALTER POLICY')
          and (
              c.schema_name = 'realtime'
              or (c.object_type = 'schema' and c.objid is not distinct from v_schema)
              -- What an ALTER PUBLICATION adds is named only here.
              or c.object_identity like 'realtime.%'
              -- Triggers, rules and policies have no schema of their own, but a table.
              or exists (
                  select 1
                  from pg_catalog.pg_class as t
                  where t.relnamespace = v_schema
                    and t.oid in (
                        select g.tgrelid from pg_catalog.pg_trigger as g
                        where c.classid = 'pg_catalog.pg_trigger'::regclass and g.oid = c.objid
                        union all
                        select p.polrelid from pg_catalog.pg_policy as p
                        where c.classid = 'pg_catalog.pg_policy'::regclass and p.oid = c.objid
                        union all
                        select r.ev_class from pg_catalog.pg_rewrite as r
                        where c.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = c.objid
                    )
              )
          );
    end if;
    -- A schema that was renamed is no longer found by its name.
    if v_schema is null then
        v_touched := 'realtime';
    end if;
    if v_touched is not null then
        raise exception 'must be owner of %', v_touched using
            errcode = 'insufficient_privilege',
            hint = 'In schema realtime a migration may only create, alter and drop policies on messages.';
    end if;
end;
$$;

comment on function gateway.guard_realtime is 'Refuse what hosted refuses in schema realtime.';
revoke execute on function gateway.guard_realtime() from public;

drop event trigger if exists realtime_guard_ddl;
create event trigger realtime_guard_ddl on ddl_command_end execute function gateway.guard_realtime();
drop event trigger if exists realtime_guard_drop;
create event trigger realtime_guard_drop on sql_drop execute function gateway.guard_realtime();

select gateway.realtime_maintain();
