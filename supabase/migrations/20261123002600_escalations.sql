-- Escalations: questions to the humans. pending -> answered | expired | withdrawn; the first answer
-- wins by the row lock. The database attaches what the asker was doing.

create table public.escalations (
    id          uuid primary key default gen_random_uuid(),
    project_id  uuid not null references public.projects (id) on delete cascade,
    asker       jsonb not null,
    asker_id    uuid,
    subject     text not null,
    situation   text not null,
    options     text[] not null default '{}',
    context     jsonb not null default '{}',
    status      text not null default 'pending',
    created_at  timestamptz not null default now(),
    expires_at  timestamptz,
    answer      text,
    option      int,
    note        text,
    closed_by   jsonb,
    closed_at   timestamptz,
    shown_at    timestamptz,
    constraint escalations_status_check check (status in ('pending', 'answered', 'expired', 'withdrawn')),
    constraint escalations_answer_check check ((status = 'answered') = (answer is not null)),
    constraint escalations_closed_check check ((status = 'pending') = (closed_at is null))
);
create index escalations_pending_idx on public.escalations (project_id, created_at) where status = 'pending';
create index escalations_expiring_idx on public.escalations (expires_at) where status = 'pending';
create index escalations_unshown_idx on public.escalations (asker_id) where status <> 'pending' and shown_at is null;
create index escalations_project_idx on public.escalations (project_id, created_at, id);
comment on table public.escalations is
    'context: claims, locks, branch and last messages of the asker when it asked. shown_at: when the asker saw the outcome.';

alter table public.escalations enable row level security;
revoke all on public.escalations from public, anon, authenticated, service_role;
grant select on public.escalations to authenticated;
grant all on public.escalations to service_role;
-- The context quotes messages: the asker and the humans, no other agent.
create policy escalations_select_party on public.escalations for select to authenticated
    using (
        (asker_id = any (array(select private.current_actor_ids())) and project_id = any (array(select private.current_project_ids())))
        or project_id = any (array(select private.member_project_ids())));

create function private.last_messages(p_actor_id uuid, p_limit int)
returns jsonb
language sql
stable
security definer -- reads what the actor took part in
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(t) order by t.at), '[]') from (
        select * from (
            (select 'chat' as kind, c.created_at as at, c.sender ->> 'name' as sender, null as subject, left(c.body, 2000) as text
            from public.chat_participants as p join public.chat_messages as c on c.session_id = p.session_id
            where p.participant_id = p_actor_id order by c.created_at desc limit p_limit)
            union all
            (select 'mail', m.created_at, m.sender ->> 'name', m.subject, left(m.body, 2000)
            from public.mail_recipients as r join public.mail as m on m.id = r.mail_id
            where r.recipient_id = p_actor_id order by r.seq desc limit p_limit)
            union all
            (select 'mail', m.created_at, m.sender ->> 'name', m.subject, left(m.body, 2000)
            from public.mail as m where m.sender_id = p_actor_id order by m.seq desc limit p_limit)) as u
        order by u.at desc limit p_limit) as t;
$$;
comment on function private.last_messages is 'The last messages (chat and mail) an actor took part in, oldest first.';

create function private.escalation_context(p_actor private.actor_info)
returns jsonb
language sql
stable
security definer -- gathers from tables of other concerns
set search_path = ''
as $$
    select jsonb_build_object(
        'role', p_actor.role, 'human_name', p_actor.human_name,
        'claims', coalesce(private.status_claims(p_actor.project_id) -> p_actor.id::text, '[]'),
        'locks', coalesce(private.status_locks(p_actor.project_id) -> p_actor.id::text, '[]'),
        'branch', (select w.branch from public.workspaces as w where w.id = p_actor.id),
        'repo', (select r.origin from public.repos as r where r.id = p_actor.repo_id),
        'hostname', (select w.hostname from public.workspaces as w where w.id = p_actor.id),
        'path', (select w.path from public.workspaces as w where w.id = p_actor.id),
        'messages', private.last_messages(p_actor.id, 10));
$$;
comment on function private.escalation_context is 'What the asker was doing: claims, locks, branch, the last ten messages it took part in.';

create function private.open_escalation(
    p_project_id uuid, p_asker jsonb, p_subject text, p_situation text, p_options text[], p_expires interval, p_context jsonb)
returns uuid
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_id uuid;
begin
    insert into public.escalations (project_id, asker, asker_id, subject, situation, options, context, expires_at)
    values (p_project_id, p_asker, (p_asker ->> 'id')::uuid,
        private.clean_text(private.scrub(trim(p_subject)), 500, 'The subject'),
        private.clean_text(private.scrub(p_situation), 200000, 'The situation'),
        array(select private.clean_text(private.scrub(trim(t.o)), 500, 'An option')
            from unnest(p_options) with ordinality as t (o, n) where trim(t.o) <> '' order by t.n),
        p_context, now() + p_expires)
    returning id into v_id;
    perform private.emit(p_project_id, 'escalation.opened', p_asker, 'escalation', v_id::text,
        jsonb_build_object('subject', private.scrub(trim(p_subject))));
    perform private.topic_hint('member:' || m.id, 'escalation',
        jsonb_build_object('id', v_id, 'status', 'pending', 'subject', private.scrub(trim(p_subject)), 'from', p_asker))
    from public.members as m where m.project_id = p_project_id and m.id is distinct from (p_asker ->> 'id')::uuid;
    return v_id;
end;
$$;
comment on function private.open_escalation is 'Store a question, log it, hint every human of the project.';

create function private.close_escalation(
    p_id uuid, p_status text, p_by jsonb, p_answer text default null, p_option int default null, p_note text default null)
returns boolean
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_row public.escalations;
begin
    -- The row lock decides: of several answers one finds it pending.
    update public.escalations as e set status = p_status, closed_by = p_by, closed_at = now(),
        answer = p_answer, option = p_option, note = p_note,
        shown_at = case when e.asker_id is null or e.asker_id = (p_by ->> 'id')::uuid then now() end
    where e.id = p_id and e.status = 'pending' returning * into v_row;
    if not found then
        return false;
    end if;
    perform private.emit(v_row.project_id, 'escalation.' || p_status, p_by, 'escalation', v_row.id::text,
        jsonb_strip_nulls(jsonb_build_object('subject', v_row.subject, 'answer', p_answer, 'option', p_option)));
    if v_row.asker_id is not null then
        perform private.topic_hint(private.party_topic(v_row.asker ->> 'kind', v_row.asker_id), 'escalation',
            jsonb_build_object('id', v_row.id, 'status', p_status, 'answer', p_answer, 'by', p_by));
    end if;
    perform private.topic_hint('member:' || m.id, 'escalation', jsonb_build_object('id', v_row.id, 'status', p_status))
    from public.members as m where m.project_id = v_row.project_id and m.id is distinct from v_row.asker_id;
    return true;
end;
$$;
comment on function private.close_escalation is
    'Answer, expire or withdraw a pending escalation: log it, tell asker and humans. False when it was not pending.';

create function private.expire_escalations()
returns void
language plpgsql
security definer -- maintenance of every project
set search_path = ''
as $$
begin
    perform private.close_escalation(t.id, 'expired', private.system_actor()) from (
        select e.id from public.escalations as e
        where e.status = 'pending' and e.expires_at <= now()
        order by e.expires_at limit 500 for update skip locked) as t;
end;
$$;
comment on function private.expire_escalations is 'Closes the escalations whose time is up, each with one event.';
insert into private.schedules (name, every, function)
values ('expire_escalations', '2 seconds', 'private.expire_escalations');

create function private.withdraw_of_removed_workspace()
returns trigger
language plpgsql
security definer -- closes escalations whoever removed the workspace
set search_path = ''
as $$
begin
    perform private.close_escalation(e.id, 'withdrawn', private.system_actor())
    from public.escalations as e where e.asker_id = new.id and e.status = 'pending';
    return null;
end;
$$;
comment on function private.withdraw_of_removed_workspace is 'Nobody is left to read the answer.';
create trigger workspaces_withdraw_escalations after update of removed_at on public.workspaces
    for each row when (old.removed_at is null and new.removed_at is not null)
    execute function private.withdraw_of_removed_workspace();

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'last_messages', 'escalation_context', 'open_escalation', 'close_escalation', 'expire_escalations',
            'withdraw_of_removed_workspace'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
