-- Deadlock: A waits for B while B waits for A, in a chat or for a file, directly or around corners
-- (product.md §7). Found when a wait is opened, told to all of the circle, escalated once.

create table private.posted_notices (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null references public.projects (id) on delete cascade,
    recipient_id uuid not null,
    kind         text not null,
    sender       jsonb,
    text         text not null,
    command      text,
    urgent       boolean not null default false,
    key          text not null,
    created_at   timestamptz not null default now(),
    shown_at     timestamptz,
    constraint posted_notices_key unique (recipient_id, key)
);
create index posted_notices_waiting_idx on private.posted_notices (recipient_id) where shown_at is null;
create index posted_notices_project_idx on private.posted_notices (project_id);
comment on table private.posted_notices is 'Things to tell one party once that no other table remembers; gone from the banner when shown.';
alter table private.posted_notices enable row level security;
revoke all on private.posted_notices from public, anon, authenticated, service_role;

create function private.post_notice(
    p_project_id uuid, p_recipient_kind text, p_recipient_id uuid, p_kind text, p_text text, p_command text, p_key text,
    p_sender jsonb default null, p_urgent boolean default false)
returns void
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
begin
    insert into private.posted_notices (project_id, recipient_id, kind, sender, text, command, urgent, key)
    values (p_project_id, p_recipient_id, p_kind, p_sender, p_text, p_command, p_urgent, p_key)
    on conflict (recipient_id, key) do nothing;
    if found then
        perform private.topic_hint(private.party_topic(p_recipient_kind, p_recipient_id), 'notice',
            jsonb_build_object('kind', p_kind, 'text', p_text, 'urgent', p_urgent));
    end if;
end;
$$;
comment on function private.post_notice is 'Put a line into one party''s banner until it was shown; the same p_key is said once.';

create table private.deadlocks (
    id         uuid primary key default gen_random_uuid(),
    project_id uuid not null references public.projects (id) on delete cascade,
    members    uuid[] not null,
    wait_ids   uuid[] not null,
    text       text not null,
    found_at   timestamptz not null default now()
);
create index deadlocks_project_idx on private.deadlocks (project_id, found_at);
comment on table private.deadlocks is 'Circles of waiting that were found, so that each is told and escalated once.';
alter table private.deadlocks enable row level security;
revoke all on private.deadlocks from public, anon, authenticated, service_role;

create function private.chat_wait_edges(p_project_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean, what text)
language sql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
    select w.id, w.waiter_id, t.id, not w.all_replies, 'an answer'
    from public.chat_waits as w cross join unnest(w.targets) as t (id)
    where w.project_id = p_project_id and w.ended_at is null and private.wait_is_live(w)
      and not t.id = any (w.replied_by);
$$;
comment on function private.chat_wait_edges is 'Who waits for whose answer in a chat.';

create function private.wait_edges(p_project_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean, what text)
language sql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
    select * from private.chat_wait_edges(p_project_id);
$$;
comment on function private.wait_edges is
    'All waiting in a project. any_of: one of the wait''s targets is enough. what: what of the target it waits for ("an answer", '
    '"the lock on src/").';

create function private.stuck_edges(p_project_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, what text)
language plpgsql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
declare
    v_edges jsonb;
    v_stuck uuid[];
    v_left  uuid[];
begin
    select jsonb_agg(to_jsonb(e)) into v_edges from private.wait_edges(p_project_id) as e;
    select array_agg(distinct e.waiter_id) into v_left
    from jsonb_to_recordset(v_edges) as e (waiter_id uuid);
    -- Whoever has a wait that somebody not stuck can end is not stuck either; the rest is.
    while v_left is distinct from v_stuck loop
        v_stuck := v_left;
        select array_agg(distinct s.waiter_id) into v_left from unnest(v_stuck) as s (waiter_id)
        where not exists (
            select 1 from jsonb_to_recordset(v_edges) as e (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean)
            where e.waiter_id = s.waiter_id
            group by e.wait_id
            having case when bool_or(e.any_of) then not bool_and(e.target_id = any (v_stuck))
                else not bool_or(e.target_id = any (v_stuck)) end);
    end loop;
    return query
    select e.wait_id, e.waiter_id, e.target_id, e.what
    from jsonb_to_recordset(v_edges) as e (wait_id uuid, waiter_id uuid, target_id uuid, what text)
    where e.waiter_id = any (v_stuck) and e.target_id = any (v_stuck);
end;
$$;
comment on function private.stuck_edges is 'The edges among those who can go on only if one of themselves does.';

create function private.stuck_circle(p_project_id uuid, p_waiter_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, what text)
language sql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
    with recursive edges as materialized (
        select * from private.stuck_edges(p_project_id)
    ), down as (
        select p_waiter_id as id
        union
        select e.target_id from edges as e join down as d on e.waiter_id = d.id
    ), up as (
        select p_waiter_id as id
        union
        select e.waiter_id from edges as e join up as u on e.target_id = u.id
    )
    select e.* from edges as e
    where e.waiter_id in (select d.id from down as d) and e.waiter_id in (select u.id from up as u)
      and e.target_id in (select d.id from down as d) and e.target_id in (select u.id from up as u);
$$;
comment on function private.stuck_circle is
    'The edges of the circle that p_waiter_id is part of; none if it is only stuck behind one, or not at all.';

create function private.party_name(p_id uuid)
returns text
language sql
stable
security definer -- looks at everyone
set search_path = ''
as $$
    select coalesce(private.short_alias(p_id), (select m.name from public.members as m where m.id = p_id));
$$;
comment on function private.party_name is 'How to call a workspace (shortest alias) or member in a sentence.';

create function private.find_deadlock(p_project_id uuid, p_waiter_id uuid)
returns jsonb
language plpgsql
security definer -- records and tells what it finds
set search_path = ''
as $$
declare
    v_members uuid[];
    v_waits   uuid[];
    v_text    text;
    v_known   boolean;
begin
    -- Two waits opened at the same instant would not see each other.
    perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 4));
    select array_agg(distinct c.waiter_id order by c.waiter_id), array_agg(distinct c.wait_id order by c.wait_id),
        'Deadlock: ' || string_agg(distinct format('%s waits for %s from %s', private.party_name(c.waiter_id), c.what,
            private.party_name(c.target_id)), ', ')
    into v_members, v_waits, v_text
    from private.stuck_circle(p_project_id, p_waiter_id) as c;
    if v_members is null then
        return null;
    end if;
    if not exists (select 1 from private.deadlocks as d where d.project_id = p_project_id and d.wait_ids = v_waits) then
        v_known := exists (
            select 1 from private.deadlocks as d
            where d.project_id = p_project_id and d.members = v_members and d.found_at > now() - interval '1 hour');
        insert into private.deadlocks (project_id, members, wait_ids, text)
        values (p_project_id, v_members, v_waits, v_text);
        perform private.tell_deadlock(p_project_id, v_members, v_waits, v_text, not v_known);
    end if;
    return jsonb_build_object('text', v_text, 'members', (
        select jsonb_agg(private.party_name(t.id)) from unnest(v_members) as t (id)));
end;
$$;
comment on function private.find_deadlock is
    'Call after opening a wait: {text, members} if it closed a circle, else null. A new circle is told to all in it and escalated '
    'once an hour.';

create function private.tell_deadlock(p_project_id uuid, p_members uuid[], p_waits uuid[], p_text text, p_escalate boolean)
returns void
language plpgsql
security definer -- posts notices and an escalation
set search_path = ''
as $$
begin
    perform private.post_notice(p_project_id, case when w.id is null then 'member' else 'workspace' end, t.id, 'system',
        p_text || '. Answer or let go first: one of you has to.', 'bdh :aweb chat pending',
        'deadlock:' || md5(array_to_string(p_waits, ',')), private.system_actor(), true)
    from unnest(p_members) as t (id) left join public.workspaces as w on w.id = t.id;
    perform private.tell_waiter(w, jsonb_build_object('deadlock', p_text))
    from public.chat_waits as w where w.id = any (p_waits) and w.ended_at is null;
    if p_escalate then
        -- A long circle is told whole, but a subject has its limit.
        perform private.open_escalation(p_project_id, private.system_actor(),
            case when length(p_text) > 300 then left(p_text, 299) || '…' else p_text end,
            left(p_text, 100000) || E'\n\nThese agents wait for each other, so none of them goes on. They have been told; '
            'if they do not sort it out, tell one of them what to do.',
            '{}', interval '4 hours', '{}');
    end if;
end;
$$;
comment on function private.tell_deadlock is 'Notice to every member of the circle, a hint to their waiting clients, one escalation.';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'post_notice', 'chat_wait_edges', 'wait_edges', 'stuck_edges', 'stuck_circle', 'party_name',
            'find_deadlock', 'tell_deadlock'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
