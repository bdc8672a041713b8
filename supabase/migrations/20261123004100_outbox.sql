-- The outbox (product.md §2.5): one row per recipient and change, written in the transaction of the
-- change together with the in-app notice. Rows of a human with channels wait for the worker.

create table private.outbox (
    id             uuid primary key default gen_random_uuid(),
    project_id     uuid not null references public.projects (id) on delete cascade,
    recipient_kind text not null,
    recipient_id   uuid not null,
    recipient_name text not null,
    kind           text not null,
    key            text not null,
    urgent         boolean not null default false,
    content        jsonb not null,
    status         text not null default 'told',
    attempts       int not null default 0,
    due_at         timestamptz not null default now(),
    lease          uuid,
    locked_until   timestamptz,
    done           uuid[] not null default '{}',
    last_error     text,
    created_at     timestamptz not null default now(),
    settled_at     timestamptz,
    constraint outbox_change_key unique (recipient_id, key),
    constraint outbox_kind_check check (kind in ('bead_status', 'escalation', 'answer', 'mail', 'invitation')),
    constraint outbox_status_check check (status in ('told', 'pending', 'delivered', 'parked'))
);
create index outbox_due_idx on private.outbox (due_at) where status = 'pending';
create index outbox_parked_idx on private.outbox (project_id, created_at, id) where status in ('pending', 'parked');
create index outbox_project_idx on private.outbox (project_id, created_at);
comment on table private.outbox is
    'key: the change. told: in-app only; pending, delivered, parked: for channels outside. done: channels that have it.';
alter table private.outbox enable row level security;
revoke all on private.outbox from public, anon, authenticated, service_role;
grant select on private.outbox to service_role;

create function private.wanted_channels(p_member_id uuid, p_kind text)
returns setof private.channels
language sql
stable
security definer -- reads a private table
set search_path = ''
as $$
    select c.* from private.channels as c where c.member_id = p_member_id and c.enabled and p_kind = any (c.kinds);
$$;
comment on function private.wanted_channels is 'The enabled channels of a member for this kind of news.';

create function private.tell(
    p_project_id uuid, p_recipient jsonb, p_kind text, p_key text, p_urgent boolean, p_content jsonb)
returns boolean
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_id      uuid := (p_recipient ->> 'id')::uuid;
    v_outside boolean := p_recipient ->> 'kind' = 'member' and exists (select 1 from private.wanted_channels(v_id, p_kind));
begin
    insert into private.outbox (project_id, recipient_kind, recipient_id, recipient_name, kind, key, urgent, content, status, due_at)
    values (p_project_id, p_recipient ->> 'kind', v_id, p_recipient ->> 'name', p_kind, p_key, p_urgent, p_content,
        case when v_outside then 'pending' else 'told' end,
        case when v_outside then private.quiet_until(v_id, p_urgent, now()) else now() end)
    on conflict (recipient_id, key) do nothing;
    return found;
end;
$$;
comment on function private.tell is
    'One outbox row for a recipient {kind, id, name} and a change; false when that change was told before.';

create function private.acting_party(p_project_id uuid)
returns jsonb
language sql
stable
security definer -- looks the caller up, whoever it is
set search_path = ''
as $$
    select coalesce(
        (select jsonb_build_object('kind', 'workspace', 'id', w.id, 'name', w.alias)
        from public.workspaces as w where w.user_id = (select auth.uid()) and w.project_id = p_project_id),
        (select jsonb_build_object('kind', 'member', 'id', m.id, 'name', m.name)
        from public.members as m where m.user_id = (select auth.uid()) and m.project_id = p_project_id),
        private.system_actor());
$$;
comment on function private.acting_party is 'Who is calling, in this project, as {kind, id, name}; system when nobody is. Never refuses.';

create function private.tell_subscribers()
returns trigger
language plpgsql
security definer -- fires for whoever changes a bead, by whatever path
set search_path = ''
as $$
declare
    v_by      jsonb;
    v_key     text := format('bead:%s:%s', new.id, gen_random_uuid());
    v_text    text;
    v_command text := 'bdh show ' || new.id;
begin
    if not exists (select 1 from public.subscriptions as s where s.project_id = new.project_id and s.bead_id = new.id) then
        return null;
    end if;
    v_by := private.acting_party(new.project_id);
    v_text := format('%s: %s → %s by %s: %s', new.id, old.status, case new.status when 'tombstone' then 'deleted' else new.status end,
        coalesce(private.short_alias((v_by ->> 'id')::uuid), v_by ->> 'name'), private.quoted(new.title, 100));
    perform private.post_notice(new.project_id, p.kind, p.id, 'system', v_text, v_command, v_key, v_by),
        private.tell(new.project_id, to_jsonb(p), 'bead_status', v_key, false, jsonb_build_object(
            'subject', v_text, 'text', v_text, 'command', v_command, 'from', v_by,
            'entity', jsonb_build_object('type', 'bead', 'id', new.id)))
    from private.present_parties(new.project_id, (
        select jsonb_agg(jsonb_build_object('kind', s.subscriber_kind, 'id', s.subscriber_id))
        from public.subscriptions as s
        where s.project_id = new.project_id and s.bead_id = new.id
          and s.subscriber_id is distinct from (v_by ->> 'id')::uuid)) as p;
    return null;
end;
$$;
comment on function private.tell_subscribers is
    'Trigger: one notice and one outbox row per subscriber of a bead whose status changed, its author excepted.';
create trigger beads_tell_subscribers after update of status on public.beads
    for each row when (old.status is distinct from new.status)
    execute function private.tell_subscribers();

create function private.escalation_content(p_row public.escalations, p_reminder int default 0)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'subject', case when p_reminder > 0 then 'Reminder: ' else '' end || p_row.subject,
        'text', p_row.situation, 'options', to_jsonb(p_row.options), 'from', p_row.asker, 'expires_at', p_row.expires_at,
        'command', 'bdh :escalations show ' || left(p_row.id::text, 8),
        'entity', jsonb_build_object('type', 'escalation', 'id', p_row.id));
$$;
comment on function private.escalation_content is 'What is told of a question.';

create function private.tell_humans()
returns trigger
language plpgsql
security definer -- fires for whoever asks
set search_path = ''
as $$
begin
    -- The in-app notice is the pending row itself: banners read it there.
    perform private.tell(new.project_id, jsonb_build_object('kind', 'member', 'id', m.id, 'name', m.name),
        'escalation', 'escalation:' || new.id, true, private.escalation_content(new))
    from public.members as m where m.project_id = new.project_id and m.id is distinct from new.asker_id;
    return null;
end;
$$;
comment on function private.tell_humans is 'Trigger: one outbox row per human of the project, the asker excepted.';
create trigger escalations_tell_humans after insert on public.escalations
    for each row when (new.status = 'pending' and current_setting('bdh.importing', true) is distinct from 'on')
    execute function private.tell_humans();

create function private.tell_asker()
returns trigger
language plpgsql
security definer -- fires for whoever answers, and for the clock
set search_path = ''
as $$
begin
    perform private.tell(new.project_id, to_jsonb(p), 'answer', 'answer:' || new.id, false, jsonb_build_object(
        'subject', format('%s: %s', case new.status when 'answered' then 'Answered' else initcap(new.status) end, new.subject),
        'text', coalesce(new.answer, ''), 'from', new.closed_by,
        'command', 'bdh :escalations show ' || left(new.id::text, 8),
        'entity', jsonb_build_object('type', 'escalation', 'id', new.id)))
    from private.present_parties(new.project_id, jsonb_build_array(new.asker)) as p
    where p.id is distinct from (new.closed_by ->> 'id')::uuid;
    -- What has not gone out yet is no question any more.
    update private.outbox as o set status = 'delivered', settled_at = now()
    where o.project_id = new.project_id and o.kind = 'escalation' and o.status = 'pending'
      and o.content -> 'entity' ->> 'id' = new.id::text;
    return null;
end;
$$;
comment on function private.tell_asker is
    'Trigger: one outbox row for the asker when its question is closed; the question is not sent any more.';
create trigger escalations_tell_asker after update of status on public.escalations
    for each row when (old.status = 'pending' and new.status <> 'pending')
    execute function private.tell_asker();

create function private.tell_mail()
returns trigger
language plpgsql
security definer -- fires for whoever sends mail
set search_path = ''
as $$
begin
    -- Mail is its own in-app notice; only what shall go outside needs a row here.
    perform private.tell(m.project_id, jsonb_build_object('kind', 'member', 'id', new.recipient_id, 'name', new.name),
        'mail', 'mail:' || m.id, m.priority = 'urgent', jsonb_build_object(
            'subject', m.subject, 'text', left(m.body, 4000), 'from', m.sender,
            'command', 'bdh :aweb mail open ' || left(m.id::text, 8),
            'entity', jsonb_build_object('type', 'mail', 'id', m.id)))
    from public.mail as m
    where m.id = new.mail_id and exists (select 1 from private.wanted_channels(new.recipient_id, 'mail'));
    return null;
end;
$$;
comment on function private.tell_mail is 'Trigger: one outbox row for a human who wants mail outside too.';
create trigger mail_recipients_tell after insert on public.mail_recipients
    for each row when (new.kind = 'member' and current_setting('bdh.importing', true) is distinct from 'on')
    execute function private.tell_mail();

do $$
declare
    v_fn regprocedure;
begin
    for v_fn in
        select p.oid from pg_proc as p where p.pronamespace = 'private'::regnamespace and p.proname = any (array[
            'wanted_channels', 'tell', 'acting_party', 'tell_subscribers', 'escalation_content', 'tell_humans',
            'tell_asker', 'tell_mail'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
end;
$$;
