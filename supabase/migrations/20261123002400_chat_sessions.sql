-- Chat sessions: finding and making them, who is still there, numbering messages, read marks.
-- Lock order within chat: the session row, then waits in id order, then participants.

create function private.chat_others(p_session_id uuid, p_but uuid)
returns jsonb
language sql
stable
security definer -- shapes rows its callers have checked
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', p.kind, 'id', p.participant_id, 'name', p.name,
        'short', coalesce(private.short_alias(p.participant_id), p.name),
        'left', p.left_at is not null) order by p.name), '[]')
    from public.chat_participants as p where p.session_id = p_session_id and p.participant_id is distinct from p_but;
$$;
comment on function private.chat_others is 'The other participants: [{kind, id, name, short, left}].';

create function private.chat_session_with(p_actor private.actor_info, p_to text[])
returns public.chat_sessions
language plpgsql
security definer -- makes the session and its participants
set search_path = ''
as $$
declare
    v_people  jsonb := private.find_parties(p_actor, p_to);
    v_ids     uuid[];
    v_session public.chat_sessions;
begin
    if v_people @> jsonb_build_array(jsonb_build_object('id', p_actor.id)) then
        perform private.fail('self_chat', 400, 'You cannot chat with yourself', 'bdh :status shows who is there');
    end if;
    v_people := v_people || private.actor_json(p_actor);
    v_ids := array(select (t ->> 'id')::uuid from jsonb_array_elements(v_people) as t order by 1);
    if cardinality(v_ids) not between 2 and 50 then
        perform private.fail('bad_chat', 400, 'A chat has 2 to 50 participants', 'bdh :aweb mail send @all reaches everyone');
    end if;
    insert into public.chat_sessions (project_id, members_key, participants)
    values (p_actor.project_id, md5(array_to_string(v_ids, ',')), v_ids)
    on conflict (project_id, members_key) do nothing
    returning * into v_session;
    if not found then
        select * into v_session from public.chat_sessions as s
        where s.project_id = p_actor.project_id and s.members_key = md5(array_to_string(v_ids, ','));
        return v_session;
    end if;
    insert into public.chat_participants (session_id, participant_id, project_id, kind, name)
    select v_session.id, (t ->> 'id')::uuid, p_actor.project_id, t ->> 'kind', t ->> 'name'
    from jsonb_array_elements(v_people) as t;
    return v_session;
end;
$$;
comment on function private.chat_session_with is
    'The session of exactly the actor and these parties, made when new; self_chat, ambiguous_alias, not_found, bad_chat.';

create function private.chat_session_by_id(p_actor private.actor_info, p_id text)
returns public.chat_sessions
language sql
stable
security definer -- one lookup for participants and humans
set search_path = ''
as $$
    select s from public.chat_sessions as s
    where p_id ~ '^[0-9a-f-]{8,36}$'
      and s.id between case when p_id ~ '^[0-9a-f-]{8,36}$' then private.first_id(p_id, '0') end
        and case when p_id ~ '^[0-9a-f-]{8,36}$' then private.first_id(p_id, 'f') end
      and s.project_id = p_actor.project_id and left(s.id::text, length(p_id)) = p_id
      and (p_actor.is_human or s.id in (
          select p.session_id from public.chat_participants as p where p.participant_id = p_actor.id))
    limit 1;
$$;
comment on function private.chat_session_by_id is 'A session the actor may read, by id or its first eight characters; null for none.';

create function private.find_chat(p_actor private.actor_info, p_chat text)
returns public.chat_sessions
language plpgsql
stable
security definer -- looks at sessions on the actor's behalf
set search_path = ''
as $$
declare
    v_session public.chat_sessions := private.chat_session_by_id(p_actor, lower(trim(p_chat)));
    v_party   jsonb;
begin
    if v_session.id is not null then
        return v_session;
    end if;
    v_party := private.find_party(p_actor.project_id, p_chat);
    if v_party is null then
        perform private.refuse_nobody(p_actor.project_id, p_chat);
    end if;
    -- Several chats with the same agent: first the one in which it waits for me, then what is unread.
    select s.* into v_session
    from public.chat_participants as p
    join public.chat_sessions as s on s.id = p.session_id
    join public.chat_participants as o on o.session_id = s.id and o.participant_id = (v_party ->> 'id')::uuid
    where p.participant_id = p_actor.id and o.participant_id <> p.participant_id
    order by exists (
            select 1 from public.chat_waits as w where w.session_id = s.id and w.waiter_id = o.participant_id
              and p_actor.id = any (w.targets) and private.wait_is_live(w)) desc,
        private.chat_unread_count(p) > 0 desc, cardinality(s.participants), s.last_message_at desc nulls last
    limit 1;
    if v_session.id is null then
        perform private.fail('not_found', 404, format('There is no chat with %s yet', v_party ->> 'name'),
            format('bdh :aweb chat send-and-wait %s "…" --start-conversation', v_party ->> 'name'));
    end if;
    return v_session;
end;
$$;
comment on function private.find_chat is
    'The session meant by an id or by the alias or name of another participant; not_found (404), ambiguous_alias (409).';

create function private.chat_unread_count(p_reader public.chat_participants)
returns bigint
language sql
stable
security definer -- counts messages of a session the reader is in
set search_path = ''
as $$
    select count(*) from public.chat_messages as m
    where m.session_id = p_reader.session_id and m.seq > p_reader.read_seq and m.sender_id <> p_reader.participant_id;
$$;
comment on function private.chat_unread_count is 'How many messages of others are above the read mark.';

create function private.chat_messages_json(p_messages public.chat_messages[])
returns jsonb
language sql
stable
security definer -- looks up the senders' short aliases
set search_path = ''
as $$
    with shorts as materialized (
        select t.sender_id, private.short_alias(t.sender_id) as short
        from (select distinct u.sender_id from unnest(p_messages) as u) as t
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', m.id, 'session_id', m.session_id, 'seq', m.seq, 'body', m.body, 'created_at', m.created_at,
        'sender', m.sender || jsonb_build_object('short', coalesce(s.short, m.sender ->> 'name')))
        order by m.session_id, m.seq), '[]')
    from unnest(p_messages) as m join shorts as s on s.sender_id = m.sender_id;
$$;
comment on function private.chat_messages_json is 'Wire shape of messages: [{id, session_id, seq, sender, body, created_at}] in order.';

create function private.chat_unread(p_reader_id uuid, p_session_id uuid, p_below bigint, p_limit int)
returns public.chat_messages[]
language sql
stable
security definer -- reads messages of a session the reader is in
set search_path = ''
as $$
    select array_agg(t.m order by (t.m).seq) from (
        select m from public.chat_messages as m
        join public.chat_participants as p on p.session_id = m.session_id and p.participant_id = p_reader_id
        where m.session_id = p_session_id and m.seq > p.read_seq and m.seq < p_below and m.sender_id <> p_reader_id
        order by m.seq limit p_limit) as t;
$$;
comment on function private.chat_unread is 'The oldest unread messages of others in a session, below a sequence number.';

create function private.chat_append(p_session_id uuid, p_actor private.actor_info, p_body text)
returns public.chat_messages
language plpgsql
security definer -- writes tables nobody may write
set search_path = ''
as $$
declare
    v_seq     bigint;
    v_message public.chat_messages;
begin
    update public.chat_sessions as s set last_seq = s.last_seq + 1, last_message_at = now()
    where s.id = p_session_id returning s.last_seq into v_seq;
    insert into public.chat_messages (session_id, project_id, seq, sender, sender_id, body)
    values (p_session_id, p_actor.project_id, v_seq, private.actor_json(p_actor), p_actor.id,
        private.clean_text(private.scrub(p_body), 200000, 'The message'))
    returning * into v_message;
    perform private.chat_settle(p_session_id, p_actor.id);
    -- One's own message leaves nothing unread behind it, unless something before it was.
    update public.chat_participants as p set left_at = null,
        read_seq = case when p.read_seq = v_seq - 1 then v_seq else p.read_seq end
    where p.session_id = p_session_id and p.participant_id = p_actor.id;
    return v_message;
end;
$$;
comment on function private.chat_append is 'Store the next message of a session, end the waits it answers.';

create function private.chat_settle(p_session_id uuid, p_sender_id uuid)
returns void
language sql
security definer -- ends other people's waits
set search_path = ''
as $$
    with live as (
        select w.id from public.chat_waits as w
        where w.ended_at is null and w.waiter_id <> p_sender_id
          and (w.session_id = p_session_id or (w.session_id is null and w.waiter_id = any (
            select p.participant_id from public.chat_participants as p where p.session_id = p_session_id)))
        order by w.id for no key update
    ), settled as (
        select w.id, array(select distinct r from unnest(w.replied_by || p_sender_id) as r) as replied_by,
            not w.all_replies or w.targets <@ (w.replied_by || p_sender_id) as done
        from public.chat_waits as w join live as l on l.id = w.id
    )
    update public.chat_waits as w set replied_by = s.replied_by,
        ended_at = case when s.done then now() end, ended_reason = case when s.done then 'replied' end
    from settled as s where w.id = s.id;
$$;
comment on function private.chat_settle is 'A message of p_sender_id answers the waits in its session, and those who listen to everything.';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'chat_others', 'chat_session_with', 'chat_session_by_id', 'find_chat', 'chat_unread_count',
            'chat_messages_json', 'chat_unread', 'chat_append', 'chat_settle'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
