-- Mail between workspaces and members: who wrote what to whom, and how far each copy got
-- (stored, shown, read, acknowledged). deliver_mail is the only way in, for people and triggers alike.

create table public.mail (
    id           uuid primary key default gen_random_uuid(),
    seq          bigint generated always as identity,
    project_id   uuid not null references public.projects (id) on delete cascade,
    thread_id    uuid not null,
    in_reply_to  uuid references public.mail (id) on delete set null,
    sender       jsonb not null,
    sender_id    uuid,
    participants uuid[] not null,
    subject      text not null,
    body         text not null,
    priority     text not null default 'normal',
    ack_wanted   boolean not null default false,
    created_at   timestamptz not null default now(),
    -- The head of a long body only: a tsvector holds at most 1 MiB.
    search       tsvector generated always as (to_tsvector('simple', subject || ' ' || left(body, 100000))) stored,
    constraint mail_priority_check check (priority in ('urgent', 'high', 'normal', 'low'))
);
create unique index mail_project_seq_idx on public.mail (project_id, seq);
create index mail_thread_idx on public.mail (thread_id, seq);
create index mail_sender_idx on public.mail (sender_id, seq);
create index mail_in_reply_to_idx on public.mail (in_reply_to);
create index mail_search_idx on public.mail using gin (search);
comment on table public.mail is 'Messages. participants: sender and recipients, who alone (besides the humans of the project) may read it.';

create table public.mail_recipients (
    mail_id      uuid not null references public.mail (id) on delete cascade,
    recipient_id uuid not null,
    kind         text not null,
    name         text not null,
    project_id   uuid not null references public.projects (id) on delete cascade,
    seq          bigint not null,
    rank         int not null,
    stored_at    timestamptz not null default now(),
    shown_at     timestamptz,
    read_at      timestamptz,
    acked_at     timestamptz,
    constraint mail_recipients_pkey primary key (mail_id, recipient_id),
    constraint mail_recipients_kind_check check (kind in ('workspace', 'member'))
);
create index mail_recipients_inbox_idx on public.mail_recipients (recipient_id, seq);
create index mail_recipients_unread_idx on public.mail_recipients (recipient_id, rank, seq) where read_at is null;
create index mail_recipients_project_idx on public.mail_recipients (project_id);
comment on table public.mail_recipients is 'One copy of a mail. rank: 3 urgent … 0 low; shown: printed by a banner or list, read: opened.';

alter table public.mail enable row level security;
alter table public.mail_recipients enable row level security;
revoke all on public.mail, public.mail_recipients from public, anon, authenticated, service_role;
revoke all on sequence public.mail_seq_seq from public, anon, authenticated;
grant select on public.mail, public.mail_recipients to authenticated;
grant all on public.mail, public.mail_recipients to service_role;

create policy mail_select_participant on public.mail for select to authenticated
    using (
        (participants && array(select private.current_actor_ids())
            and project_id = any (array(select private.current_project_ids())))
        or project_id = any (array(select private.member_project_ids())));
-- Through the policy on mail: who may read a mail sees to whom it went.
create policy mail_recipients_select_participant on public.mail_recipients for select to authenticated
    using (mail_id in (select m.id from public.mail as m));

create function private.mail_rank(p_priority text)
returns int
language sql
immutable
set search_path = ''
as $$
    select array_position(array['low', 'normal', 'high', 'urgent'], p_priority) - 1;
$$;
comment on function private.mail_rank is '3 for urgent down to 0 for low; null for an unknown word.';

create function private.party_topic(p_kind text, p_id uuid)
returns text
language sql
immutable
set search_path = ''
as $$
    select p_kind || ':' || p_id;
$$;
comment on function private.party_topic is 'The Realtime topic of one reader: workspace:<id> or member:<id>.';

create function private.present_parties(p_project_id uuid, p_parties jsonb)
returns table (kind text, id uuid, name text)
language sql
stable
security definer -- reads both tables of people whatever the caller may see
set search_path = ''
as $$
    select 'workspace', w.id, w.alias from public.workspaces as w
    where w.project_id = p_project_id and w.removed_at is null
      and w.id in (select (p ->> 'id')::uuid from jsonb_array_elements(p_parties) as p where p ->> 'kind' = 'workspace')
    union all
    select 'member', m.id, m.name from public.members as m
    where m.project_id = p_project_id
      and m.id in (select (p ->> 'id')::uuid from jsonb_array_elements(p_parties) as p where p ->> 'kind' = 'member');
$$;
comment on function private.present_parties is 'Those of [{kind, id}] that are in the project now, once each, with their names.';

create function private.deliver_mail(
    p_project_id  uuid,
    p_sender      jsonb,
    p_recipients  jsonb,
    p_subject     text,
    p_body        text,
    p_priority    text default 'normal',
    p_thread_id   uuid default null,
    p_ack         boolean default false,
    p_in_reply_to uuid default null
)
returns uuid
language plpgsql
security definer -- writes tables nobody may write; callers have established who the sender is
set search_path = ''
as $$
declare
    v_id      uuid := gen_random_uuid();
    v_from    uuid := (p_sender ->> 'id')::uuid;
    v_rank    int := private.mail_rank(p_priority);
    v_subject text := private.clean_text(private.scrub(p_subject), 500, 'The subject');
    v_body    text := private.clean_text(private.scrub(p_body), 200000, 'The body');
    v_people  jsonb;
    v_seq     bigint;
begin
    if v_rank is null then
        perform private.fail('bad_priority', 400, format('Unknown priority %s', p_priority), 'urgent, high, normal or low');
    end if;
    select jsonb_agg(to_jsonb(t) order by t.name) into v_people
    from private.present_parties(p_project_id, p_recipients) as t where t.id is distinct from v_from;
    if v_people is null then
        return null;
    end if;
    insert into public.mail (id, project_id, thread_id, in_reply_to, sender, sender_id, participants, subject, body,
        priority, ack_wanted)
    values (v_id, p_project_id, coalesce(p_thread_id, v_id), p_in_reply_to, p_sender, v_from,
        array_remove(array(select (t ->> 'id')::uuid from jsonb_array_elements(v_people) as t) || v_from, null),
        v_subject, v_body, p_priority, coalesce(p_ack, false))
    returning seq into v_seq;
    insert into public.mail_recipients (mail_id, recipient_id, kind, name, project_id, seq, rank)
    select v_id, (t ->> 'id')::uuid, t ->> 'kind', t ->> 'name', p_project_id, v_seq, v_rank
    from jsonb_array_elements(v_people) as t;
    -- The log is read by the whole project: who and to whom, never what.
    perform private.emit(p_project_id, 'mail.sent', p_sender, 'mail', v_id::text, jsonb_build_object(
        'to', jsonb_path_query_array(v_people, '$[*].name'), 'priority', p_priority, 'thread_id', coalesce(p_thread_id, v_id)));
    perform private.topic_hint(private.party_topic(t ->> 'kind', (t ->> 'id')::uuid), 'mail',
        jsonb_build_object('id', v_id, 'from', p_sender, 'subject', v_subject, 'priority', p_priority))
    from jsonb_array_elements(v_people) as t;
    return v_id;
end;
$$;
comment on function private.deliver_mail is
    'Store a mail for the recipients [{kind, id}] who are in the project, sender excepted; log it, hint each. Null when none is left.';

revoke execute on function private.mail_rank(text), private.party_topic(text, uuid), private.present_parties(uuid, jsonb),
    private.deliver_mail(uuid, jsonb, jsonb, text, text, text, uuid, boolean, uuid)
    from public, anon, authenticated, service_role;
