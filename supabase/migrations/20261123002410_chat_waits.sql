-- Waiting in a chat: opening, being read, being left, ending; and the graph of who waits for whom.

create function private.seconds_left(p_wait public.chat_waits)
returns int
language sql
stable
set search_path = ''
as $$
    select case when p_wait.ended_at is null
        then greatest(ceil(extract(epoch from p_wait.deadline - now())), 0)::int else 0 end;
$$;
comment on function private.seconds_left is 'Seconds until a wait''s deadline by the database''s clock, the only one that counts.';

create function private.tell_waiter(p_wait public.chat_waits, p_more jsonb default '{}')
returns void
language sql
security definer -- broadcasts
set search_path = ''
as $$
    select private.topic_hint(private.party_topic(p_wait.waiter ->> 'kind', p_wait.waiter_id), 'chat_wait',
        jsonb_build_object('wait_id', p_wait.id, 'session_id', p_wait.session_id,
            'status', coalesce(p_wait.ended_reason, 'waiting'), 'seconds_left', private.seconds_left(p_wait)) || p_more);
$$;
comment on function private.tell_waiter is 'Hint to the waiting client that its wait changed.';

create function private.chat_lengthen(p_session_id uuid, p_reader private.actor_info, p_read_seq bigint, p_seconds int)
returns setof public.chat_waits
language plpgsql
security definer -- lengthens other people's waits
set search_path = ''
as $$
declare
    v_wait public.chat_waits;
begin
    for v_wait in
        select * from public.chat_waits as w
        where w.session_id = p_session_id and w.ended_at is null and w.deadline > now()
          and p_reader.id = any (w.targets)
          -- A receipt counts once, a spoken "wait for me" as often as it is said.
          and (p_read_seq is null or (w.after_seq <= p_read_seq and not p_reader.id = any (w.read_by)))
        order by w.id for no key update
    loop
        update public.chat_waits as w set
            deadline = least(w.deadline + make_interval(secs => p_seconds), w.opened_at + interval '1 day'),
            read_by = case when p_reader.id = any (w.read_by) then w.read_by else w.read_by || p_reader.id end
        where w.id = v_wait.id returning * into v_wait;
        perform private.tell_waiter(v_wait, jsonb_build_object(
            'by', p_reader.name, 'extended', p_read_seq is null, 'read', p_read_seq is not null));
        return next v_wait;
    end loop;
end;
$$;
comment on function private.chat_lengthen is
    'Give those who wait for the reader more time: because their message was read (p_read_seq), or because asked (null).';

create function private.chat_mark(p_session_id uuid, p_reader private.actor_info, p_seqs bigint[])
returns bigint
language plpgsql
security definer -- writes the read mark
set search_path = ''
as $$
declare
    v_last bigint;
    v_read bigint;
begin
    -- Under the session's lock no message can slip in between what was shown and the mark.
    select s.last_seq into v_last from public.chat_sessions as s where s.id = p_session_id for no key update;
    select coalesce(min(m.seq) - 1, v_last) into v_read
    from public.chat_participants as p
    left join public.chat_messages as m on m.session_id = p.session_id and m.seq > p.read_seq
        and m.sender_id <> p.participant_id and not m.seq = any (coalesce(p_seqs, '{}'))
    where p.session_id = p_session_id and p.participant_id = p_reader.id;
    perform private.chat_lengthen(p_session_id, p_reader, v_read, 300);
    update public.chat_participants as p set read_seq = v_read, read_at = now(), left_at = null,
        shown_seq = greatest(p.shown_seq, v_read), shown_at = coalesce(p.shown_at, now())
    where p.session_id = p_session_id and p.participant_id = p_reader.id and p.read_seq < v_read;
    return v_read;
end;
$$;
comment on function private.chat_mark is
    'Move the read mark over p_seqs and no further than the first message of others that is not among them.';

create function private.chat_open_wait(
    p_actor private.actor_info, p_session_id uuid, p_after bigint, p_seconds int, p_all boolean, p_targets uuid[])
returns public.chat_waits
language plpgsql
security definer -- writes tables nobody may write
set search_path = ''
as $$
declare
    v_wait public.chat_waits;
begin
    update public.chat_waits as w set ended_at = now(), ended_reason = 'superseded'
    where w.id in (
        select q.id from public.chat_waits as q
        where q.waiter_id = p_actor.id and q.session_id is not distinct from p_session_id and q.ended_at is null
        order by q.id for no key update);
    insert into public.chat_waits (project_id, session_id, waiter, waiter_id, after_seq, targets, all_replies, deadline)
    values (p_actor.project_id, p_session_id, private.actor_json(p_actor), p_actor.id, p_after, p_targets, p_all,
        now() + make_interval(secs => least(greatest(p_seconds, 1), 86400)))
    returning * into v_wait;
    return v_wait;
end;
$$;
comment on function private.chat_open_wait is 'A new wait with a fresh lease; an older one of the same waiter in the same session ends.';

create function private.chat_present(p_session_id uuid, p_but uuid)
returns uuid[]
language sql
stable
security definer -- looks at removed workspaces
set search_path = ''
as $$
    select coalesce(array_agg(p.participant_id order by p.participant_id), '{}')
    from public.chat_participants as p
    where p.session_id = p_session_id and p.participant_id <> p_but and p.left_at is null
      and (exists (select 1 from public.workspaces as w where w.id = p.participant_id and w.removed_at is null)
        or exists (select 1 from public.members as m where m.id = p.participant_id));
$$;
comment on function private.chat_present is 'Participants but one who have neither left the chat nor the project.';

create function private.chat_depart(p_session_id uuid, p_leaver_id uuid)
returns void
language plpgsql
security definer -- ends other people's waits
set search_path = ''
as $$
declare
    v_wait    public.chat_waits;
    v_present uuid[];
begin
    update public.chat_participants as p set left_at = now()
    where p.session_id = p_session_id and p.participant_id = p_leaver_id;
    v_present := private.chat_present(p_session_id, p_leaver_id);
    for v_wait in
        select * from public.chat_waits as w
        where w.session_id = p_session_id and w.ended_at is null and p_leaver_id = any (w.targets)
        order by w.id for no key update
    loop
        continue when exists (
            select 1 from unnest(v_wait.targets) as t (id)
            where t.id = any (v_present) and not t.id = any (v_wait.replied_by));
        update public.chat_waits as w set ended_at = now(),
            ended_reason = case when w.replied_by <> '{}' then 'replied' else 'left' end
        where w.id = v_wait.id returning * into v_wait;
        perform private.tell_waiter(v_wait);
    end loop;
end;
$$;
comment on function private.chat_depart is
    'Somebody left a chat (its row is locked by the caller): waits that have nobody left to wait for end, and their clients are '
    'told.';

create function private.depart_removed_workspace()
returns trigger
language plpgsql
security definer -- ends waits whoever removed the workspace
set search_path = ''
as $$
begin
    -- The sessions first: whoever writes in one of them holds its row before it touches waits.
    perform 1 from public.chat_sessions as s
    where s.id in (select p.session_id from public.chat_participants as p where p.participant_id = new.id)
    order by s.id for no key update;
    update public.chat_waits as w set ended_at = now(), ended_reason = 'removed'
    where w.id in (
        select q.id from public.chat_waits as q where q.waiter_id = new.id and q.ended_at is null
        order by q.id for no key update);
    perform private.chat_depart(p.session_id, new.id)
    from public.chat_participants as p where p.participant_id = new.id;
    return null;
end;
$$;
comment on function private.depart_removed_workspace is 'A removed workspace waits for nothing, and nobody waits for it.';
create trigger workspaces_depart_chats after update of removed_at on public.workspaces
    for each row when (old.removed_at is null and new.removed_at is not null)
    execute function private.depart_removed_workspace();

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'tell_waiter', 'seconds_left', 'chat_lengthen', 'chat_mark', 'chat_open_wait', 'chat_present',
            'chat_depart', 'depart_removed_workspace'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
