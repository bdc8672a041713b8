-- Reading chats: what is pending, opening (which marks), history (which does not).

create function private.chat_waiting_for(p_session_id uuid, p_actor_id uuid)
returns jsonb
language sql
stable
security definer -- reads other people's waits
set search_path = ''
as $$
    select coalesce(jsonb_agg(w.waiter || jsonb_build_object(
        'short', private.party_name(w.waiter_id), 'since', w.opened_at, 'seconds_left', private.seconds_left(w))
        order by w.opened_at), '[]')
    from public.chat_waits as w
    where w.session_id = p_session_id and w.ended_at is null and private.wait_is_live(w)
      and p_actor_id = any (w.targets) and not p_actor_id = any (w.replied_by);
$$;
comment on function private.chat_waiting_for is 'Who is blocked in this session until the actor answers.';

create function private.chat_pending(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for workspaces and members, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_chats jsonb;
begin
    with mine as (
        select s.id, s.last_message_at, private.chat_unread_count(p) as unread,
            private.chat_waiting_for(s.id, v_actor.id) as waiting,
            private.chat_others(s.id, v_actor.id) as others
        from public.chat_participants as p join public.chat_sessions as s on s.id = p.session_id
        where p.participant_id = v_actor.id
          and (s.last_seq > p.read_seq or exists (
              select 1 from public.chat_waits as w
              where w.session_id = s.id and w.ended_at is null and v_actor.id = any (w.targets)))
        order by exists (
            select 1 from public.chat_waits as w
            where w.session_id = s.id and w.ended_at is null and v_actor.id = any (w.targets)) desc, s.last_message_at
        limit 100
    )
    select jsonb_agg(jsonb_build_object(
        'session_id', m.id, 'others', m.others, 'unread', m.unread, 'waiting', m.waiting,
        'last_message_at', m.last_message_at, 'command', private.chat_command(m.id, m.others))
        order by jsonb_array_length(m.waiting) > 0 desc, m.last_message_at)
    into v_chats from mine as m where m.unread > 0 or jsonb_array_length(m.waiting) > 0;
    return jsonb_build_object('chats', coalesce(v_chats, '[]'), 'next_cursor', null);
end;
$$;
comment on function private.chat_pending is 'See public.chat_pending.';

create function private.chat_command(p_session_id uuid, p_others jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
    select 'bdh :aweb chat open ' || case
        when jsonb_array_length(p_others) = 1 and p_others -> 0 ->> 'short' !~ '[^A-Za-z0-9._@-]' then p_others -> 0 ->> 'short'
        else left(p_session_id::text, 8) end;
$$;
comment on function private.chat_command is
    'The exact command that opens a chat: by the other''s alias, a group (or a name with blanks) by id.';

create function public.chat_pending(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.chat_pending(p_project_id);
$$;
comment on function public.chat_pending is
    'Chats with unread messages or somebody waiting for the caller, the latter first, at most 100: {chats: [{session_id, others, '
    'unread, waiting, command}]}.';

create function private.chat_open(p_project_id uuid, p_chat text, p_limit int, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- moves the read mark
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    -- What is marked here and never arrived would be lost: with a key it can be asked for again.
    v_again   jsonb := private.replayed(v_actor, p_idempotency_key, 'chat_open',
        jsonb_build_array(p_chat, p_limit));
    v_session public.chat_sessions := private.find_chat(v_actor, p_chat);
    v_limit   int := least(greatest(coalesce(p_limit, 100), 1), 500);
    v_unread  public.chat_messages[];
    v_total   bigint;
begin
    if v_again is not null then
        return v_again;
    end if;
    select private.chat_unread_count(p) into v_total from public.chat_participants as p
    where p.session_id = v_session.id and p.participant_id = v_actor.id;
    if v_total is null then
        perform private.fail('not_participant', 409, 'You take part in no such chat: read it with history, or join it',
            format('bdh :aweb chat history %s', left(v_session.id::text, 8)));
    end if;
    v_unread := private.chat_unread(v_actor.id, v_session.id, 9223372036854775807, v_limit);
    perform private.chat_mark(v_session.id, v_actor, array(select m.seq from unnest(v_unread) as m));
    return private.remember(v_actor, p_idempotency_key, jsonb_build_object(
        'session_id', v_session.id, 'others', private.chat_others(v_session.id, v_actor.id),
        'messages', private.chat_messages_json(v_unread),
        'more', greatest(v_total - coalesce(cardinality(v_unread), 0), 0),
        'waiting', private.chat_waiting_for(v_session.id, v_actor.id)));
end;
$$;
comment on function private.chat_open is 'See public.chat_open.';

create function public.chat_open(
    p_chat text, p_limit int default 100, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_open(p_project_id, p_chat, p_limit, p_idempotency_key);
$$;
comment on function public.chat_open is
    'Unread messages of a chat (alias, name or session id), oldest first; exactly those become read, and those waiting for the '
    'caller wait 300 s longer: {session_id, others, messages, more, waiting}.';

create function private.chat_history(p_project_id uuid, p_chat text, p_before bigint, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for participants and humans
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.viewer(p_project_id);
    v_session public.chat_sessions := private.find_chat(v_actor, p_chat);
    v_limit   int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_found   public.chat_messages[];
begin
    select array_agg(t.m order by (t.m).seq desc) into v_found from (
        select m from public.chat_messages as m
        where m.session_id = v_session.id and (p_before is null or m.seq < p_before)
        order by m.seq desc limit v_limit + 1) as t;
    return jsonb_build_object(
        'session_id', v_session.id, 'others', private.chat_others(v_session.id, v_actor.id),
        'messages', private.chat_messages_json(v_found[1:v_limit]),
        'receipts', (select jsonb_agg(jsonb_build_object('id', p.participant_id, 'name', p.name,
            'read_seq', p.read_seq, 'read_at', p.read_at, 'shown_seq', p.shown_seq, 'shown_at', p.shown_at) order by p.name)
            from public.chat_participants as p where p.session_id = v_session.id),
        'next_cursor', case when cardinality(v_found) > v_limit then v_found[v_limit].seq::text end);
end;
$$;
comment on function private.chat_history is 'See public.chat_history.';

create function public.chat_history(
    p_chat text, p_before bigint default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.chat_history(p_project_id, p_chat, p_before, p_limit);
$$;
comment on function public.chat_history is
    'The newest messages of a chat in order, marking nothing; p_before (next_cursor) pages back. receipts: how far each participant got.';

create function private.chat_mark_read(p_project_id uuid, p_shown text[])
returns jsonb
language plpgsql
security definer -- moves the read marks
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    return jsonb_build_object('sessions', private.chat_mark_items(v_actor, p_shown));
end;
$$;
comment on function private.chat_mark_read is 'See public.chat_mark_read.';

create function private.chat_mark_items(p_actor private.actor_info, p_shown text[], p_wait_id uuid default null)
returns int
language plpgsql
security definer -- moves the read marks
set search_path = ''
as $$
declare
    v_chat  record;
    v_count int := 0;
begin
    -- All sessions before the waits and marks in any, in the order of their ids: two calls never lock each
    -- other out, nor the one that ends a wait (p_wait_id) afterwards.
    perform 1 from public.chat_sessions as s
    where s.id in (
        select split_part(t, ':', 1)::uuid from unnest(p_shown) as t
        where t ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9]{1,18}$'
        union all select w.session_id from public.chat_waits as w where w.id = p_wait_id)
      and s.id in (select p.session_id from public.chat_participants as p where p.participant_id = p_actor.id)
    order by s.id for no key update;
    for v_chat in
        select split_part(t, ':', 1)::uuid as session_id, array_agg(split_part(t, ':', 2)::bigint) as seqs
        from unnest(p_shown) as t
        where t ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9]{1,18}$'
        group by 1 order by 1
    loop
        continue when not exists (
            select 1 from public.chat_participants as p
            where p.session_id = v_chat.session_id and p.participant_id = p_actor.id);
        perform private.chat_mark(v_chat.session_id, p_actor, v_chat.seqs);
        v_count := v_count + 1;
    end loop;
    return v_count;
end;
$$;
comment on function private.chat_mark_items is
    'Mark messages given as <session>:<seq> as read by the actor; others'' sessions are skipped.';

create function public.chat_mark_read(p_shown text[], p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_mark_read(p_project_id, p_shown);
$$;
comment on function public.chat_mark_read is
    'Mark messages (<session>:<seq>) that were shown as read. A message in between that was not stays unread.';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_waiting_for', 'chat_pending', 'chat_command', 'chat_open', 'chat_history', 'chat_mark_read',
            'chat_mark_items'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_pending', 'chat_open', 'chat_history', 'chat_mark_read'])
    loop
        execute format('grant execute on function %s to authenticated', v_fn);
    end loop;
end;
$$;
