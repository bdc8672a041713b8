-- The worker's two calls. A lease keeps a row from others; a worker that dies loses it when the lease
-- lapses, so delivery is at least once, always with the row's id as idempotency key.

create function private.note_parked(p_row private.outbox)
returns uuid
language sql
security definer -- appends to the log
set search_path = ''
as $$
    -- Not the error: it may quote an address that is a secret.
    select private.emit(p_row.project_id, 'delivery.parked', private.system_actor(), 'delivery', p_row.id::text, jsonb_build_object(
        'kind', p_row.kind, 'attempts', p_row.attempts, 'recipient', jsonb_build_object(
            'kind', p_row.recipient_kind, 'id', p_row.recipient_id, 'name', p_row.recipient_name)));
$$;
comment on function private.note_parked is 'The event of a message that was given up.';

create function private.park_exhausted()
returns int
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_count int;
begin
    with parked as (
        update private.outbox as o set status = 'parked', lease = null, locked_until = null, settled_at = now(),
            last_error = coalesce(o.last_error, 'The worker ended during every attempt')
        where o.id in (
            select q.id from private.outbox as q
            where q.status = 'pending' and q.attempts >= 8 and coalesce(q.locked_until <= now(), true)
            for update skip locked)
        returning o.*
    )
    select count(private.note_parked(p)) into v_count from parked as p;
    return v_count;
end;
$$;
comment on function private.park_exhausted is
    'Parks what was tried eight times, and says how many; an attempt counts when it is leased, so that a row cannot kill workers for ever.';

create function private.lease_outbox(p_limit int, p_seconds int)
returns jsonb
language plpgsql
security definer -- for the service role only; writes a private table
set search_path = ''
as $$
declare
    v_lease uuid := gen_random_uuid();
begin
    perform private.park_exhausted();
    with due as (
        select o.id from private.outbox as o
        where o.status = 'pending' and o.due_at <= now() and o.attempts < 8 and coalesce(o.locked_until <= now(), true)
        order by o.due_at limit least(greatest(coalesce(p_limit, 20), 1), 100)
        for update skip locked
    )
    update private.outbox as o set lease = v_lease, attempts = o.attempts + 1,
        locked_until = now() + make_interval(secs => least(greatest(coalesce(p_seconds, 60), 5), 600))
    from due as d where o.id = d.id;
    -- Channels removed meanwhile: nothing is left to do.
    update private.outbox as o set status = 'delivered', settled_at = now(), lease = null, locked_until = null
    where o.lease = v_lease and not exists (
        select 1 from private.outbox_channels(o) as c where not c.id = any (o.done));
    return jsonb_build_object('lease', v_lease, 'push_keys', private.setting('push_keys'), 'rows', coalesce((
        select jsonb_agg(jsonb_build_object(
            'id', o.id, 'kind', o.kind, 'urgent', o.urgent, 'attempt', o.attempts, 'content', o.content,
            'created_at', o.created_at, 'project', p.slug,
            'recipient', jsonb_build_object('kind', o.recipient_kind, 'id', o.recipient_id, 'name', o.recipient_name),
            'answer_token', case when o.kind = 'escalation' then private.answer_token(o.id) end,
            'invite_token', case when o.kind = 'invitation' then private.invite_token(o.recipient_id) end,
            'channels', (
                select jsonb_agg(jsonb_build_object('id', c.id, 'type', c.type, 'address', c.address, 'secret', c.secret,
                    'config', c.config) order by c.created_at, c.id)
                from private.outbox_channels(o) as c where not c.id = any (o.done)))
            order by o.due_at, o.id)
        from private.outbox as o join public.projects as p on p.id = o.project_id where o.lease = v_lease), '[]'));
end;
$$;
comment on function private.lease_outbox is 'See public.lease_outbox.';

create function public.lease_outbox(p_limit int default 20, p_seconds int default 60)
returns jsonb
language sql
set search_path = ''
as $$
    select private.lease_outbox(p_limit, p_seconds);
$$;
comment on function public.lease_outbox is
    'For the relay (service role): due rows with the channels that still want them: {lease, rows, push_keys}. '
    'Settle each within p_seconds.';

create function private.settle_outbox(p_id uuid, p_lease uuid, p_results jsonb)
returns jsonb
language plpgsql
security definer -- for the service role only; writes private tables
set search_path = ''
as $$
declare
    v_row   private.outbox;
    v_done  uuid[];
    v_error text;
    v_left  boolean;
    v_final boolean;
begin
    select * into v_row from private.outbox as o where o.id = p_id for update;
    if not found then
        perform private.fail('not_found', 404, 'There is no such row in the outbox');
    end if;
    -- What has arrived has arrived, also when the lease was lost meanwhile.
    v_done := array(select distinct t from unnest(v_row.done || array(
        select (r ->> 'channel_id')::uuid from jsonb_array_elements(p_results) as r where (r -> 'ok')::boolean)) as t);
    perform 1 from private.channels as c
    where c.id in (select (r ->> 'channel_id')::uuid from jsonb_array_elements(p_results) as r) order by c.id for no key update;
    update private.channels as c set
        last_delivered_at = case when (r.value -> 'ok')::boolean then now() else c.last_delivered_at end,
        last_error = case when (r.value -> 'ok')::boolean then null else left(r.value ->> 'error', 500) end,
        enabled = c.enabled and not coalesce((r.value -> 'gone')::boolean, false)
    from jsonb_array_elements(p_results) as r (value) where c.id = (r.value ->> 'channel_id')::uuid;
    if v_row.status <> 'pending' or v_row.lease is distinct from p_lease then
        update private.outbox as o set done = v_done where o.id = p_id;
        return jsonb_build_object('id', p_id, 'status', v_row.status, 'late', true);
    end if;
    v_left := exists (
        select 1 from private.outbox_channels(v_row) as c where not c.id = any (v_done));
    select string_agg(left(r ->> 'error', 200), '; '), bool_and(coalesce((r -> 'permanent')::boolean, false))
    into v_error, v_final from jsonb_array_elements(p_results) as r where not (r -> 'ok')::boolean;
    update private.outbox as o set done = v_done, lease = null, locked_until = null, last_error = v_error,
        status = case when not v_left then 'delivered' when v_final or o.attempts >= 8 then 'parked' else 'pending' end,
        settled_at = case when not v_left or v_final or o.attempts >= 8 then now() end,
        -- 15 s, 30 s, … 16 min, and up to a quarter more, so that many do not come back at once.
        due_at = private.quiet_until(o.recipient_id, o.urgent,
            now() + make_interval(secs => 15 * 2 ^ (o.attempts - 1) * (1 + random() / 4)))
    where o.id = p_id returning * into v_row;
    perform private.note_parked(v_row) where v_row.status = 'parked';
    return jsonb_build_object('id', p_id, 'status', v_row.status, 'late', false,
        'due_at', case when v_row.status = 'pending' then v_row.due_at end);
end;
$$;
comment on function private.settle_outbox is 'See public.settle_outbox.';

create function public.settle_outbox(p_id uuid, p_lease uuid, p_results jsonb)
returns jsonb
language sql
set search_path = ''
as $$
    select private.settle_outbox(p_id, p_lease, p_results);
$$;
comment on function public.settle_outbox is
    'For the relay: what became of a row, per channel [{channel_id, ok, error, permanent, gone}]. Again after a growing pause, '
    'parked after eight attempts. A lost lease changes nothing but what has arrived (late).';

create function private.keep_push_keys(p_public text, p_private jsonb)
returns jsonb
language plpgsql
security definer -- for the service role only; writes settings
set search_path = ''
as $$
begin
    insert into private.settings (key, value)
    values ('push_keys', jsonb_build_object('public', p_public, 'private', p_private)) on conflict (key) do nothing;
    return private.setting('push_keys');
end;
$$;
comment on function private.keep_push_keys is 'See public.keep_push_keys.';

create function public.keep_push_keys(p_public text, p_private jsonb)
returns jsonb
language sql
set search_path = ''
as $$
    select private.keep_push_keys(p_public, p_private);
$$;
comment on function public.keep_push_keys is 'For the relay: the key pair of web push, the first one ever given: {public, private}.';

create function private.remind_of_escalations()
returns void
language sql
security definer -- maintenance of every project
set search_path = ''
as $$
    select private.tell(e.project_id, jsonb_build_object('kind', 'member', 'id', m.id, 'name', m.name), 'escalation',
        format('escalation:%s:%s', e.id, t.times), true, private.escalation_content(e, t.times))
    from public.escalations as e
    join public.members as m on m.project_id = e.project_id and m.id is distinct from e.asker_id
    cross join lateral private.notify_preferences(m.id) as p (prefs)
    cross join lateral (
        select floor(extract(epoch from now() - e.created_at) / 60 / (p.prefs ->> 'remind_after_minutes')::int)::int as times) as t
    where e.status = 'pending' and (e.expires_at is null or e.expires_at > now())
      and t.times between 1 and (p.prefs ->> 'reminders')::int
      and exists (select 1 from private.wanted_channels(m.id, 'escalation'));
$$;
comment on function private.remind_of_escalations is 'Tells again of questions nobody has answered, as each member wants it.';
insert into private.schedules (name, every, function) values
    ('remind_of_escalations', '1 minute', 'private.remind_of_escalations');

do $$
declare
    v_fn     regprocedure;
    v_public text[] := array['lease_outbox', 'settle_outbox', 'keep_push_keys'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace)
          and p.proname = any (v_public || array['note_parked', 'park_exhausted', 'remind_of_escalations'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_public)
    loop
        execute format('grant execute on function %s to service_role', v_fn);
    end loop;
end;
$$;
