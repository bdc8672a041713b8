-- The waiting client's side: listening, refreshing the lease (which brings what a lost push would
-- have brought), ending.

create function private.chat_unread_here(p_reader_id uuid, p_session_id uuid, p_limit int)
returns public.chat_messages[]
language sql
stable
security definer -- reads messages of sessions the reader is in
set search_path = ''
as $$
    select array_agg(t.m order by (t.m).created_at, (t.m).session_id, (t.m).seq) from (
        select m from public.chat_participants as p
        join public.chat_messages as m on m.session_id = p.session_id and m.seq > p.read_seq
        where p.participant_id = p_reader_id and m.sender_id <> p_reader_id
          and (p_session_id is null or p.session_id = p_session_id)
        order by m.created_at, m.session_id, m.seq limit p_limit) as t;
$$;
comment on function private.chat_unread_here is 'Unread messages of one session or, without one, of all of them.';

create function private.chat_after(p_reader_id uuid, p_session_id uuid, p_seq bigint)
returns public.chat_messages[]
language sql
stable
security definer -- reads messages of a session the reader is in
set search_path = ''
as $$
    select array_agg(t.m order by (t.m).seq) from (
        select m from public.chat_messages as m
        where m.session_id = p_session_id and m.seq > p_seq and m.sender_id <> p_reader_id
        order by m.seq limit 200) as t;
$$;
comment on function private.chat_after is 'The next messages of others after a sequence number.';

create function private.chat_come_back(p_listener_id uuid, p_session_id uuid)
returns void
language sql
security definer -- writes the listener's participations
set search_path = ''
as $$
    update public.chat_participants as p set left_at = null
    where p.participant_id = p_listener_id and p.session_id in (
        select q.session_id from public.chat_participants as q
        where q.participant_id = p_listener_id and q.left_at is not null
          and (p_session_id is null or q.session_id = p_session_id)
        order by q.session_id for no key update);
$$;
comment on function private.chat_come_back is
    'Who listens has not left any more: in one session or, without one, in all that would be heard.';

create function private.chat_listen(p_project_id uuid, p_chat text, p_wait_seconds int)
returns jsonb
language plpgsql
security definer -- opens the wait
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_session public.chat_sessions;
    v_unread  public.chat_messages[];
    v_seconds int := coalesce(p_wait_seconds, 300);
    v_owed    boolean;
    v_wait    public.chat_waits;
begin
    perform private.hold_place(v_actor);
    if p_chat is not null then
        v_session := private.chat_session_by_id(v_actor, lower(p_chat));
        if not v_actor.id = any (coalesce(v_session.participants, '{}')) then
            v_session := private.chat_session_with(v_actor, array[p_chat]);
        end if;
        select * into v_session from public.chat_sessions as s where s.id = v_session.id for no key update;
    end if;
    v_unread := private.chat_unread_here(v_actor.id, v_session.id, 200);
    if v_unread is not null then
        perform private.chat_come_back(v_actor.id, v_session.id);
        return jsonb_build_object('status', 'replied', 'session_id', v_session.id, 'wait', null, 'deadlock', null,
            'others', private.chat_others(v_session.id, v_actor.id), 'messages', private.chat_messages_json(v_unread));
    end if;
    -- Only who spoke last is owed an answer; listening blocks on nobody.
    v_owed := exists (select 1 from public.chat_messages as m
        where m.session_id = v_session.id and m.seq = v_session.last_seq and m.sender_id = v_actor.id);
    v_wait := private.chat_open_wait(v_actor, v_session.id, coalesce(v_session.last_seq, 0), v_seconds, false,
        case when v_owed then private.chat_present(v_session.id, v_actor.id) else '{}' end);
    -- After the wait, as everywhere in chat: session, waits, participants.
    perform private.chat_come_back(v_actor.id, v_session.id);
    return jsonb_build_object('status', 'waiting', 'session_id', v_session.id, 'wait', private.wait_json(v_wait),
        'others', private.chat_others(v_session.id, v_actor.id), 'messages', '[]'::jsonb,
        'deadlock', case when v_owed then private.find_deadlock(v_actor.project_id, v_actor.id) end);
end;
$$;
comment on function private.chat_listen is 'See public.chat_listen.';

create function public.chat_listen(p_chat text default null, p_wait_seconds int default 300, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_listen(p_project_id, p_chat, p_wait_seconds);
$$;
comment on function public.chat_listen is
    'Wait without writing, in one chat or (without p_chat) in all; also resumes an interrupted wait. Unread messages are returned '
    'at once: {status replied|waiting, session_id, others, messages, wait, deadlock}.';

create function private.chat_wait_refresh(p_project_id uuid, p_wait_id uuid, p_after_seq bigint)
returns jsonb
language plpgsql
security definer -- renews the caller's lease
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_wait  public.chat_waits;
begin
    update public.chat_waits as w set
        lease_until = case when w.deadline > now() then now() + interval '90 seconds' else w.lease_until end,
        -- A laptop that slept comes back to a wait that only its lease had ended.
        ended_at = case when w.deadline > now() then null else coalesce(w.ended_at, now()) end,
        ended_reason = case when w.deadline > now() then null else 'timeout' end
    where w.id = p_wait_id and w.waiter_id = v_actor.id
      and (w.ended_at is null or w.ended_reason = 'lapsed');
    select * into v_wait from public.chat_waits as w where w.id = p_wait_id and w.waiter_id = v_actor.id;
    if not found then
        perform private.fail('not_found', 404, 'There is no such wait of yours', 'bdh :aweb chat listen');
    end if;
    return jsonb_build_object(
        'wait_id', v_wait.id, 'session_id', v_wait.session_id, 'status', coalesce(v_wait.ended_reason, 'waiting'),
        'seconds_left', private.seconds_left(v_wait),
        'messages', private.chat_messages_json(case
            when v_wait.session_id is null then private.chat_unread_here(v_actor.id, null, 200)
            else private.chat_after(v_actor.id, v_wait.session_id, greatest(coalesce(p_after_seq, 0), v_wait.after_seq)) end),
        'read_by', (select coalesce(jsonb_agg(private.party_name(t.id)), '[]') from unnest(v_wait.read_by) as t (id)),
        'deadlock', (
            select d.text from private.deadlocks as d
            where d.project_id = v_wait.project_id and v_wait.id = any (d.wait_ids) and v_wait.ended_at is null
            order by d.found_at desc limit 1));
end;
$$;
comment on function private.chat_wait_refresh is 'See public.chat_wait_refresh.';

create function public.chat_wait_refresh(p_wait_id uuid, p_after_seq bigint default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_wait_refresh(p_project_id, p_wait_id, p_after_seq);
$$;
comment on function public.chat_wait_refresh is
    'Renew the lease (90 s) of a wait and get what came after p_after_seq: {status waiting|replied|left|timeout|…, seconds_left, '
    'messages, read_by, deadlock}.';

create function private.chat_wait_end(p_project_id uuid, p_wait_id uuid, p_shown text[])
returns jsonb
language plpgsql
security definer -- ends the caller's wait, moves its read marks
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_wait  public.chat_waits;
begin
    perform private.chat_mark_items(v_actor, p_shown, p_wait_id);
    update public.chat_waits as w set ended_at = now(),
        ended_reason = case when w.deadline > now() then 'cancelled' else 'timeout' end
    where w.id = p_wait_id and w.waiter_id = v_actor.id and w.ended_at is null;
    select * into v_wait from public.chat_waits as w where w.id = p_wait_id and w.waiter_id = v_actor.id;
    return jsonb_build_object('wait_id', p_wait_id, 'status', v_wait.ended_reason);
end;
$$;
comment on function private.chat_wait_end is 'See public.chat_wait_end.';

create function public.chat_wait_end(p_wait_id uuid, p_shown text[] default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_wait_end(p_project_id, p_wait_id, p_shown);
$$;
comment on function public.chat_wait_end is
    'End a wait of one''s own now, and mark the messages (<session>:<seq>) that were shown as read. Again does nothing.';

create or replace function private.status_waits(p_project_id uuid)
returns jsonb
language sql
stable
security definer -- team_status shows to all who waits for whom, never what is said
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(t.waiter_id, t.names), '{}') from (
        select w.waiter_id, jsonb_agg(distinct private.party_name(u.id)) as names
        from public.chat_waits as w cross join unnest(w.targets) as u (id)
        where w.project_id = p_project_id and w.ended_at is null and private.wait_is_live(w)
        group by w.waiter_id) as t;
$$;
comment on function private.status_waits is 'For whom a workspace waits in chat, by workspace id: {id: [alias]}.';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_listen', 'chat_come_back', 'chat_unread_here', 'chat_wait_refresh', 'chat_after', 'chat_wait_end', 'status_waits'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_listen', 'chat_wait_refresh', 'chat_wait_end'])
    loop
        execute format('grant execute on function %s to authenticated', v_fn);
    end loop;
end;
$$;
