-- What is older than the plan's history goes, a few rows at a time: a long transaction would hold back
-- the readers of events. Never live claims, pending escalations, policies, unread mail or beads.

create index mail_project_created_idx on public.mail (project_id, created_at);

create function private.expired_before()
returns table (project_id uuid, cutoff timestamptz)
language sql
stable
security definer -- every project, for the sweeps
set search_path = ''
as $$
    select p.id, now() - make_interval(days => l.history_days)
    from public.projects as p join public.plans as l on l.name = p.plan;
$$;
comment on function private.expired_before is 'Per project the time before which history is swept.';

create function private.is_present(p_id uuid)
returns boolean
language sql
stable
security definer -- reads both tables of people
set search_path = ''
as $$
    select exists (select 1 from public.workspaces as w where w.id = p_id and w.removed_at is null)
        or exists (select 1 from public.members as m where m.id = p_id);
$$;
comment on function private.is_present is 'Whether a party could still read what waits for it.';

create function private.sweep_events()
returns int
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
declare
    v_count int;
begin
    delete from public.events as e where e.id in (
        select o.id from private.expired_before() as x
        cross join lateral (
            select q.id from public.events as q
            where q.project_id = x.project_id and q.at < x.cutoff order by q.at limit 2000) as o
        limit 2000);
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function private.sweep_events is 'Deletes at most 2,000 events beyond the plans'' history.';

create function private.sweep_claims()
returns int
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
declare
    v_count int;
begin
    delete from public.claims as c where c.id in (
        select o.id from private.expired_before() as x
        cross join lateral (
            select q.id from public.claims as q
            where q.project_id = x.project_id and q.claimed_at < x.cutoff and q.ended_at < x.cutoff
            order by q.claimed_at limit 2000) as o
        limit 2000);
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function private.sweep_claims is 'Deletes at most 2,000 claims that ended beyond the plans'' history.';

create function private.sweep_mail()
returns int
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
declare
    v_count int;
begin
    delete from public.mail as m where m.id in (
        select o.id from private.expired_before() as x
        cross join lateral (
            select q.id from public.mail as q
            where q.project_id = x.project_id and q.created_at < x.cutoff and not exists (
                select 1 from public.mail_recipients as r
                where r.mail_id = q.id and r.read_at is null and private.is_present(r.recipient_id))
            order by q.created_at limit 1000) as o
        limit 1000);
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function private.sweep_mail is 'Deletes at most 1,000 mails beyond the history that nobody present has still to read.';

create function private.sweep_chats()
returns int
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
declare
    v_count int;
begin
    delete from public.chat_messages as m where m.id in (
        select o.id from private.expired_before() as x
        cross join lateral (
            select q.id from public.chat_messages as q
            where q.project_id = x.project_id and q.created_at < x.cutoff and not exists (
                select 1 from public.chat_participants as p
                where p.session_id = q.session_id and p.participant_id <> q.sender_id and p.left_at is null
                  and p.read_seq < q.seq and private.is_present(p.participant_id))
            order by q.created_at limit 1000) as o
        limit 1000);
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function private.sweep_chats is 'Deletes at most 1,000 chat messages beyond the history that nobody present has still to read.';

create function private.sweep_traces()
returns int
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
declare
    v_count int;
begin
    delete from private.outbox as o where o.id in (
        select q.id from private.expired_before() as x
        cross join lateral (
            select r.id from private.outbox as r
            where r.project_id = x.project_id and r.created_at < x.cutoff and r.status <> 'pending'
            order by r.created_at limit 2000) as q
        limit 2000);
    get diagnostics v_count = row_count;
    delete from private.posted_notices as n where n.id in (
        select q.id from private.expired_before() as x
        cross join lateral (
            select r.id from private.posted_notices as r
            where r.project_id = x.project_id and r.created_at < x.cutoff limit 2000) as q
        limit 2000);
    delete from private.idempotency_keys as k where (k.actor_id, k.key) in (
        select q.actor_id, q.key from private.idempotency_keys as q
        where q.created_at < now() - interval '7 days' order by q.created_at limit 5000);
    delete from private.usage as u where u.month < private.this_month() - interval '24 months';
    delete from public.invites as i where i.id in (
        select q.id from public.invites as q where q.expires_at < now() - interval '30 days' limit 2000);
    return v_count;
end;
$$;
comment on function private.sweep_traces is 'Deletes what was told long ago, old idempotency keys, usage and invites.';

insert into private.schedules (name, every, function) values
    ('sweep_events', '10 seconds', 'private.sweep_events'),
    ('sweep_claims', '1 minute', 'private.sweep_claims'),
    ('sweep_mail', '1 minute', 'private.sweep_mail'),
    ('sweep_chats', '1 minute', 'private.sweep_chats'),
    ('sweep_traces', '1 minute', 'private.sweep_traces');

revoke execute on function private.expired_before(), private.is_present(uuid), private.sweep_events(), private.sweep_claims(),
    private.sweep_mail(), private.sweep_chats(), private.sweep_traces()
    from public, anon, authenticated, service_role;
