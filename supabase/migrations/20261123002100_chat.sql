-- Chat: one session per set of participants, messages numbered by the session, waits as leased rows.
-- A wait counts while its lease (90 s, refreshed every 20 s) and its deadline are in the future.

create table public.chat_sessions (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null references public.projects (id) on delete cascade,
    members_key  text not null,
    participants uuid[] not null,
    last_seq     bigint not null default 0,
    created_at   timestamptz not null default now(),
    last_message_at timestamptz,
    constraint chat_sessions_members_key unique (project_id, members_key)
);
create index chat_sessions_recent_idx on public.chat_sessions (project_id, last_message_at);
comment on table public.chat_sessions is
    'members_key: hash of the founding set. participants also holds humans who joined later. last_seq: the row lock that numbers messages.';

create table public.chat_participants (
    session_id     uuid not null references public.chat_sessions (id) on delete cascade,
    participant_id uuid not null,
    project_id     uuid not null references public.projects (id) on delete cascade,
    kind           text not null,
    name           text not null,
    founder        boolean not null default true,
    read_seq       bigint not null default 0,
    read_at        timestamptz,
    shown_seq      bigint not null default 0,
    shown_at       timestamptz,
    left_at        timestamptz,
    joined_at      timestamptz not null default now(),
    constraint chat_participants_pkey primary key (session_id, participant_id),
    constraint chat_participants_kind_check check (kind in ('workspace', 'member'))
);
create index chat_participants_participant_idx on public.chat_participants (participant_id, session_id);
create index chat_participants_project_idx on public.chat_participants (project_id);
comment on table public.chat_participants is
    'read_seq: every message of others up to it was read. left_at: left without wanting an answer, until it writes, reads '
    'or listens again.';

create table public.chat_messages (
    id         uuid primary key default gen_random_uuid(),
    session_id uuid not null references public.chat_sessions (id) on delete cascade,
    project_id uuid not null references public.projects (id) on delete cascade,
    seq        bigint not null,
    sender     jsonb not null,
    sender_id  uuid not null,
    body       text not null,
    created_at timestamptz not null default now(),
    constraint chat_messages_session_seq_key unique (session_id, seq)
);
create index chat_messages_sender_idx on public.chat_messages (sender_id, created_at);
create index chat_messages_project_idx on public.chat_messages (project_id, created_at);
comment on table public.chat_messages is 'seq has no gaps within a session: it is drawn under the session''s row lock.';

create table public.chat_waits (
    id          uuid primary key default gen_random_uuid(),
    project_id  uuid not null references public.projects (id) on delete cascade,
    session_id  uuid references public.chat_sessions (id) on delete cascade,
    waiter      jsonb not null,
    waiter_id   uuid not null,
    after_seq   bigint not null default 0,
    targets     uuid[] not null default '{}',
    all_replies boolean not null default false,
    replied_by  uuid[] not null default '{}',
    read_by     uuid[] not null default '{}',
    opened_at   timestamptz not null default now(),
    deadline    timestamptz not null,
    lease_until timestamptz not null default now() + interval '90 seconds',
    ended_at    timestamptz,
    ended_reason text,
    constraint chat_waits_reason_check
        check (ended_reason in ('replied', 'left', 'timeout', 'cancelled', 'superseded', 'removed', 'lapsed'))
);
create index chat_waits_session_idx on public.chat_waits (session_id) where ended_at is null;
create index chat_waits_waiter_idx on public.chat_waits (waiter_id) where ended_at is null;
create index chat_waits_targets_idx on public.chat_waits using gin (targets) where ended_at is null;
create index chat_waits_session_all_idx on public.chat_waits (session_id);
create index chat_waits_project_idx on public.chat_waits (project_id, opened_at);
comment on table public.chat_waits is
    'Who is blocked on whom. Without session and targets: somebody listens to all of its chats, which blocks on nobody in particular.';

do $$
declare
    v_table text;
begin
    foreach v_table in array array['chat_sessions', 'chat_participants', 'chat_messages', 'chat_waits'] loop
        execute format('alter table public.%I enable row level security', v_table);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role', v_table);
        execute format('grant select on public.%I to authenticated', v_table);
        execute format('grant all on public.%I to service_role', v_table);
    end loop;
end;
$$;

create policy chat_sessions_select_participant on public.chat_sessions for select to authenticated
    using (
        (participants && array(select private.current_actor_ids())
            and project_id = any (array(select private.current_project_ids())))
        or project_id = any (array(select private.member_project_ids())));
-- The other three through the policy on sessions.
create policy chat_participants_select_participant on public.chat_participants for select to authenticated
    using (session_id in (select s.id from public.chat_sessions as s));
create policy chat_messages_select_participant on public.chat_messages for select to authenticated
    using (session_id in (select s.id from public.chat_sessions as s));
create policy chat_waits_select_participant on public.chat_waits for select to authenticated
    using (waiter_id = any (array(select private.current_actor_ids())) or session_id in (select s.id from public.chat_sessions as s));

create function private.wait_is_live(p_wait public.chat_waits)
returns boolean
language sql
stable
set search_path = ''
as $$
    select (p_wait).ended_at is null and (p_wait).lease_until > now() and (p_wait).deadline > now();
$$;
comment on function private.wait_is_live is 'Whether somebody really waits: not ended, lease and deadline in the future.';

create function private.tell_chat_message()
returns trigger
language plpgsql
security definer -- an invoker could not broadcast; the trigger, not the sender, picks who gets the text
set search_path = ''
as $$
declare
    v_payload jsonb := jsonb_build_object(
        'id', new.id, 'session_id', new.session_id, 'seq', new.seq, 'created_at', new.created_at,
        'sender', new.sender || jsonb_build_object('short', coalesce(private.short_alias(new.sender_id), new.sender ->> 'name')));
begin
    -- Broadcasts have a size limit on hosted; without a body the reader fetches the message.
    if octet_length(new.body) <= 100000 then
        v_payload := v_payload || jsonb_build_object('body', new.body);
    end if;
    perform private.topic_hint(private.party_topic(p.kind, p.participant_id), 'chat', v_payload)
    from public.chat_participants as p
    where p.session_id = new.session_id and p.participant_id <> new.sender_id;
    perform private.emit(new.project_id, 'chat.message', new.sender, 'chat', new.session_id::text,
        jsonb_build_object('seq', new.seq, 'to', (
            select jsonb_agg(p.name order by p.name) from public.chat_participants as p
            where p.session_id = new.session_id and p.participant_id <> new.sender_id)));
    return null;
end;
$$;
comment on function private.tell_chat_message is 'Text to the participants'' own topics; to the project only that there was a message.';
create trigger chat_messages_tell after insert on public.chat_messages
    -- What an import brings was told long ago.
    for each row when (current_setting('bdh.importing', true) is distinct from 'on')
    execute function private.tell_chat_message();

revoke execute on function private.wait_is_live(public.chat_waits), private.tell_chat_message()
    from public, anon, authenticated, service_role;
