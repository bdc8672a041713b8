-- Projects and their settings, and the limits of plans that every insertion path checks.

create function private.check_limit(p_project_id uuid, p_what text, p_adding int default 1)
returns void
language plpgsql
security definer -- counts rows of the whole project
set search_path = ''
as $$
declare
    v_plan  public.plans;
    v_limit int;
    v_used  int;
begin
    select p.* into strict v_plan from public.plans as p
    inner join public.projects as o on o.plan = p.name where o.id = p_project_id;
    v_limit := case p_what
        when 'workspaces' then v_plan.max_workspaces when 'repos' then v_plan.max_repos
        when 'members' then v_plan.max_members end;
    if v_limit is null then
        return;
    end if;
    -- Count and insert must not interleave with another's; held until the insert is committed.
    perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 6));
    v_used := case p_what
        when 'workspaces' then (
            select count(*) from public.workspaces as w where w.project_id = p_project_id and w.removed_at is null)
        when 'repos' then (select count(*) from public.repos as r where r.project_id = p_project_id)
        else (select count(*) from public.members as m where m.project_id = p_project_id) end;
    if v_used + p_adding > v_limit then
        perform private.refuse_limit(v_plan.name, p_what, v_limit, v_used);
    end if;
end;
$$;
comment on function private.check_limit is
    'Refuses limit_exceeded (402) if p_adding more workspaces, repos or members exceed the project''s plan; call before inserting.';

create function private.refuse_limit(p_plan text, p_what text, p_limit bigint, p_used bigint)
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform private.fail('limit_exceeded', 402,
        format('The plan %s allows %s %s, %s in use', p_plan, p_limit, p_what, p_used),
        case p_what
            when 'workspaces' then 'Remove one that is over (bdh :workspaces remove ALIAS), or ask for a larger plan: bdh :plan'
            when 'members' then 'Let one go (bdh :members remove NAME), or ask for a larger plan: bdh :plan'
            when 'calls a month' then 'Closing, releasing and reading go on; the month''s end, or a larger plan, brings more: bdh :plan'
            else 'Ask whoever runs this backend for a larger plan: bdh :plan' end,
        jsonb_build_object('what', p_what, 'limit', p_limit, 'used', p_used, 'plan', p_plan));
end;
$$;
comment on function private.refuse_limit is 'Refuse with limit_exceeded (402): {what, limit, used, plan}.';

create function private.check_project_limit(p_user_id uuid, p_plan text)
returns void
language plpgsql
security definer -- counts projects by owner
set search_path = ''
as $$
declare
    v_limit int := (select p.max_projects from public.plans as p where p.name = p_plan);
    v_used  int;
begin
    if v_limit is null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended(p_user_id::text, 6));
    select count(*) into v_used from public.members as m
    inner join public.projects as o on o.id = m.project_id
    where m.user_id = p_user_id and m.role = 'owner' and o.plan = p_plan;
    if v_used >= v_limit then
        perform private.refuse_limit(p_plan, 'projects', v_limit, v_used);
    end if;
end;
$$;
comment on function private.check_project_limit is
    'Refuses limit_exceeded (402) if the user already owns as many projects as the plan allows.';

create function private.known_settings()
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select '{
        "stale_claim_after_seconds": {"type": "number", "default": 14400, "min": 60, "max": 31536000},
        "guard_mode": {"type": "string", "default": "warn", "allowed": ["warn", "block", "off"]},
        "edit_guard_mode": {"type": "string", "default": "deny", "allowed": ["deny", "warn", "off"]},
        "allow_siblings": {"type": "boolean", "default": true},
        "bead_commit_trailer": {"type": "boolean", "default": true},
        "export_on_commit": {"type": "boolean", "default": false}
    }'::jsonb;
$$;
comment on function private.known_settings is
    'Every project setting: type, default, allowed values. guard_mode: git hooks; edit_guard_mode: agent hosts.';

create function private.effective_settings(p_settings jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_object_agg(k.key, k.value -> 'default') || p_settings from jsonb_each(private.known_settings()) as k;
$$;
comment on function private.effective_settings is 'Stored settings over the defaults.';

create function private.project_setting(p_project_id uuid, p_key text)
returns jsonb
language sql
stable
security definer -- one value for other definers
set search_path = ''
as $$
    select coalesce(p.settings -> p_key, private.known_settings() #> array[p_key, 'default'])
    from public.projects as p where p.id = p_project_id;
$$;
comment on function private.project_setting is 'One setting of a project, its default when not set.';

create function private.checked_settings(p_stored jsonb, p_changes jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_key   text;
    v_value jsonb;
    v_rule  jsonb;
begin
    if jsonb_typeof(p_changes) <> 'object' then
        perform private.fail('bad_setting', 400, 'Settings are a JSON object of names and values');
    end if;
    for v_key, v_value in select e.key, e.value from jsonb_each(p_changes) as e loop
        v_rule := private.known_settings() -> v_key;
        if v_rule is null then
            perform private.fail('bad_setting', 400, format('There is no setting %s', v_key), 'bdh :project settings',
                jsonb_build_object('known', private.known_settings()));
        elsif v_value = 'null' then
            p_stored := p_stored - v_key;
            continue;
        elsif jsonb_typeof(v_value) <> v_rule ->> 'type'
            or not coalesce(v_rule -> 'allowed' @> v_value, true)
            or (v_rule ? 'min' and not (v_value::numeric between (v_rule -> 'min')::numeric and (v_rule -> 'max')::numeric)) then
            perform private.fail('bad_setting', 400, format('%s cannot be %s', v_key, v_value), coalesce(
                (select format('bdh :project settings %s=%s', v_key, string_agg(a, '|')) from jsonb_array_elements_text(v_rule -> 'allowed') as a),
                format('It is a %s', v_rule ->> 'type') || format(' from %s to %s', v_rule -> 'min', v_rule -> 'max'),
                format('It is a %s', v_rule ->> 'type')),
                jsonb_build_object('key', v_key, 'rule', v_rule));
        end if;
        p_stored := p_stored || jsonb_build_object(v_key, v_value);
    end loop;
    return p_stored;
end;
$$;
comment on function private.checked_settings is 'p_stored with the changes, null meaning the default; bad_setting (400).';

create function private.project_json(p_project_id uuid, p_role text)
returns jsonb
language sql
stable
security definer -- a joining user may not see the project yet
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p.id, 'slug', p.slug, 'name', p.name, 'prefix', p.prefix, 'plan', p.plan,
        'settings', private.effective_settings(p.settings), 'role', p_role, 'created_at', p.created_at)
    from public.projects as p where p.id = p_project_id;
$$;
comment on function private.project_json is 'The wire shape of a project; role is the caller''s in it.';

create type private.human_info as (user_id uuid, email text, name text);
comment on type private.human_info is 'A signed-in human before membership.';

create function private.lock_user()
returns void
language plpgsql
set search_path = ''
as $$
begin
    if auth.uid() is not null then
        perform pg_advisory_xact_lock(hashtextextended(auth.uid()::text, 9));
    end if;
end;
$$;
comment on function private.lock_user is
    'One call at a time in which the calling user becomes something: a workspace, a member. Before every other lock.';

create function private.signed_in_human(p_what text)
returns private.human_info
language plpgsql
security definer -- reads auth.users and every workspace
set search_path = ''
as $$
declare
    v_user  uuid := (select auth.uid());
    v_row   auth.users;
    v_name  text;
begin
    if v_user is null then
        perform private.fail('not_signed_in', 401, 'This call needs a signed-in human', 'bdh :login EMAIL');
    end if;
    perform private.lock_user();
    select u.* into v_row from auth.users as u where u.id = v_user;
    if not found or v_row.is_anonymous
        or exists (select 1 from public.workspaces as w where w.user_id = v_user) then
        perform private.fail('human_only', 403, format('Only a human may %s', p_what), 'bdh :login EMAIL');
    elsif v_row.email_confirmed_at is null or v_row.email is null then
        perform private.fail('verified_email_required', 403, format('Only a human with a verified e-mail may %s', p_what),
            'bdh :login EMAIL');
    end if;
    v_name := left(coalesce(
        private.clean_line((select auth.jwt()) #>> '{user_metadata,name}', 1000, 'The name'), split_part(v_row.email, '@', 1)), 100);
    return (v_user, lower(v_row.email), v_name);
end;
$$;
comment on function private.signed_in_human is 'The calling human, member of nothing perhaps; human_only, verified_email_required (403).';

create function private.create_project(p_slug text, p_name text, p_prefix text, p_if_absent boolean)
returns jsonb
language plpgsql
security definer -- the only way a project and its first member come to be
set search_path = ''
as $$
declare
    v_human private.human_info := private.signed_in_human('create a project');
    v_plan  text := private.setting('default_plan') #>> '{}';
    v_slug  text := lower(trim(p_slug));
    v_id    uuid;
    v_role  text;
begin
    if v_slug is null or v_slug !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' then
        perform private.fail('bad_slug', 400,
            'A project''s slug is 1 to 63 of a-z, 0-9 and dashes, with no dash first or last', null, to_jsonb(p_slug));
    elsif coalesce(p_prefix, 'bd') !~ '^[a-z][a-z0-9]{0,15}$' then
        perform private.fail('bad_prefix', 400, 'A prefix is up to 16 of a-z and 0-9, a letter first', null, to_jsonb(p_prefix));
    end if;
    insert into public.projects (slug, name, prefix, plan, created_by)
    values (v_slug, coalesce(private.clean_line(p_name, 200, 'The name'), v_slug), coalesce(p_prefix, 'bd'), v_plan, v_human.user_id)
    on conflict (slug) do nothing returning id into v_id;
    if v_id is not null then
        perform private.check_project_limit(v_human.user_id, v_plan);
        insert into public.members (project_id, user_id, role, name, email)
        values (v_id, v_human.user_id, 'owner', v_human.name, v_human.email);
        return private.project_json(v_id, 'owner') || '{"created": true}';
    end if;
    select p.id, m.role into v_id, v_role from public.projects as p
    inner join public.members as m on m.project_id = p.id
    where p.slug = v_slug and m.user_id = v_human.user_id;
    if v_id is null or not coalesce(p_if_absent, false) then
        perform private.fail('slug_taken', 409, format('There is already a project %s', v_slug), 'Choose another slug');
    end if;
    return private.project_json(v_id, v_role) || '{"created": false}';
end;
$$;
comment on function private.create_project is 'See public.create_project.';

create function public.create_project(
    p_slug text, p_name text default null, p_prefix text default 'bd', p_if_absent boolean default false)
returns jsonb
language sql
set search_path = ''
as $$
    select private.create_project(p_slug, p_name, p_prefix, p_if_absent);
$$;
comment on function public.create_project is
    'A new project with the caller, a human with a verified e-mail, as owner. p_if_absent: the caller''s own one instead of slug_taken.';

create function private.changed_settings(p_before jsonb, p_after jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(a.key, jsonb_build_object('from', b.value, 'to', a.value)), '{}')
    from jsonb_each(private.effective_settings(p_after)) as a
    join jsonb_each(private.effective_settings(p_before)) as b on b.key = a.key
    where a.value <> b.value;
$$;
comment on function private.changed_settings is 'Which settings have another effect: {name: {from, to}}.';

create function private.project_settings(p_project_id uuid, p_changes jsonb)
returns jsonb
language plpgsql
security definer -- writes projects
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_before jsonb;
    v_after  jsonb;
begin
    if p_changes is not null then
        perform private.require_human(v_actor, 'change a project''s settings', array['owner', 'admin']);
        -- Read under the row's lock, so that two changes at once both stay.
        select p.settings into v_before from public.projects as p where p.id = v_actor.project_id for no key update;
        v_after := private.checked_settings(v_before, p_changes);
        perform private.emit(v_actor.project_id, 'project.updated', private.actor_json(v_actor), 'project',
            v_actor.project_id::text, jsonb_build_object('settings', d.changed))
        from (select private.changed_settings(v_before, v_after) as changed) as d where d.changed <> '{}';
        update public.projects as p set settings = v_after where p.id = v_actor.project_id and v_after <> v_before;
    end if;
    return private.project_json(v_actor.project_id, v_actor.role);
end;
$$;
comment on function private.project_settings is 'See public.project_settings.';

create function public.project_settings(p_changes jsonb default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.project_settings(p_project_id, p_changes);
$$;
comment on function public.project_settings is
    'The project with its effective settings, after p_changes {name: value|null} by an owner or admin.';

revoke execute on function
    private.check_limit(uuid, text, int), private.refuse_limit(text, text, bigint, bigint),
    private.check_project_limit(uuid, text), private.known_settings(), private.effective_settings(jsonb),
    private.project_setting(uuid, text), private.checked_settings(jsonb, jsonb),
    private.changed_settings(jsonb, jsonb), private.project_json(uuid, text),
    private.lock_user(), private.signed_in_human(text), private.create_project(text, text, text, boolean),
    private.project_settings(uuid, jsonb), public.create_project(text, text, text, boolean), public.project_settings(jsonb, uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.create_project(text, text, text, boolean), private.project_settings(uuid, jsonb),
    public.create_project(text, text, text, boolean), public.project_settings(jsonb, uuid)
to authenticated;
