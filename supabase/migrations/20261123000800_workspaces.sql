-- What is shown of workspaces: whoami, the team's status, listings, the version of this schema.

create function private.workspace_json(p_work public.workspaces, p_short text, p_last_seen timestamptz, p_repo public.repos)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_work.id, 'alias', p_work.alias, 'short', p_short, 'role', p_work.role, 'human_name', p_work.human_name,
        'presence', case when p_work.removed_at is null then private.presence_of(p_last_seen) else 'offline' end,
        'last_seen', p_last_seen,
        'repo', jsonb_build_object('id', p_repo.id, 'name', p_repo.name, 'origin', p_repo.origin),
        'branch', p_work.branch, 'hostname', p_work.hostname, 'host', p_work.host, 'path', p_work.path,
        'focus', p_work.focus, 'created_at', p_work.created_at, 'removed_at', p_work.removed_at);
$$;
comment on function private.workspace_json is 'The wire shape of a workspace.';

create function private.workspace_by_id(p_id uuid)
returns jsonb
language sql
stable
security definer -- also for a workspace that joined a moment ago
set search_path = ''
as $$
    select private.workspace_json(w, private.short_alias(w.id), p.last_seen, r)
    from public.workspaces as w
    inner join public.repos as r on r.id = w.repo_id
    left join public.presence as p on p.workspace_id = w.id
    where w.id = p_id;
$$;
comment on function private.workspace_by_id is 'One workspace in its wire shape, or null.';

create function private.joined_json(p_id uuid)
returns jsonb
language sql
stable
security definer -- see workspace_by_id
set search_path = ''
as $$
    select jsonb_build_object(
        'workspace', private.workspace_by_id(w.id), 'project', private.project_json(w.project_id, w.role))
    from public.workspaces as w where w.id = p_id;
$$;
comment on function private.joined_json is 'What joining returns: {workspace, project}.';

-- Other files own the tables behind these six and replace them; until then there is nothing to show.
create function private.status_claims(p_project_id uuid) returns jsonb language sql stable set search_path = ''
as $$ select '{}'::jsonb where p_project_id is not null; $$;
comment on function private.status_claims is 'Live claims by workspace id: {id: [claim]}.';
create function private.status_locks(p_project_id uuid) returns jsonb language sql stable set search_path = ''
as $$ select '{}'::jsonb where p_project_id is not null; $$;
comment on function private.status_locks is 'Live file locks by workspace id: {id: [lock]}.';
create function private.locks_count(p_workspace_id uuid) returns int language sql stable set search_path = ''
as $$ select 0 where p_workspace_id is not null; $$;
comment on function private.locks_count is 'How many live file locks a workspace holds.';
create function private.status_escalations(p_project_id uuid) returns jsonb language sql stable set search_path = ''
as $$ select '[]'::jsonb where p_project_id is not null; $$;
comment on function private.status_escalations is 'Pending escalations, oldest first.';
create function private.status_waits(p_project_id uuid) returns jsonb language sql stable set search_path = ''
as $$ select '{}'::jsonb where p_project_id is not null; $$;
comment on function private.status_waits is 'For whom a workspace waits in chat, by workspace id: {id: [alias]}.';
create function private.status_counts(p_project_id uuid) returns jsonb language sql stable set search_path = ''
as $$ select '{}'::jsonb where p_project_id is not null; $$;
comment on function private.status_counts is 'Further counts for the team''s status.';

create function private.status_entry(
    p_work jsonb, p_id text, p_claims jsonb, p_locks jsonb, p_waits jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select p_work || jsonb_build_object(
        'claims', coalesce(p_claims -> p_id, '[]'), 'locks', coalesce(p_locks -> p_id, '[]'),
        -- The epic of the newest claim, unless that bead stands alone.
        'epic', case when p_claims #>> array[p_id, '0', 'apex_id'] <> p_claims #>> array[p_id, '0', 'bead_id']
            then jsonb_build_object('id', p_claims #> array[p_id, '0', 'apex_id'], 'title', p_claims #> array[p_id, '0', 'apex_title']) end,
        'waiting_for', p_waits -> p_id);
$$;
comment on function private.status_entry is 'A workspace with its claims, locks, epic and waits.';

create function private.team_status(p_project_id uuid, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.viewer(p_project_id);
    v_claims jsonb := private.status_claims(v_actor.project_id);
    v_locks  jsonb := private.status_locks(v_actor.project_id);
    v_waits  jsonb := private.status_waits(v_actor.project_id);
    v_result jsonb;
begin
    with live as (
        select w.id, p.last_seen, private.presence_of(p.last_seen) as presence,
            private.workspace_json(w, s.short, p.last_seen, r) as body
        from public.workspaces as w
        inner join public.repos as r on r.id = w.repo_id
        inner join private.short_aliases(v_actor.project_id) as s on s.workspace_id = w.id
        left join public.presence as p on p.workspace_id = w.id
        where w.project_id = v_actor.project_id and w.removed_at is null
    ), shown as (
        select l.id, private.status_entry(l.body, l.id::text, v_claims, v_locks, v_waits) as body, l.last_seen
        from live as l order by l.last_seen desc nulls last, l.id
        limit least(greatest(coalesce(p_limit, 500), 1), 1000)
    )
    select jsonb_build_object(
        'workspaces', coalesce((select jsonb_agg(s.body order by s.body ->> 'alias') from shown as s), '[]'),
        'counts', (
            select jsonb_build_object(
                'workspaces', count(*), 'active', count(*) filter (where l.presence = 'active'),
                'idle', count(*) filter (where l.presence = 'idle'), 'offline', count(*) filter (where l.presence = 'offline'))
            from live as l))
    into v_result;
    return v_result || jsonb_build_object(
        'you', case when v_actor.is_human then private.actor_json(v_actor)
            else private.status_entry(private.workspace_by_id(v_actor.id), v_actor.id::text, v_claims, v_locks, v_waits) end,
        'project', private.project_json(v_actor.project_id, v_actor.role),
        'escalations', private.status_escalations(v_actor.project_id),
        'counts', v_result -> 'counts' || private.status_counts(v_actor.project_id));
end;
$$;
comment on function private.team_status is 'See public.team_status.';

create function public.team_status(p_limit int default 500, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.team_status(p_project_id, p_limit);
$$;
comment on function public.team_status is
    'Who does what: {you, project, workspaces: [workspace + claims, locks, epic, waiting_for], escalations, counts}.';

create function private.whoami(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- also answers a human who is no member yet
set search_path = ''
as $$
declare
    v_user     uuid := (select auth.uid());
    v_actor    private.actor_info;
    v_projects jsonb;
    v_result   jsonb := jsonb_build_object('actor', null, 'project', null, 'workspace', null, 'member', null,
        'claims', '[]'::jsonb, 'locks_count', 0);
begin
    select coalesce(jsonb_agg(private.project_json(m.project_id, m.role) order by m.created_at, m.id), '[]')
    into v_projects from public.members as m where m.user_id = v_user;
    -- A human of no project, or of several without naming one, is told so; everybody else is somebody.
    if v_user is null or p_project_id is not null or jsonb_array_length(v_projects) = 1
        or exists (select 1 from public.workspaces as w where w.user_id = v_user) then
        v_actor := private.viewer(p_project_id);
        v_result := v_result || jsonb_build_object(
            'actor', private.actor_json(v_actor), 'project', private.project_json(v_actor.project_id, v_actor.role));
    end if;
    if v_actor.kind = 'workspace' then
        v_projects := jsonb_build_array(v_result -> 'project');
        v_result := v_result || jsonb_build_object(
            'workspace', private.workspace_by_id(v_actor.id),
            'claims', coalesce(private.status_claims(v_actor.project_id) -> v_actor.id::text, '[]'),
            'locks_count', private.locks_count(v_actor.id));
    elsif v_actor.kind = 'member' then
        v_result := v_result || jsonb_build_object('member', (
            select private.member_json(m) from public.members as m where m.id = v_actor.id));
    end if;
    return v_result || jsonb_build_object('projects', v_projects, 'schema_version', public.schema_version() -> 'version');
end;
$$;
comment on function private.whoami is 'See public.whoami.';

create function public.whoami(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.whoami(p_project_id);
$$;
comment on function public.whoami is
    'The caller: {actor, project, workspace, member, projects, claims, locks_count, schema_version}; actor null: which project?';

create function private.list_workspaces(p_project_id uuid, p_include_removed boolean, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := least(greatest(coalesce(p_limit, 500), 1), 500);
    v_rows  jsonb[];
begin
    select array_agg(x.body order by x.sort) into v_rows from (
        select private.workspace_json(w, coalesce(s.short, w.alias), p.last_seen, r) as body, w.alias || ' ' || w.id as sort
        from public.workspaces as w
        inner join public.repos as r on r.id = w.repo_id
        left join private.short_aliases(v_actor.project_id) as s on s.workspace_id = w.id
        left join public.presence as p on p.workspace_id = w.id
        where w.project_id = v_actor.project_id and (p_include_removed or w.removed_at is null)
          and (p_cursor is null or w.alias || ' ' || w.id > p_cursor)
        order by 2 limit v_limit + 1) as x;
    return jsonb_build_object(
        'workspaces', coalesce(to_jsonb(v_rows[1:v_limit]), '[]'),
        'next_cursor', case when cardinality(v_rows) > v_limit
            then (v_rows[v_limit] ->> 'alias') || ' ' || (v_rows[v_limit] ->> 'id') end);
end;
$$;
comment on function private.list_workspaces is 'See public.list_workspaces.';

create function public.list_workspaces(
    p_include_removed boolean default false, p_cursor text default null, p_limit int default 500, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_workspaces(p_project_id, p_include_removed, p_cursor, p_limit);
$$;
comment on function public.list_workspaces is 'The project''s workspaces by alias: {workspaces, next_cursor}.';

create function public.schema_version()
returns jsonb
language sql
stable
set search_path = ''
as $$
    select '{"version": 1, "min_client": "0.1.0"}'::jsonb;
$$;
comment on function public.schema_version is
    'What a client may expect: version rises when something is added, min_client when something older clients use is gone.';

revoke execute on function
    private.workspace_json(public.workspaces, text, timestamptz, public.repos), private.workspace_by_id(uuid),
    private.joined_json(uuid), private.status_claims(uuid), private.status_locks(uuid), private.locks_count(uuid),
    private.status_escalations(uuid), private.status_waits(uuid), private.status_counts(uuid), private.status_entry(jsonb, text,
    jsonb, jsonb, jsonb),
    private.team_status(uuid, int), private.whoami(uuid), private.list_workspaces(uuid, boolean, text, int),
    public.team_status(int, uuid), public.whoami(uuid), public.list_workspaces(boolean, text, int, uuid), public.schema_version()
from public, anon, authenticated, service_role;
grant execute on function
    private.team_status(uuid, int), private.whoami(uuid), private.list_workspaces(uuid, boolean, text, int),
    public.team_status(int, uuid), public.whoami(uuid), public.list_workspaces(boolean, text, int, uuid)
to authenticated;
grant execute on function public.schema_version() to anon, authenticated, service_role;
