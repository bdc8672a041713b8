-- Policies: versioned guidance of a project (invariants, one playbook per role, rules the guard enforces).
-- Anybody in the project may propose a version; only humans activate one. Version 0 is bdh's own default.

create table public.policies (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null references public.projects (id) on delete cascade,
    version      int not null,
    bundle       jsonb not null,
    note         text,
    active       boolean not null default false,
    created_at   timestamptz not null default now(),
    created_by   jsonb not null,
    activated_at timestamptz,
    activated_by jsonb,
    constraint policies_version_check check (version > 0),
    constraint policies_version_key unique (project_id, version)
);
create unique index policies_active_idx on public.policies (project_id) where active;
comment on table public.policies is 'Versions of a project''s policy; without an active one the default applies.';

alter table public.policies enable row level security;
revoke all on public.policies from public, anon, authenticated, service_role;
grant select on public.policies to authenticated;
grant all on public.policies to service_role;
create policy policies_select_member on public.policies for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create function private.active_bundle(p_project_id uuid)
returns jsonb
language sql
stable
security definer -- one reading path for definers
set search_path = ''
as $$
    select coalesce(
        (select p.bundle || jsonb_build_object('version', p.version)
        from public.policies as p where p.project_id = p_project_id and p.active),
        private.default_bundle() || '{"version": 0}');
$$;
comment on function private.active_bundle is 'The bundle in force with its version.';

create function private.checked_rules(p_rules jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_rule jsonb;
    v_max  jsonb := p_rules -> 'max_files_per_claim';
begin
    if jsonb_typeof(p_rules) <> 'object' or exists (
        select 1 from jsonb_object_keys(p_rules) as k where k not in ('protected_paths', 'max_files_per_claim')) then
        perform private.fail('bad_policy', 400, 'Rules are protected_paths and max_files_per_claim');
    elsif jsonb_typeof(coalesce(p_rules -> 'protected_paths', '[]')) <> 'array'
        or jsonb_array_length(coalesce(p_rules -> 'protected_paths', '[]')) > 100 then
        perform private.fail('bad_policy', 400, 'protected_paths is a list of at most 100 rules');
    elsif v_max is not null and v_max <> 'null'
        and (jsonb_typeof(v_max) <> 'number' or not v_max::numeric between 1 and 100000 or v_max::numeric % 1 <> 0) then
        perform private.fail('bad_policy', 400, 'max_files_per_claim is a number of files, or null');
    end if;
    for v_rule in select r from jsonb_array_elements(coalesce(p_rules -> 'protected_paths', '[]')) as r loop
        if jsonb_typeof(v_rule) <> 'object' or jsonb_typeof(v_rule -> 'glob') is distinct from 'string'
            or not length(v_rule ->> 'glob') between 1 and 200
            or coalesce(v_rule ->> 'action', '') not in ('warn', 'deny', 'ask') then
            perform private.fail('bad_policy', 400, 'A protected path is {glob, action: warn, deny or ask, reason}', null, v_rule);
        end if;
    end loop;
    return jsonb_build_object('max_files_per_claim', v_max, 'protected_paths', (
        select coalesce(jsonb_agg(jsonb_build_object('glob', r ->> 'glob', 'action', r ->> 'action',
            'reason', private.scrub(private.clean_line(r ->> 'reason', 500, 'The reason')))), '[]')
        from jsonb_array_elements(coalesce(p_rules -> 'protected_paths', '[]')) as r));
end;
$$;
comment on function private.checked_rules is 'The machine rules of a bundle, completed; bad_policy (400).';

create function private.checked_bundle(p_bundle jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
    if coalesce(jsonb_typeof(p_bundle), 'null') <> 'object' or exists (
        select 1 from jsonb_object_keys(p_bundle) as k where k not in ('invariants', 'roles', 'rules', 'version')) then
        perform private.fail('bad_policy', 400, 'A policy is {invariants: [text], roles: {role: {summary, playbook}}, rules}');
    elsif length(p_bundle::text) > 200000 then
        perform private.fail('too_long', 400, 'A policy has at most 200000 characters');
    elsif jsonb_typeof(p_bundle -> 'invariants') is distinct from 'array'
        or exists (select 1 from jsonb_array_elements(p_bundle -> 'invariants') as i where jsonb_typeof(i) <> 'string') then
        perform private.fail('bad_policy', 400, 'invariants is a list of texts');
    elsif jsonb_typeof(p_bundle -> 'roles') is distinct from 'object' or p_bundle -> 'roles' = '{}' or exists (
        select 1 from jsonb_each(p_bundle -> 'roles') as r
        where jsonb_typeof(r.value) <> 'object' or jsonb_typeof(r.value -> 'playbook') is distinct from 'string'
           or private.checked_role(r.key) <> r.key) then
        perform private.fail('bad_policy', 400, 'roles is an object of roles in lower case, each {summary, playbook}');
    end if;
    return jsonb_build_object(
        'invariants', (select coalesce(jsonb_agg(private.scrub(i) order by n), '[]')
            from jsonb_array_elements_text(p_bundle -> 'invariants') with ordinality as t (i, n)),
        'roles', (select jsonb_object_agg(r.key, jsonb_build_object(
                'summary', coalesce(private.scrub(private.clean_line(r.value ->> 'summary', 300, 'A summary')), ''),
                'playbook', private.scrub(r.value ->> 'playbook')))
            from jsonb_each(p_bundle -> 'roles') as r),
        'rules', private.checked_rules(coalesce(p_bundle -> 'rules', '{}')));
end;
$$;
comment on function private.checked_bundle is 'A well-formed bundle without secrets; bad_policy, too_long (400).';

create function private.glob_pattern(p_glob text)
returns text
language sql
immutable
set search_path = ''
as $$
    -- As in .gitignore: without a slash in front of the last character a glob holds at any depth, with one
    -- at the end for what is below. **/ is any directories, ** anything, * and ? stay within a name.
    select '^' || replace(replace(replace(replace(replace(replace(
        regexp_replace(g.glob, '([.+^$(){}|\[\]\\])', '\\\1', 'g'),
        '**/', chr(1)), '**', chr(2)), '*', '[^/]*'), '?', '[^/]'), chr(1), '(.*/)?'), chr(2), '.*') || '$'
    from (
        select case when position('/' in rtrim(p_glob, '/')) = 0 then '**/' else '' end || ltrim(p_glob, '/')
            || case when p_glob like '%/' then '**' else '' end as glob) as g;
$$;
comment on function private.glob_pattern is 'The glob of a protected path as a regular expression.';

create function private.guard_json(p_project_id uuid, p_paths text[])
returns jsonb
language sql
stable
security definer -- reads the project's settings and policy
set search_path = ''
as $$
    with bundle as materialized (
        select private.active_bundle(p_project_id) as b
    ), rules as materialized (
        select r.n, r.rule, private.glob_pattern(r.rule ->> 'glob') as pattern
        from bundle cross join lateral jsonb_array_elements(b #> '{rules,protected_paths}') with ordinality as r (rule, n)
    )
    select jsonb_build_object(
        'mode', private.project_setting(p_project_id, 'guard_mode'),
        'edit_mode', private.project_setting(p_project_id, 'edit_guard_mode'),
        'export_on_commit', private.project_setting(p_project_id, 'export_on_commit'),
        'max_files_per_claim', (select b #> '{rules,max_files_per_claim}' from bundle),
        -- Of several rules on one path the first counts.
        'protected', case when exists (select 1 from rules) then (
            select coalesce(jsonb_agg(jsonb_build_object('path', t.path) || t.rule order by t.place), '[]')
            from (
                select distinct on (p.place) p.place, p.path, r.rule
                from unnest(p_paths) with ordinality as p (path, place)
                inner join rules as r on p.path ~ r.pattern
                order by p.place, r.n) as t) else '[]' end);
$$;
comment on function private.guard_json is
    'What the guard goes by: {mode (git), edit_mode (agent hosts), export_on_commit, max_files_per_claim, '
    'protected: [{path, glob, action, reason}]}.';

create function private.get_policy(p_project_id uuid, p_role text, p_version int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.viewer(p_project_id);
    v_active jsonb := private.active_bundle(v_actor.project_id);
    v_bundle jsonb := v_active;
    v_role   text := coalesce(private.checked_role(p_role), case when v_actor.is_human then 'coordinator' else v_actor.role end);
    v_latest int;
begin
    select coalesce(max(p.version), 0) into v_latest from public.policies as p where p.project_id = v_actor.project_id;
    if p_version = 0 then
        v_bundle := private.default_bundle() || '{"version": 0}';
    elsif p_version is not null then
        select p.bundle || jsonb_build_object('version', p.version) into v_bundle
        from public.policies as p where p.project_id = v_actor.project_id and p.version = p_version;
        if not found then
            perform private.fail('not_found', 404, format('There is no version %s of the policy', p_version), 'bdh :policy history');
        end if;
    end if;
    return jsonb_build_object(
        'version', v_bundle -> 'version', 'active', v_bundle -> 'version' = v_active -> 'version', 'latest_version', v_latest,
        'role', v_role, 'known_role', v_bundle -> 'roles' ? v_role,
        'invariants', v_bundle -> 'invariants', 'playbook', v_bundle #> array['roles', v_role, 'playbook'],
        'roles', (select jsonb_agg(r order by r) from jsonb_object_keys(v_bundle -> 'roles') as r),
        'rules', v_bundle -> 'rules', 'bundle', v_bundle - 'version');
end;
$$;
comment on function private.get_policy is 'See public.get_policy.';

create function public.get_policy(p_role text default null, p_version int default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.get_policy(p_project_id, p_role, p_version);
$$;
comment on function public.get_policy is
    'The active policy, or p_version: {version, active, latest_version, role, known_role, invariants, playbook, roles, rules, bundle}.';

revoke execute on function
    private.active_bundle(uuid), private.checked_rules(jsonb), private.checked_bundle(jsonb), private.glob_pattern(text),
    private.guard_json(uuid, text[]), private.get_policy(uuid, text, int), public.get_policy(text, int, uuid)
from public, anon, authenticated, service_role;
grant execute on function private.get_policy(uuid, text, int), public.get_policy(text, int, uuid) to authenticated;
