-- Writing in a chat: send (and wait or leave), join, leave, ask for more time.

create function private.chat_target(p_actor private.actor_info, p_to text[], p_session_id text)
returns public.chat_sessions
language plpgsql
security definer -- may make the session
set search_path = ''
as $$
declare
    v_session public.chat_sessions;
begin
    -- A group is named by its id where an alias could stand.
    v_session := private.chat_session_by_id(p_actor,
        coalesce(p_session_id, case when cardinality(p_to) = 1 then lower(trim(p_to[1])) end));
    if p_session_id is null and not p_actor.id = any (coalesce(v_session.participants, '{}')) then
        return private.chat_session_with(p_actor, p_to);
    end if;
    if not p_actor.id = any (coalesce(v_session.participants, '{}')) then
        perform private.fail('not_found', 404, 'You take part in no such chat',
            case when v_session.id is null then 'bdh :aweb chat pending' else 'Join it first' end);
    elsif not exists (
        select 1 from public.chat_participants as p where p.session_id = v_session.id and p.participant_id <> p_actor.id
          and (p.kind = 'member' or exists (
              select 1 from public.workspaces as w where w.id = p.participant_id and w.removed_at is null))) then
        perform private.fail('not_found', 404, 'Everyone else in this chat was removed from the project', 'bdh :status');
    end if;
    return v_session;
end;
$$;
comment on function private.chat_target is 'The session to write into: that of exactly these parties, or one of the actor''s by id.';

create function private.chat_start_wait(
    p_actor private.actor_info, p_session_id uuid, p_after bigint, p_seconds int, p_all boolean, p_restart boolean)
returns jsonb
language plpgsql
security definer -- opens the wait
set search_path = ''
as $$
declare
    v_wait    public.chat_waits;
    v_targets uuid[];
begin
    if p_restart then
        update public.chat_participants as p set left_at = null
        where p.session_id = p_session_id and p.left_at is not null and p.participant_id <> p_actor.id;
    end if;
    v_targets := private.chat_present(p_session_id, p_actor.id);
    if v_targets = '{}' then
        return jsonb_build_object('status', 'left', 'wait', null, 'deadlock', null);
    end if;
    v_wait := private.chat_open_wait(p_actor, p_session_id, p_after, p_seconds, p_all, v_targets);
    return jsonb_build_object('status', 'waiting', 'wait', private.wait_json(v_wait),
        'deadlock', private.find_deadlock(p_actor.project_id, p_actor.id));
end;
$$;
comment on function private.chat_start_wait is
    '{status waiting|left, wait, deadlock}: left when everyone else had left; p_restart counts those in again.';

create function private.wait_json(p_wait public.chat_waits)
returns jsonb
language sql
stable
security definer -- looks up names
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_wait.id, 'session_id', p_wait.session_id, 'after', p_wait.after_seq, 'all_replies', p_wait.all_replies,
        'seconds_left', private.seconds_left(p_wait), 'lease_seconds', 90, 'refresh_seconds', 20,
        'targets', (select coalesce(jsonb_agg(private.party_name(t.id) order by t.id), '[]') from unnest(p_wait.targets) as t (id)));
$$;
comment on function private.wait_json is 'Wire shape of a wait.';

create function private.chat_send(
    p_project_id uuid, p_body text, p_to text[], p_session_id text, p_wait_seconds int, p_start_conversation boolean,
    p_all_replies boolean, p_leave boolean, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes for the actor, whoever the arguments name
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_result  jsonb := private.replayed(v_actor, p_idempotency_key, 'chat_send',
        jsonb_build_array(p_body, p_to, p_session_id, p_wait_seconds, p_start_conversation, p_all_replies, p_leave));
    v_session public.chat_sessions;
    v_message public.chat_messages;
    v_wake    jsonb;
begin
    if v_result is not null then
        return v_result;
    end if;
    if coalesce(trim(p_body), '') = '' then
        perform private.fail('empty_message', 400, 'A message needs a text');
    end if;
    perform private.hold_place(v_actor);
    v_session := private.chat_target(v_actor, p_to, p_session_id);
    -- Before the message ends the waits it answers: who waits for it hears of it now.
    v_wake := private.wakes(private.chat_others(v_session.id, v_actor.id), v_session.id);
    v_message := private.chat_append(v_session.id, v_actor, p_body);
    v_result := '{"status": "sent", "wait": null, "deadlock": null}';
    if p_wait_seconds is not null then
        v_result := private.chat_start_wait(v_actor, v_session.id, v_message.seq, p_wait_seconds,
            coalesce(p_all_replies, false), coalesce(p_start_conversation, false));
    elsif p_leave then
        perform private.chat_depart(v_session.id, v_actor.id);
    end if;
    return private.remember(v_actor, p_idempotency_key, v_result || jsonb_build_object(
        'session_id', v_session.id, 'others', private.chat_others(v_session.id, v_actor.id),
        'message', private.chat_messages_json(array[v_message]) -> 0,
        -- What crossed this message on its way: the caller has not seen it yet.
        'unread', private.chat_messages_json(private.chat_unread(v_actor.id, v_session.id, v_message.seq, 100)),
        'wake', v_wake));
end;
$$;
comment on function private.chat_send is 'See public.chat_send.';

create function public.chat_send(
    p_body text, p_to text[] default null, p_session_id text default null, p_wait_seconds int default null,
    p_start_conversation boolean default false, p_all_replies boolean default false, p_leave boolean default false,
    p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_send(p_project_id, p_body, p_to, p_session_id, p_wait_seconds, p_start_conversation,
        p_all_replies, p_leave, p_idempotency_key);
$$;
comment on function public.chat_send is
    'Write in the chat of exactly these parties (or in one by id) and, with p_wait_seconds, open a wait with it: {status '
    'sent|waiting|left, session_id, others, message, unread, wait, wake, deadlock}.';

create function private.chat_leave(p_project_id uuid, p_chat text)
returns jsonb
language plpgsql
security definer -- writes the caller's participation
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_session public.chat_sessions := private.find_chat(v_actor, p_chat);
begin
    perform 1 from public.chat_sessions as s where s.id = v_session.id for no key update;
    update public.chat_waits as w set ended_at = now(), ended_reason = 'cancelled'
    where w.session_id = v_session.id and w.waiter_id = v_actor.id and w.ended_at is null;
    perform private.chat_depart(v_session.id, v_actor.id);
    return jsonb_build_object('session_id', v_session.id, 'others', private.chat_others(v_session.id, v_actor.id));
end;
$$;
comment on function private.chat_leave is 'See public.chat_leave.';

create function public.chat_leave(p_chat text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_leave(p_project_id, p_chat);
$$;
comment on function public.chat_leave is
    'Leave a chat without an answer: those who wait for the caller alone are told at once. Writing or reading comes back.';

create function private.chat_join(p_project_id uuid, p_session_id text)
returns jsonb
language plpgsql
security definer -- adds the caller to a session
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_session public.chat_sessions;
begin
    perform private.require_human(v_actor, 'join the chat of others');
    v_session := private.chat_session_by_id(v_actor, p_session_id);
    if v_session.id is null then
        perform private.fail('not_found', 404, 'There is no such chat', 'bdh :aweb chat pending');
    end if;
    select * into v_session from public.chat_sessions as s where s.id = v_session.id for no key update;
    if not v_actor.id = any (v_session.participants) then
        update public.chat_sessions as s set participants = s.participants || v_actor.id where s.id = v_session.id;
        insert into public.chat_participants (session_id, participant_id, project_id, kind, name, founder, read_seq)
        values (v_session.id, v_actor.id, v_actor.project_id, v_actor.kind, v_actor.name, false, v_session.last_seq);
    end if;
    return jsonb_build_object('session_id', v_session.id, 'others', private.chat_others(v_session.id, v_actor.id));
end;
$$;
comment on function private.chat_join is 'See public.chat_join.';

create function public.chat_join(p_session_id text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_join(p_project_id, p_session_id);
$$;
comment on function public.chat_join is
    'A human member joins a chat of the project and may answer in it; what was said before counts as read.';

create function private.chat_extend_wait(p_project_id uuid, p_chat text, p_seconds int)
returns jsonb
language plpgsql
security definer -- lengthens other people's waits
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_session public.chat_sessions := private.find_chat(v_actor, p_chat);
    v_waiting jsonb;
begin
    perform 1 from public.chat_sessions as s where s.id = v_session.id for no key update;
    select jsonb_agg(w.waiter || jsonb_build_object(
        'short', private.party_name(w.waiter_id), 'seconds_left', private.seconds_left(w))) into v_waiting
    from private.chat_lengthen(v_session.id, v_actor, null, least(greatest(coalesce(p_seconds, 300), 1), 3600)) as w;
    if v_waiting is null then
        perform private.fail('not_waiting', 409, format('Nobody waits for you in the chat with %s', p_chat),
            'bdh :aweb chat pending');
    end if;
    return jsonb_build_object('session_id', v_session.id, 'waiting', v_waiting);
end;
$$;
comment on function private.chat_extend_wait is 'See public.chat_extend_wait.';

create function public.chat_extend_wait(p_chat text, p_seconds int default 300, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.chat_extend_wait(p_project_id, p_chat, p_seconds);
$$;
comment on function public.chat_extend_wait is
    'Ask those who wait for the caller in this chat to wait longer: {session_id, waiting: [{…, seconds_left}]}; not_waiting (409).';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_target', 'chat_start_wait', 'wait_json', 'chat_send', 'chat_leave', 'chat_join', 'chat_extend_wait'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (array[
            'chat_send', 'chat_leave', 'chat_join', 'chat_extend_wait'])
    loop
        execute format('grant execute on function %s to authenticated', v_fn);
    end loop;
end;
$$;
