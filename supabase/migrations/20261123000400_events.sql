-- The append-only log (product.md §2.9) and the hints that Realtime carries (§2.10).

create table public.events (
    id          uuid not null default gen_random_uuid(),
    seq         bigint generated always as identity,
    xid         xid8 not null default pg_current_xact_id(),
    project_id  uuid not null references public.projects (id) on delete cascade,
    type        text not null,
    at          timestamptz not null default now(),
    actor       jsonb not null,
    entity_type text not null,
    entity_id   text not null,
    data        jsonb not null default '{}',
    xid_before  xid8,
    constraint events_pkey primary key (id)
);
-- Order and cursor are the pair (xid, seq): seq alone is handed out before commit, in any order.
create index events_cursor_idx on public.events (project_id, xid, seq);
create index events_entity_idx on public.events (project_id, entity_type, entity_id, xid, seq);
create index events_at_idx on public.events (project_id, at);
comment on table public.events is 'One row per state change. xid_before: the xid a row had before the last restore, for older cursors.';

alter table public.events enable row level security;
revoke all on public.events from public, anon, authenticated, service_role;
revoke all on sequence public.events_seq_seq from public, anon, authenticated, service_role;
grant select on public.events to authenticated;
grant all on public.events to service_role;

create policy events_select_member on public.events for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create function private.event_cursor(p_xid xid8, p_seq bigint)
returns text
language plpgsql
stable
security definer -- reads the log's generation from the settings
set search_path = ''
as $$
declare
    v_generation text;
begin
    select s.value #>> '{}' into v_generation from private.settings as s where s.key = 'log_generation';
    return format('%s.%s.%s', v_generation, p_xid, p_seq);
end;
$$;
comment on function private.event_cursor is 'The opaque token for a place in the log: generation.xid.seq.';

create function private.topic_hint(p_topic text, p_event text, p_payload jsonb)
returns void
language plpgsql
security definer -- only the database sends: no role has an INSERT policy for broadcast
set search_path = ''
as $$
begin
    perform realtime.send(p_payload, p_event, p_topic, true);
end;
$$;
comment on function private.topic_hint is 'Broadcast a hint on a private topic when the transaction commits; never fails the caller.';

create function private.emit(
    p_project_id  uuid,
    p_type        text,
    p_actor       jsonb,
    p_entity_type text,
    p_entity_id   text,
    p_data        jsonb default '{}'
)
returns uuid
language plpgsql
security definer -- appends to a table nobody may write
set search_path = ''
as $$
declare
    v_row public.events;
begin
    insert into public.events (project_id, type, actor, entity_type, entity_id, data)
    values (p_project_id, p_type, p_actor, p_entity_type, p_entity_id, p_data)
    returning * into v_row;
    perform realtime.send(
        jsonb_build_object('id', v_row.id, 'cursor', private.event_cursor(v_row.xid, v_row.seq), 'type', p_type,
            'entity', jsonb_build_object('type', p_entity_type, 'id', p_entity_id)),
        'event', 'project:' || p_project_id, true);
    return v_row.id;
end;
$$;
comment on function private.emit is
    'Append one event and send its hint (id, cursor, type, entity) on project:<id>. Returns the event id.';

create function private.system_actor()
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select '{"kind": "system", "id": null, "name": "bdh"}'::jsonb;
$$;
comment on function private.system_actor is 'The actor of what no person or agent did.';

create function private.event_json(p_event public.events, p_generation text default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_event.id,
        'cursor', case
            when p_generation is null then private.event_cursor(p_event.xid, p_event.seq)
            else format('%s.%s.%s', p_generation, p_event.xid, p_event.seq) end,
        'type', p_event.type, 'at', p_event.at, 'actor', p_event.actor,
        'entity', jsonb_build_object('type', p_event.entity_type, 'id', p_event.entity_id), 'data', p_event.data);
$$;
comment on function private.event_json is
    'The wire shape of an event (product.md §2.9). p_generation: that of the log, when the caller has read it already.';

create type private.event_place as (generation text, xid xid8, seq bigint, before_restore boolean);
comment on type private.event_place is 'A parsed cursor. before_restore: xid counts in the numbering before the last restore.';

create function private.read_cursor(p_cursor text)
returns private.event_place
language plpgsql
stable
security definer -- reads the log's generations from the settings
set search_path = ''
as $$
declare
    v_place private.event_place := (private.setting('log_generation') #>> '{}', '0', 0, false);
    v_gen   text := split_part(p_cursor, '.', 1);
begin
    if p_cursor is null then
        return v_place;
    elsif p_cursor !~ '^[0-9a-f]+\.[0-9]{1,19}\.[0-9]{1,18}$' then
        perform private.fail('bad_cursor', 400, 'This cursor was not made by bdh', 'Leave --since out: bdh :watch begins with what comes next');
    end if;
    v_place.xid := split_part(p_cursor, '.', 2)::xid8;
    v_place.seq := split_part(p_cursor, '.', 3)::bigint;
    v_place.before_restore := v_gen <> v_place.generation;
    if v_place.before_restore and v_gen is distinct from private.setting('log_generation_before') #>> '{}' then
        perform private.fail('cursor_expired', 410, 'This cursor is from before an earlier restore of the database',
            'Leave --since out: bdh :watch begins with what comes next');
    end if;
    return v_place;
end;
$$;
comment on function private.read_cursor is 'The place a cursor names, null the beginning; bad_cursor (400), cursor_expired (410).';

create function private.list_events(p_project_id uuid, p_since text, p_types text[], p_entity_type text, p_entity_id text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
-- Which conditions are null decides the index: a plan for all cases would read a project's whole log.
set plan_cache_mode = force_custom_plan
as $$
declare
    v_actor   private.actor_info := private.viewer(p_project_id);
    v_since   private.event_place := private.read_cursor(p_since);
    v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_limit   int := least(greatest(coalesce(p_limit, 100), 1), 1000);
    v_rows    public.events[];
    v_more    boolean;
    v_cursor  text;
begin
    -- Below the oldest running transaction nothing can commit late, so nothing is skipped.
    select array_agg(e order by e.xid, e.seq) into v_rows from (
        select e.* from public.events as e
        where e.project_id = v_actor.project_id and e.xid < v_horizon
          and case when v_since.before_restore
              then e.xid_before is null or (e.xid_before, e.seq) > (v_since.xid, v_since.seq)
              else (e.xid, e.seq) > (v_since.xid, v_since.seq) end
          and (p_types is null or e.type = any (p_types))
          and (p_entity_type is null or e.entity_type = p_entity_type)
          and (p_entity_id is null or e.entity_id = p_entity_id)
        order by e.xid, e.seq
        limit v_limit + 1) as e;
    v_more := coalesce(cardinality(v_rows), 0) > v_limit;
    v_rows := v_rows[1:v_limit];
    v_cursor := case
        when v_more then format('%s.%s.%s', v_since.generation, v_rows[v_limit].xid, v_rows[v_limit].seq)
        else format('%s.%s.0', v_since.generation, v_horizon) end;
    return jsonb_build_object(
        'events', coalesce((
            select jsonb_agg(private.event_json(e, v_since.generation) order by e.xid, e.seq)
            from unnest(v_rows) as e), '[]'),
        'cursor', v_cursor, 'next_cursor', case when v_more then v_cursor end,
        -- Readers whose clocks are wrong tell times and presence by this one.
        'now', clock_timestamp());
end;
$$;
comment on function private.list_events is
    'Events after a cursor in commit-safe order. cursor: where to go on; next_cursor: set while more are waiting; now: the time here.';

create function public.list_events(
    p_since text default null, p_types text[] default null, p_entity_type text default null,
    p_entity_id text default null, p_limit int default 100, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_events(p_project_id, p_since, p_types, p_entity_type, p_entity_id, p_limit);
$$;
comment on function public.list_events is
    'Read the event log after p_since (opaque): {events, cursor, next_cursor, now}. Without p_since from the beginning.';

create function private.after_restore()
returns void
language plpgsql
security definer -- rewrites the log; called by restore and import only
set search_path = ''
as $$
begin
    -- A restored cluster counts transactions from elsewhere: rows must lie below every coming snapshot.
    update public.events set xid_before = xid, xid = '3';
    insert into private.settings (key, value)
    select 'log_generation_before', s.value from private.settings as s where s.key = 'log_generation'
    on conflict (key) do update set value = excluded.value, updated_at = now();
    update private.settings set value = to_jsonb(left(replace(gen_random_uuid()::text, '-', ''), 8)), updated_at = now()
    where key = 'log_generation';
end;
$$;
comment on function private.after_restore is
    'After pg_restore: move all events below the new cluster''s transactions, start a new cursor generation.';

revoke execute on function
    private.event_cursor(xid8, bigint), private.topic_hint(text, text, jsonb),
    private.emit(uuid, text, jsonb, text, text, jsonb), private.system_actor(),
    private.event_json(public.events, text), private.read_cursor(text),
    private.list_events(uuid, text, text[], text, text, int), private.after_restore()
from public, anon, authenticated, service_role;
grant execute on function private.list_events(uuid, text, text[], text, text, int) to authenticated;
revoke execute on function public.list_events(text, text[], text, text, int, uuid) from public, anon, authenticated, service_role;
grant execute on function public.list_events(text, text[], text, text, int, uuid) to authenticated;

-- Policies compare text and never cast; they leave other applications' topics alone.
create policy bdh_receive_broadcast on realtime.messages for select to authenticated
    using (
        extension = 'broadcast'
        and (
            (select realtime.topic()) in (select 'project:' || p from private.current_project_ids() as p)
            or (select realtime.topic()) in (select 'workspace:' || a from private.current_actor_ids() as a)
            or (select realtime.topic()) in (select 'member:' || a from private.current_actor_ids() as a)
        ));
create policy bdh_see_presence on realtime.messages for select to authenticated
    using (
        extension = 'presence'
        and (select realtime.topic()) in (select 'project:' || p from private.current_project_ids() as p));
create policy bdh_track_presence on realtime.messages for insert to authenticated
    with check (
        extension = 'presence'
        and (select realtime.topic()) in (select 'project:' || p from private.current_project_ids() as p));
