-- Proposing, activating and listing versions of a policy; the roles it knows.

create function private.policy_json(p_policy public.policies)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'version', p_policy.version, 'active', p_policy.active, 'note', p_policy.note, 'created_at', p_policy.created_at,
        'created_by', p_policy.created_by, 'activated_at', p_policy.activated_at, 'activated_by', p_policy.activated_by);
$$;
comment on function private.policy_json is 'The wire shape of a version in the history, without its bundle.';

create function private.add_policy(p_actor private.actor_info, p_bundle jsonb, p_base_version int, p_note text)
returns public.policies
language plpgsql
security definer -- writes policies
set search_path = ''
as $$
declare
    v_latest int;
    v_row    public.policies;
begin
    select coalesce(max(p.version), 0) into v_latest from public.policies as p where p.project_id = p_actor.project_id;
    if p_base_version = v_latest then
        -- The key on (project, version) decides between two edits of the same base.
        insert into public.policies (project_id, version, bundle, note, created_by)
        values (p_actor.project_id, v_latest + 1, p_bundle, private.scrub(private.clean_line(p_note, 500, 'The note')),
            private.actor_json(p_actor))
        on conflict (project_id, version) do nothing returning * into v_row;
    end if;
    if v_row.id is null then
        select max(p.version) into v_latest from public.policies as p where p.project_id = p_actor.project_id;
        perform private.fail('policy_stale', 409,
            format('The policy has changed: version %s is the latest, the edit was made on %s', coalesce(v_latest, 0), p_base_version),
            'bdh :policy show, then edit again',
            jsonb_build_object('latest_version', coalesce(v_latest, 0), 'base_version', p_base_version));
    end if;
    return v_row;
end;
$$;
comment on function private.add_policy is 'A new version on top of the latest, which must be p_base_version; policy_stale (409).';

create function private.edit_policy(p_project_id uuid, p_bundle jsonb, p_base_version int, p_note text)
returns jsonb
language plpgsql
security definer -- writes policies
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id, true);
begin
    return private.policy_json(private.add_policy(v_actor, private.checked_bundle(p_bundle), p_base_version, p_note));
end;
$$;
comment on function private.edit_policy is 'See public.edit_policy.';

create function public.edit_policy(
    p_bundle jsonb, p_base_version int, p_note text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.edit_policy(p_project_id, p_bundle, p_base_version, p_note);
$$;
comment on function public.edit_policy is
    'Propose a version made from p_base_version, not active yet: {version, …}; policy_stale (409) when there is a later one.';

create function private.switch_policy(p_actor private.actor_info, p_version int)
returns public.policies
language plpgsql
security definer -- writes policies
set search_path = ''
as $$
declare
    v_row public.policies;
begin
    -- One switch at a time: the partial unique index would refuse the second instead of ordering them.
    perform pg_advisory_xact_lock(hashtextextended(p_actor.project_id::text, 5));
    update public.policies as p set active = false where p.project_id = p_actor.project_id and p.active and p.version <> p_version;
    update public.policies as p set active = true, activated_at = now(), activated_by = private.actor_json(p_actor)
    where p.project_id = p_actor.project_id and p.version = p_version returning * into v_row;
    if not found then
        perform private.fail('not_found', 404, format('There is no version %s of the policy', p_version), 'bdh :policy history');
    end if;
    perform private.emit(p_actor.project_id, 'policy.activated', private.actor_json(p_actor), 'policy', p_version::text,
        jsonb_build_object('version', p_version, 'note', v_row.note));
    return v_row;
end;
$$;
comment on function private.switch_policy is 'Makes one version the active one and tells of it; not_found (404).';

create function private.activate_policy(p_project_id uuid, p_version int)
returns jsonb
language plpgsql
security definer -- writes policies
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'activate a policy');
    return private.policy_json(private.switch_policy(v_actor, p_version));
end;
$$;
comment on function private.activate_policy is 'See public.activate_policy.';

create function public.activate_policy(p_version int, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.activate_policy(p_project_id, p_version);
$$;
comment on function public.activate_policy is 'Put a version in force: the version; human_only. Emits policy.activated.';

create function private.reset_policy(p_project_id uuid)
returns jsonb
language plpgsql
security definer -- writes policies
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_row   public.policies;
begin
    perform private.require_human(v_actor, 'reset the policy');
    -- A new version rather than none: the history shows what was in force when.
    v_row := private.add_policy(v_actor, private.default_bundle(), (
        select coalesce(max(p.version), 0) from public.policies as p where p.project_id = v_actor.project_id), 'Reset to the default');
    return private.policy_json(private.switch_policy(v_actor, v_row.version));
end;
$$;
comment on function private.reset_policy is 'See public.reset_policy.';

create function public.reset_policy(p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.reset_policy(p_project_id);
$$;
comment on function public.reset_policy is 'Put bdh''s default policy in force as a new version: the version; human_only.';

create function private.list_policies(p_project_id uuid, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := private.page_limit(p_limit);
    v_below int := (private.read_page_cursor(p_cursor, 'policies') ->> 'version')::int;
    v_rows  jsonb[];
begin
    select array_agg(private.policy_json(x.policy) order by x.version desc) into v_rows from (
        select p as policy, p.version from public.policies as p
        where p.project_id = v_actor.project_id and (v_below is null or p.version < v_below)
        order by p.version desc limit v_limit + 1) as x;
    return jsonb_build_object(
        'policies', coalesce(to_jsonb(v_rows[1:v_limit]), '[]'),
        'active_version', private.active_bundle(v_actor.project_id) -> 'version',
        'next_cursor', case when cardinality(v_rows) > v_limit then private.page_cursor(
            jsonb_build_object('list', 'policies', 'version', v_rows[v_limit] -> 'version')) end);
end;
$$;
comment on function private.list_policies is 'See public.list_policies.';

create function public.list_policies(p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_policies(p_project_id, p_cursor, p_limit);
$$;
comment on function public.list_policies is
    'Versions of the policy, newest first: {policies, active_version, next_cursor}. Version 0, the default, is not listed.';

create function private.list_roles(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
begin
    return jsonb_build_object('next_cursor', null, 'roles', (
        select jsonb_agg(jsonb_build_object(
            'name', t.name, 'summary', t.summary, 'known', t.summary is not null, 'workspaces', t.aliases) order by t.name)
        from (
            select coalesce(r.key, w.role) as name, min(r.value ->> 'summary') as summary,
                coalesce(jsonb_agg(w.alias order by w.alias) filter (where w.id is not null), '[]') as aliases
            from jsonb_each(private.active_bundle(v_actor.project_id) -> 'roles') as r
            full join (
                select * from public.workspaces as x where x.project_id = v_actor.project_id and x.removed_at is null) as w
                on w.role = r.key
            group by 1) as t));
end;
$$;
comment on function private.list_roles is 'See public.list_roles.';

create function public.list_roles(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_roles(p_project_id);
$$;
comment on function public.list_roles is
    'Roles of the policy and of live workspaces: {roles: [{name, summary, known, workspaces: [alias]}], next_cursor}.';

revoke execute on function
    private.policy_json(public.policies), private.add_policy(private.actor_info, jsonb, int, text),
    private.edit_policy(uuid, jsonb, int, text), private.switch_policy(private.actor_info, int), private.activate_policy(uuid, int),
    private.reset_policy(uuid), private.list_policies(uuid, text, int), private.list_roles(uuid),
    public.edit_policy(jsonb, int, text, uuid), public.activate_policy(int, uuid), public.reset_policy(uuid),
    public.list_policies(text, int, uuid), public.list_roles(uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.edit_policy(uuid, jsonb, int, text), private.activate_policy(uuid, int), private.reset_policy(uuid),
    private.list_policies(uuid, text, int), private.list_roles(uuid),
    public.edit_policy(jsonb, int, text, uuid), public.activate_policy(int, uuid), public.reset_policy(uuid),
    public.list_policies(text, int, uuid), public.list_roles(uuid)
to authenticated;
