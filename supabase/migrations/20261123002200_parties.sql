-- Whom a message is for, and how they will learn of it (product.md §7, honest waking).

create table private.attendance (
    actor_id uuid not null,
    kind     text not null,
    until    timestamptz not null,
    constraint attendance_pkey primary key (actor_id, kind),
    constraint attendance_kind_check check (kind in ('watch', 'hook'))
);
comment on table private.attendance is 'Who can be reached without typing a command: a live :watch, an agent host whose hooks call in.';
alter table private.attendance enable row level security;
revoke all on private.attendance from public, anon, authenticated, service_role;

create function private.first_id(p_prefix text, p_filler text)
returns uuid
language sql
immutable
set search_path = ''
as $$
    select rpad(replace(lower(p_prefix), '-', ''), 32, p_filler)::uuid;
$$;
comment on function private.first_id is
    'The lowest (filler 0) or highest (filler f) id that begins with these hex digits: a range of the index instead of all rows.';

create function private.find_party(p_project_id uuid, p_text text)
returns jsonb
language plpgsql
stable
security definer -- compares with everyone in the project
set search_path = ''
as $$
declare
    v_text  text := lower(trim(p_text));
    v_found jsonb;
begin
    select jsonb_build_array(jsonb_build_object('kind', 'workspace', 'id', w.id, 'name', w.alias)) into v_found
    from public.workspaces as w where w.project_id = p_project_id and w.removed_at is null and w.alias = v_text;
    if v_found is null then
        select jsonb_agg(jsonb_build_object('kind', t.kind, 'id', t.id, 'name', t.name) order by t.name) into v_found from (
            select 'workspace' as kind, w.id, w.alias as name from public.workspaces as w
            where w.project_id = p_project_id and w.removed_at is null
              and left(w.alias, length(v_text) + 1) = v_text || '-'
            union all
            select 'member', m.id, m.name from public.members as m
            where m.project_id = p_project_id and v_text in (lower(m.name), lower(m.email))) as t;
    end if;
    if jsonb_array_length(v_found) > 1 then
        perform private.fail('ambiguous_alias', 409, format('%s could be %s', p_text,
            (select string_agg(t ->> 'name', ', ' order by t ->> 'name') from jsonb_array_elements(v_found) as t)),
            'Type more of the alias',
            jsonb_build_object('candidates', jsonb_path_query_array(v_found, '$[*].name')));
    end if;
    return v_found -> 0;
end;
$$;
comment on function private.find_party is
    '{kind, id, name} of the workspace (alias or dash-prefix) or member (name, e-mail) meant; null for nobody; ambiguous_alias (409).';

create function private.refuse_nobody(p_project_id uuid, p_text text)
returns void
language plpgsql
security definer -- looks at removed workspaces
set search_path = ''
as $$
begin
    if exists (select 1 from public.workspaces as w
        where w.project_id = p_project_id and w.alias = lower(trim(p_text)) and w.removed_at is not null) then
        perform private.fail('not_found', 404, format('%s was removed from the project', p_text), 'bdh :status',
            jsonb_build_object('alias', p_text, 'removed', true));
    end if;
    perform private.fail('not_found', 404, format('Nobody here is called %s', p_text), 'bdh :status',
        jsonb_build_object('alias', p_text));
end;
$$;
comment on function private.refuse_nobody is 'Refuses not_found (404), saying so when the name belonged to a removed workspace.';

create function private.find_parties(p_actor private.actor_info, p_to text[])
returns jsonb
language plpgsql
stable
security definer -- compares with everyone in the project
set search_path = ''
as $$
declare
    v_all  jsonb := '[]';
    v_some jsonb;
    v_text text;
begin
    foreach v_text in array coalesce(p_to, '{}') loop
        if v_text = '@humans' then
            select jsonb_agg(jsonb_build_object('kind', 'member', 'id', m.id, 'name', m.name)) into v_some
            from public.members as m where m.project_id = p_actor.project_id and m.id <> p_actor.id;
        elsif left(v_text, 1) = '@' then
            select jsonb_agg(jsonb_build_object('kind', 'workspace', 'id', w.id, 'name', w.alias)) into v_some
            from public.workspaces as w
            where w.project_id = p_actor.project_id and w.removed_at is null and w.id <> p_actor.id
              and (v_text = '@all' or w.role = substr(lower(v_text), 2));
        else
            v_some := nullif(jsonb_build_array(private.find_party(p_actor.project_id, v_text)), '[null]');
        end if;
        if v_some is null then
            perform private.refuse_nobody(p_actor.project_id, v_text);
        end if;
        v_all := v_all || v_some;
    end loop;
    return (select coalesce(jsonb_agg(distinct t), '[]') from jsonb_array_elements(v_all) as t);
end;
$$;
comment on function private.find_parties is
    'The distinct {kind, id, name} meant by aliases, names, e-mails, @role, @all (agents), @humans; the groups leave the caller out.';

create function private.wake_of(p_kind text, p_id uuid, p_session_id uuid default null)
returns text
language sql
stable
security definer -- attendance is private
set search_path = ''
as $$
    select case
        when exists (select 1 from private.attendance as a where a.actor_id = p_id and a.kind = 'watch' and a.until > now())
            then 'now'
        -- Somebody blocked in another chat learns of this message only when that wait ends.
        when p_session_id is not null and exists (
            select 1 from public.chat_waits as w
            where w.waiter_id = p_id and (w.session_id = p_session_id or w.session_id is null) and private.wait_is_live(w))
            then 'now'
        when p_kind = 'member' then (
            select case when m.last_seen > now() - interval '5 minutes' then 'next_command' else 'when_back' end
            from public.members as m where m.id = p_id)
        else coalesce((
            select case
                when private.presence_of(p.last_seen) = 'offline' then 'when_back'
                when exists (select 1 from private.attendance as a
                    where a.actor_id = p_id and a.kind = 'hook' and a.until > now()) then 'next_tool_call'
                else 'next_command' end
            from public.presence as p where p.workspace_id = p_id), 'when_back')
        end;
$$;
comment on function private.wake_of is
    'How a party will learn of a message (in that chat, if one is named): now, next_tool_call, next_command or when_back.';

create function private.wakes(p_parties jsonb, p_session_id uuid default null)
returns jsonb
language sql
stable
security definer -- attendance is private
set search_path = ''
as $$
    select coalesce(jsonb_agg(t || jsonb_build_object(
        'short', coalesce(private.short_alias((t ->> 'id')::uuid), t ->> 'name'),
        'learns', private.wake_of(t ->> 'kind', (t ->> 'id')::uuid, p_session_id)) order by t ->> 'name'), '[]')
    from jsonb_array_elements(p_parties) as t;
$$;
comment on function private.wakes is '[{kind, id, name, short, learns}] for parties.';

create function private.note_attendance(p_actor_id uuid, p_kind text, p_seconds int)
returns void
language sql
security definer -- writes a private table
set search_path = ''
as $$
    -- Nearly always a no-op: written again only when a third of the time is gone.
    insert into private.attendance as a (actor_id, kind, until)
    values (p_actor_id, p_kind, now() + make_interval(secs => p_seconds))
    on conflict (actor_id, kind) do update set until = excluded.until
    where p_seconds = 0 or a.until < excluded.until - make_interval(secs => p_seconds / 3.0);
$$;
comment on function private.note_attendance is 'Remember that an actor can be reached this way for p_seconds from now; 0 forgets.';

create function private.attend(p_project_id uuid, p_seconds int)
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_seconds int := least(greatest(coalesce(p_seconds, 60), 0), 300);
begin
    perform private.note_attendance(v_actor.id, 'watch', v_seconds);
    -- The place in the log that a watcher without one starts from.
    return jsonb_build_object('seconds', v_seconds,
        'cursor', private.event_cursor(pg_snapshot_xmin(pg_current_snapshot()), 0));
end;
$$;
comment on function private.attend is 'See public.attend.';

create function public.attend(p_seconds int default 60, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.attend(p_project_id, p_seconds);
$$;
comment on function public.attend is
    'Say that the caller sees messages at once for the next p_seconds (a live :watch or an open dashboard); 0 when it stops. '
    'Returns the log''s cursor of now.';

revoke execute on function private.first_id(text, text), private.find_party(uuid, text), private.refuse_nobody(uuid, text),
    private.find_parties(private.actor_info, text[]), private.wake_of(text, uuid, uuid), private.wakes(jsonb, uuid),
    private.note_attendance(uuid, text, int), private.attend(uuid, int), public.attend(int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.attend(uuid, int), public.attend(int, uuid) to authenticated;
