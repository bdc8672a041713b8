-- Releasing locks, looking at them, renewing them with the heartbeat.

create function private.release_paths(
    p_project_id uuid, p_paths text[], p_all boolean, p_automatic_only boolean, p_for_alias text, p_repo_id uuid, p_keep_paths text[])
returns jsonb
language plpgsql
security definer -- writes reservations
set search_path = ''
as $$
declare
    v_actor    private.actor_info := private.actor(p_project_id);
    v_work     public.workspaces;
    v_repo     public.repos;
    v_released jsonb := '[]';
    v_part     jsonb;
    v_repo_id  uuid;
begin
    if p_for_alias is not null then
        perform private.require_human(v_actor, 'release another''s locks');
        v_work := private.resolve_alias(v_actor.project_id, p_for_alias);
    else
        perform private.require_workspace(v_actor);
        select * into v_work from public.workspaces as w where w.id = v_actor.id;
    end if;
    if (p_paths is null) <> coalesce(p_all, false) then
        perform private.fail('bad_argument', 400, 'Name paths, or all', 'bdh :release-paths --all');
    end if;
    if p_paths is not null or p_repo_id is not null then
        v_actor.repo_id := v_work.repo_id;
        v_repo := private.find_repo(v_actor, p_repo_id);
    end if;
    for v_repo_id in
        select distinct r.repo_id from public.reservations as r
        where r.workspace_id = v_work.id and (v_repo.id is null or r.repo_id = v_repo.id) order by 1
    loop
        v_part := private.release_in_repo(v_work.id, v_repo_id, p_paths, coalesce(p_automatic_only, false), p_keep_paths);
        if v_part <> '[]' then
            perform private.tell_locks(v_actor, v_repo_id, 'lock.released', v_part,
                jsonb_build_object('holder', v_work.alias, 'automatic', coalesce(p_automatic_only, false)));
        end if;
        v_released := v_released || v_part;
    end loop;
    return jsonb_build_object('released', v_released);
end;
$$;
comment on function private.release_paths is 'See public.release_paths.';

create function private.release_in_repo(
    p_workspace_id uuid, p_repo_id uuid, p_paths text[], p_automatic_only boolean, p_keep_paths text[])
returns jsonb
language plpgsql
security definer -- writes reservations
set search_path = ''
as $$
declare
    v_fold   boolean;
    v_keep   text[];
    v_paths  private.clean_path[];
    v_keys   text[];
    v_below  text[];
    v_ids    uuid[];
    v_result jsonb;
begin
    perform private.lock_repo(p_repo_id);
    select r.ignore_case into v_fold from public.repos as r where r.id = p_repo_id;
    v_keep := array(select k.key from unnest(private.clean_paths(p_keep_paths, v_fold)) as k);
    if p_paths is not null then
        v_paths := private.checked_paths(p_paths, v_fold);
        v_keys := array(select k.key from unnest(v_paths) as k);
        -- A directory stands for what is below it, too.
        v_below := array(select case when k.key = '' then '' else k.key || '/' end from unnest(v_paths) as k where k.is_directory);
    end if;
    v_ids := array(
        select r.id from public.reservations as r
        where r.workspace_id = p_workspace_id and r.repo_id = p_repo_id
          and (r.automatic or not p_automatic_only) and not r.key = any (v_keep)
          and (p_paths is null or r.key = any (v_keys)
            or exists (select 1 from unnest(v_below) as d where starts_with(r.key, d))));
    select coalesce(jsonb_agg(r.body order by r.path), '[]') into v_result
    from private.shown_locks as r where r.id = any (v_ids) and r.expires_at > now();
    delete from public.reservations as r where r.id = any (v_ids);
    return v_result;
end;
$$;
comment on function private.release_in_repo is 'Deletes a workspace''s locks in one repo and returns those that were live.';

create function public.release_paths(
    p_paths text[] default null, p_all boolean default false, p_automatic_only boolean default false, p_for_alias text default null,
    p_repo_id uuid default null, p_keep_paths text[] default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.release_paths(p_project_id, p_paths, p_all, p_automatic_only, p_for_alias, p_repo_id, p_keep_paths);
$$;
comment on function public.release_paths is
    'Give back paths, or all, of the caller or (human_only) of p_for_alias, but p_keep_paths: {released: [lock]}. Not billed.';

create function private.check_paths(p_project_id uuid, p_paths text[], p_repo_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.viewer(p_project_id);
    v_repo    public.repos := private.find_repo(v_actor, p_repo_id);
    v_paths   private.clean_path[] := private.checked_paths(p_paths, v_repo.ignore_case);
    v_numbers int[];
    v_locks   uuid[];
begin
    select array_agg(o.n), array_agg(o.lock_id) into v_numbers, v_locks
    from private.overlapping_locks(v_repo.id, v_paths, v_actor.id, 'exclusive') as o;
    return jsonb_build_object('at', now(), 'conflicts', case
            when v_numbers is null then '[]'::jsonb else private.conflicts_json(v_paths, v_numbers, v_locks) end)
        || private.guard_json(v_actor.project_id, p_paths);
end;
$$;
comment on function private.check_paths is 'See public.check_paths.';

create function public.check_paths(p_paths text[], p_repo_id uuid default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.check_paths(p_project_id, p_paths, p_repo_id);
$$;
comment on function public.check_paths is
    'Who else holds these paths, without taking anything: {at, conflicts, mode, edit_mode, export_on_commit, protected, '
    'max_files_per_claim}. Not billed.';

create function private.list_locks(p_project_id uuid, p_mine boolean, p_repo_id uuid, p_path text, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_place jsonb := private.read_page_cursor(p_cursor, 'locks');
    v_limit int := private.page_limit(p_limit);
    v_repo  public.repos;
    v_ids   uuid[];
    v_rows  jsonb[];
begin
    if p_path is not null then
        v_repo := private.find_repo(v_actor, p_repo_id);
        v_ids := array(
            select o.lock_id from private.overlapping_locks(
                v_repo.id, private.checked_paths(array[p_path], v_repo.ignore_case), null, 'exclusive') as o);
    end if;
    with page as (
        select r.id, r.granted_at, r.workspace_id from public.reservations as r
        where r.project_id = v_actor.project_id and r.expires_at > now()
          and (not coalesce(p_mine, false) or r.workspace_id = v_actor.id)
          and (p_repo_id is null or r.repo_id = p_repo_id)
          and (p_path is null or r.id = any (v_ids))
          and (v_place is null or (r.granted_at, r.id) < ((v_place ->> 'at')::timestamptz, (v_place ->> 'id')::uuid))
        order by r.granted_at desc, r.id desc limit v_limit + 1
    ), holders as materialized (
        select w.id, private.holder_json('workspace', w.id, w.alias) as body
        from public.workspaces as w where w.id in (select p.workspace_id from page as p)
    )
    select array_agg(s.body || jsonb_build_object('holder', h.body) order by p.granted_at desc, p.id desc)
    into v_rows
    from page as p inner join private.shown_locks as s on s.id = p.id inner join holders as h on h.id = p.workspace_id;
    return jsonb_build_object(
        'locks', coalesce(to_jsonb(v_rows[1:v_limit]), '[]'),
        'next_cursor', case when cardinality(v_rows) > v_limit then private.page_cursor(jsonb_build_object(
            'list', 'locks', 'at', v_rows[v_limit] -> 'granted_at', 'id', v_rows[v_limit] -> 'id')) end);
end;
$$;
comment on function private.list_locks is 'See public.list_locks.';

create function public.list_locks(
    p_mine boolean default false, p_repo_id uuid default null, p_path text default null, p_cursor text default null,
    p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_locks(p_project_id, p_mine, p_repo_id, p_path, p_cursor, p_limit);
$$;
comment on function public.list_locks is
    'Live locks, newest first: {locks: [lock with holder], next_cursor}. p_path: those that overlap it, in p_repo_id or one''s own repo.';

create or replace function private.renew_automatic_locks(p_workspace_id uuid, p_paths text[])
returns int
language plpgsql
security definer -- writes reservations
set search_path = ''
as $$
declare
    v_repo  public.repos;
    v_keys  text[];
    v_count int;
begin
    select r.* into v_repo from public.repos as r inner join public.workspaces as w on w.repo_id = r.id where w.id = p_workspace_id;
    if coalesce(cardinality(p_paths), 0) = 0 or not exists (
        select 1 from public.reservations as l
        where l.workspace_id = p_workspace_id and l.repo_id = v_repo.id and l.automatic and l.expires_at > now()) then
        return 0;
    end if;
    perform private.lock_repo(v_repo.id);
    select r.* into v_repo from public.repos as r where r.id = v_repo.id;
    v_keys := array(select k.key from unnest(private.clean_paths(p_paths, v_repo.ignore_case)) as k);
    update public.reservations as r set expires_at = now() + make_interval(secs => r.ttl_seconds)
    where r.workspace_id = p_workspace_id and r.repo_id = v_repo.id and r.automatic and r.expires_at > now() and r.key = any (v_keys);
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;
comment on function private.renew_automatic_locks is
    'Gives live automatic locks on files that are still modified their time again. What has expired must be asked for anew.';

create or replace function private.status_locks(p_project_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(w.id, l.locks), '{}')
    from public.workspaces as w
    cross join lateral (
        select jsonb_agg(s.body order by s.granted_at desc, s.path) as locks
        from (
            select r.id from public.reservations as r where r.workspace_id = w.id and r.expires_at > now()
            order by r.granted_at desc limit 20) as x
        inner join private.shown_locks as s on s.id = x.id) as l
    where w.project_id = p_project_id and w.removed_at is null and l.locks is not null;
$$;
comment on function private.status_locks is 'Live file locks by workspace id, the twenty newest of each: {id: [lock without holder]}.';

create or replace function private.locks_count(p_workspace_id uuid)
returns int
language sql
stable
set search_path = ''
as $$
    select count(*)::int from public.reservations as r where r.workspace_id = p_workspace_id and r.expires_at > now();
$$;

create or replace function private.expiring_locks(p_workspace_id uuid)
returns table (id uuid, path text, seconds_left int, expires_at timestamptz)
language sql
stable
set search_path = ''
as $$
    select r.id, r.path, (r.body ->> 'seconds_left')::int, r.expires_at
    from private.shown_locks as r
    where r.workspace_id = p_workspace_id and not r.automatic and r.expires_at > now() and r.expires_at < now() + interval '2 minutes';
$$;
comment on function private.expiring_locks is 'Explicit locks of a workspace that end within two minutes.';

revoke execute on function
    private.release_paths(uuid, text[], boolean, boolean, text, uuid, text[]),
    private.release_in_repo(uuid, uuid, text[], boolean, text[]), private.check_paths(uuid, text[], uuid),
    private.list_locks(uuid, boolean, uuid, text, text, int),
    public.release_paths(text[], boolean, boolean, text, uuid, text[], uuid), public.check_paths(text[], uuid, uuid),
    public.list_locks(boolean, uuid, text, text, int, uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.release_paths(uuid, text[], boolean, boolean, text, uuid, text[]), private.check_paths(uuid, text[], uuid),
    private.list_locks(uuid, boolean, uuid, text, text, int),
    public.release_paths(text[], boolean, boolean, text, uuid, text[], uuid), public.check_paths(text[], uuid, uuid),
    public.list_locks(boolean, uuid, text, text, int, uuid)
to authenticated;
