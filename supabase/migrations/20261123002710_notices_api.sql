-- notices(): the one call behind every banner and hook.

create function private.note_shown(p_actor private.actor_info, p_session text, p_shown text[])
returns void
language plpgsql
security definer -- writes receipts and the private log
set search_path = ''
as $$
declare
    v_items text[] := array(
        select distinct t from unnest(p_shown[1:100]) as t
        where t ~ '^(mail|escalation|lock|notice|chat):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(:[0-9]{1,18})?$'
        order by t);
begin
    insert into private.notice_log as l (actor_id, session, item, due_at)
    select p_actor.id, p_session, t, now() + interval '1 minute' from unnest(v_items) as t
    on conflict (actor_id, session, item) do update set times = l.times + 1,
        due_at = now() + (array[1, 5, 15, 60])[least(l.times + 1, 4)] * interval '1 minute';
    perform private.mark_mail(array(
        select split_part(t, ':', 2)::uuid from unnest(v_items) as t where t like 'mail:%'), p_actor.id, false, false);
    update public.chat_participants as p set shown_at = now(), shown_seq = greatest(p.shown_seq, i.seq)
    from (
        select q.session_id, s.seq from public.chat_participants as q
        join (
            select split_part(t, ':', 2)::uuid as session_id, max(split_part(t, ':', 3)::bigint) as seq
            from unnest(v_items) as t where t like 'chat:%:%' group by 1) as s on s.session_id = q.session_id
        where q.participant_id = p_actor.id and q.shown_seq < s.seq
        order by q.session_id for no key update of q) as i
    where p.session_id = i.session_id and p.participant_id = p_actor.id and p.shown_seq < i.seq;
    update public.escalations as e set shown_at = now()
    where e.asker_id = p_actor.id and e.status <> 'pending' and e.shown_at is null
      and e.id in (select split_part(t, ':', 2)::uuid from unnest(v_items) as t where t like 'escalation:%');
    update private.posted_notices as n set shown_at = now()
    where n.recipient_id = p_actor.id and n.shown_at is null
      and n.id in (select split_part(t, ':', 2)::uuid from unnest(v_items) as t where t like 'notice:%');
end;
$$;
comment on function private.note_shown is
    'The session printed these items: receipts for the senders, back-off for the session. Others'' items change nothing.';

create function private.notices(p_project_id uuid, p_shown text[], p_session text, p_source text)
returns jsonb
language plpgsql
security definer -- reads and marks what concerns the actor
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_session text := left(coalesce(nullif(p_session, ''), v_actor.id::text), 200);
    v_items   jsonb;
begin
    if p_shown is not null and cardinality(p_shown) > 0 then
        perform private.note_shown(v_actor, v_session, p_shown);
    end if;
    if p_source = 'hook' then
        perform private.note_attendance(v_actor.id, 'hook', 300);
    end if;
    select jsonb_agg(jsonb_build_object(
        'id', t.id, 'kind', t.kind, 'urgent', t.urgent, 'from', t.sender, 'text', t.text, 'command', t.command, 'at', t.at)
        order by t.rank, t.at)
    into v_items from (
        select * from (
            select * from private.chat_notices(v_actor, v_session)
            union all
            select * from private.mail_notices(v_actor, v_session)
            union all
            select * from private.escalation_notices(v_actor, v_session)
            union all
            select * from private.other_notices(v_actor, v_session)) as u
        order by u.rank, u.at limit 10) as t;
    return jsonb_build_object('notices', coalesce(v_items, '[]'), 'min_client', public.schema_version() -> 'min_client', 'unread_mail', (
        select count(*) from public.mail_recipients as r where r.recipient_id = v_actor.id and r.read_at is null));
end;
$$;
comment on function private.notices is 'See public.notices.';

create function public.notices(
    p_shown text[] default null, p_session text default null, p_source text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.notices(p_project_id, p_shown, p_session, p_source);
$$;
comment on function public.notices is
    'What waits for the caller, most pressing first: {notices: [{id, kind, urgent, from, text, command, at}], unread_mail}. Marks '
    'only p_shown (ids this session printed before), which come again after 1, 5, 15, 60 minutes. p_source hook: an agent host '
    'asks. Never billed.';

create function private.forget_notices()
returns void
language sql
security definer -- maintenance of every project
set search_path = ''
as $$
    delete from private.notice_log as l where l.due_at < now() - interval '2 days';
    delete from private.attendance as a where a.until < now() - interval '1 day';
    delete from private.posted_notices as n where n.shown_at < now() - interval '7 days';
$$;
comment on function private.forget_notices is 'Removes what no banner will ask about again.';
insert into private.schedules (name, every, function) values ('forget_notices', '1 hour', 'private.forget_notices');

revoke execute on function private.note_shown(private.actor_info, text, text[]), private.forget_notices(),
    private.notices(uuid, text[], text, text), public.notices(text[], text, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.notices(uuid, text[], text, text), public.notices(text[], text, text, uuid) to authenticated;
