-- The banner: what waits for whoever calls (product.md §3). It runs with every command, so its parts
-- are plpgsql (plans stay cached) and compare stored times instead of calling helpers.

create table private.notice_log (
    actor_id uuid not null,
    session  text not null,
    item     text not null,
    times    int not null default 1,
    due_at   timestamptz not null,
    constraint notice_log_pkey primary key (actor_id, session, item)
) with (fillfactor = 80);
create index notice_log_due_idx on private.notice_log (due_at);
comment on table private.notice_log is 'What a session printed, and when it may be said again: after 1, 5, 15, then every 60 minutes.';
alter table private.notice_log enable row level security;
revoke all on private.notice_log from public, anon, authenticated, service_role;

create type private.notice_item as (
    rank    int,
    id      text,
    kind    text,
    urgent  boolean,
    sender  jsonb,
    text    text,
    command text,
    at      timestamptz
);
comment on type private.notice_item is 'One line of the banner; the lowest rank is said first.';

create function private.quoted(p_text text, p_max int)
returns text
language sql
immutable
set search_path = ''
as $$
    -- Control characters, line and paragraph separators, zero-width and direction marks: none of them is text.
    select '"' || case when length(t.line) > p_max then left(t.line, p_max - 1) || '…' else t.line end || '"'
    from (select trim(regexp_replace(left(p_text, p_max * 4),
        '[\u0001-\u0020\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+', ' ', 'g')) as line) as t;
$$;
comment on function private.quoted is
    'Somebody''s words for one line: quoted, cut, without anything that could move a terminal''s cursor or direction.';

create function private.chat_notices(p_actor private.actor_info, p_session text)
returns setof private.notice_item
language plpgsql
stable
security definer -- reads the actor's own chats
set search_path = ''
as $$
begin
    return query
    with waiting as (
        select distinct on (w.session_id) w.session_id, w.after_seq, w.waiter, w.waiter_id, w.opened_at
        from public.chat_waits as w
        where w.ended_at is null and w.targets @> array[p_actor.id] and w.lease_until > now() and w.deadline > now()
          and w.project_id = p_actor.project_id and not w.replied_by @> array[p_actor.id]
        order by w.session_id, w.opened_at
    ), unread as (
        select p.session_id, l.seq, l.sender, l.sender_id, l.body, l.created_at, l.n
        from public.chat_participants as p
        join public.chat_sessions as s on s.id = p.session_id and s.last_seq > p.read_seq
        cross join lateral (
            select m.*, count(*) over () as n from public.chat_messages as m
            where m.session_id = p.session_id and m.seq > p.read_seq and m.sender_id <> p_actor.id
            order by m.seq desc limit 1) as l
        where p.participant_id = p_actor.id and p.project_id = p_actor.project_id
          and p.session_id not in (select w.session_id from waiting as w)
    ), items as (
        select 1 as rank, 'waiting' as kind, w.session_id, w.after_seq as seq, w.waiter as sender, w.waiter_id as sender_id,
            null as body, 1::bigint as n, w.opened_at as at from waiting as w
        union all
        select 3, 'chat', u.session_id, u.seq, u.sender, u.sender_id, u.body, u.n, u.created_at from unread as u
    ), due as (
        select i.*, 'chat:' || i.session_id || ':' || i.seq as id from items as i
        left join private.notice_log as l on l.actor_id = p_actor.id and l.session = p_session
            and l.item = 'chat:' || i.session_id || ':' || i.seq
        where coalesce(l.due_at <= now(), true)
        order by i.rank, i.at limit 10
    ), named as (
        select d.*, coalesce(private.short_alias(d.sender_id), d.sender ->> 'name') as short from due as d
    )
    select d.rank, d.id, d.kind, d.kind = 'waiting', d.sender || jsonb_build_object('short', d.short),
        case when d.kind = 'waiting' then format('WAITING: %s is waiting for you', d.short)
            when d.n = 1 then format('CHAT from %s: %s', d.short, private.quoted(d.body, 100))
            else format('CHAT: %s unread, last from %s: %s', d.n, d.short, private.quoted(d.body, 100)) end,
        private.chat_command(d.session_id, private.chat_others(d.session_id, p_actor.id)), d.at
    from named as d;
end;
$$;
comment on function private.chat_notices is 'Those blocked on the actor first, then its unread chats, one line per chat.';

create function private.mail_notices(p_actor private.actor_info, p_session text)
returns setof private.notice_item
language plpgsql
stable
security definer -- reads the actor's own mail
set search_path = ''
as $$
begin
    return query
    with due as (
        select r.mail_id, r.rank, r.seq from public.mail_recipients as r
        left join private.notice_log as l on l.actor_id = p_actor.id and l.session = p_session and l.item = 'mail:' || r.mail_id
        where r.recipient_id = p_actor.id and r.project_id = p_actor.project_id and r.read_at is null and coalesce(l.due_at <= now(), true)
        order by r.rank desc, r.seq limit 6
    ), named as (
        select m.*, d.rank, coalesce(private.short_alias(m.sender_id), m.sender ->> 'name') as short
        from due as d join public.mail as m on m.id = d.mail_id
    )
    select case when n.rank = 3 then 4 else 8 - n.rank end, 'mail:' || n.id, 'mail', n.rank = 3,
        n.sender || jsonb_build_object('short', n.short),
        format('%sMAIL from %s: %s%s', case when n.rank = 3 then 'URGENT ' end, n.short, private.quoted(n.subject, 100),
            case when n.ack_wanted then ' (wants an acknowledgement)' end),
        'bdh :aweb mail open ' || left(n.id::text, 8), n.created_at
    from named as n;
end;
$$;
comment on function private.mail_notices is 'Unread mail, urgent first, at most six lines.';

create function private.escalation_notices(p_actor private.actor_info, p_session text)
returns setof private.notice_item
language plpgsql
stable
security definer -- reads escalations of the actor, for humans of the project
set search_path = ''
as $$
begin
    return query
    with items as (
        select e.*, 9 as rank, 'escalation_answered' as kind from public.escalations as e
        where e.asker_id = p_actor.id and e.status <> 'pending' and e.shown_at is null
        union all
        select e.*, 12, 'escalation_pending' from public.escalations as e
        where p_actor.is_human and e.project_id = p_actor.project_id and e.status = 'pending'
          and e.asker_id is distinct from p_actor.id and (e.expires_at is null or e.expires_at > now())
    )
    select i.rank, 'escalation:' || i.id, i.kind, false,
        case when i.status = 'pending' then i.asker else i.closed_by end,
        case i.status
            when 'answered' then format('ANSWERED by %s: %s: %s',
                i.closed_by ->> 'name', private.quoted(i.subject, 80), private.quoted(i.answer, 200))
            when 'pending' then format('ESCALATION from %s: %s',
                coalesce(private.short_alias(i.asker_id), i.asker ->> 'name'), private.quoted(i.subject, 100))
            when 'expired' then format('Your escalation %s has expired without an answer', private.quoted(i.subject, 80))
            else format('Your escalation %s was %s', private.quoted(i.subject, 80), i.status) end,
        'bdh :escalations show ' || left(i.id::text, 8), coalesce(i.closed_at, i.created_at)
    from items as i
    left join private.notice_log as l on l.actor_id = p_actor.id and l.session = p_session and l.item = 'escalation:' || i.id
    where coalesce(l.due_at <= now(), true)
    order by 8 limit 6;
end;
$$;
comment on function private.escalation_notices is 'Outcomes the asker has not seen; for humans the questions that wait for an answer.';

create function private.expiring_locks(p_workspace_id uuid)
returns table (id uuid, path text, seconds_left int, expires_at timestamptz)
language sql
stable
set search_path = ''
as $$
    select null::uuid, null::text, null::int, null::timestamptz where p_workspace_id is null;
$$;
comment on function private.expiring_locks is 'Explicit locks of a workspace that end within two minutes.';

create function private.other_notices(p_actor private.actor_info, p_session text)
returns setof private.notice_item
language plpgsql
stable
security definer -- reads the actor's own notices and locks
set search_path = ''
as $$
begin
    return query
    with items as (
        select case when n.urgent then 2 else 10 end as rank, 'notice:' || n.id as id, n.kind, n.urgent, n.sender, n.text,
            n.command, n.created_at as at
        from private.posted_notices as n where n.recipient_id = p_actor.id and n.shown_at is null
        union all
        select 11, 'lock:' || k.id, 'lock_expiring', false, null,
            format('Your lock on %s ends in %s s', private.quoted(k.path, 120), k.seconds_left), 'bdh :locks --mine', k.expires_at
        from private.expiring_locks(p_actor.id) as k where not p_actor.is_human
    )
    select i.rank, i.id, i.kind, i.urgent, i.sender, i.text, i.command, i.at from items as i
    left join private.notice_log as l on l.actor_id = p_actor.id and l.session = p_session and l.item = i.id
    where coalesce(l.due_at <= now(), true)
    order by i.rank, i.at limit 6;
end;
$$;
comment on function private.other_notices is 'What was posted for the actor, and its explicit locks about to end.';

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'quoted', 'chat_notices', 'mail_notices', 'escalation_notices', 'expiring_locks', 'other_notices'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
