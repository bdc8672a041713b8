-- Who is calling: membership helpers for the policies, private.actor() for every write, private.viewer() for reads.

create type private.actor_info as (
    user_id      uuid,
    kind         text,
    id           uuid,
    name         text,
    project_id   uuid,
    role         text,
    repo_id      uuid,
    human_name   text,
    is_human     boolean
);
comment on type private.actor_info is 'Who acts: kind workspace|member, id of that row, role (workspace role or member role).';

create function private.current_project_ids()
returns setof uuid
language sql
stable
security definer -- policies call it; reading members and workspaces under their own policies would recurse
set search_path = ''
as $$
    select m.project_id from public.members as m where m.user_id = (select auth.uid())
    union
    select w.project_id from public.workspaces as w where w.user_id = (select auth.uid()) and w.removed_at is null;
$$;
comment on function private.current_project_ids is 'Projects that the caller belongs to, as a member or as a live workspace.';

create function private.member_project_ids()
returns setof uuid
language sql
stable
security definer -- see current_project_ids
set search_path = ''
as $$
    select m.project_id from public.members as m where m.user_id = (select auth.uid());
$$;
comment on function private.member_project_ids is 'Projects whose human member the caller is.';

create function private.current_actor_ids()
returns setof uuid
language sql
stable
security definer -- see current_project_ids
set search_path = ''
as $$
    select m.id from public.members as m where m.user_id = (select auth.uid())
    union
    select w.id from public.workspaces as w where w.user_id = (select auth.uid()) and w.removed_at is null;
$$;
comment on function private.current_actor_ids is 'Ids under which the caller takes part: its workspace, its memberships.';

create function private.identify(p_project_id uuid)
returns private.actor_info
language plpgsql
stable
security definer -- looks the caller up in tables it may not see yet (a stranger gets 403, not an empty list)
set search_path = ''
as $$
declare
    v_user   uuid := (select auth.uid());
    v_actor  private.actor_info;
    v_work   public.workspaces;
    v_member public.members;
    v_count  int;
begin
    if v_user is null then
        perform private.fail('not_signed_in', 401, 'This call needs a signed-in workspace or member', 'bdh :init');
    end if;
    select * into v_work from public.workspaces as w where w.user_id = v_user;
    if found then
        if v_work.removed_at is not null then
            perform private.fail('workspace_gone', 410,
                format('Workspace %s was removed from its project', v_work.alias), 'bdh :init');
        end if;
        if p_project_id is not null and p_project_id <> v_work.project_id then
            perform private.fail('not_member', 403, 'This workspace belongs to another project');
        end if;
        v_actor := (v_user, 'workspace', v_work.id, v_work.alias, v_work.project_id, v_work.role,
            v_work.repo_id, v_work.human_name, false);
        return v_actor;
    end if;
    select count(*) into v_count from public.members as m
    where m.user_id = v_user and (p_project_id is null or m.project_id = p_project_id);
    if v_count = 0 then
        perform private.fail('not_member', 403, 'You are not a member of this project', 'bdh :join TOKEN, or bdh :init');
    elsif v_count > 1 then
        perform private.fail('project_required', 400, 'You are a member of several projects: name one with p_project_id',
            'bdh :whoami lists them');
    end if;
    select * into v_member from public.members as m
    where m.user_id = v_user and (p_project_id is null or m.project_id = p_project_id);
    v_actor := (v_user, 'member', v_member.id, v_member.name, v_member.project_id, v_member.role, null, v_member.name, true);
    return v_actor;
end;
$$;
comment on function private.identify is 'Who calls, in which project; 401, 403 not_member, 410 workspace_gone, 400 project_required.';

create function private.viewer(p_project_id uuid default null)
returns private.actor_info
language sql
stable
set search_path = ''
as $$
    select * from private.identify(p_project_id);
$$;
comment on function private.viewer is 'First statement of every reading function: who is calling, or a refusal. Writes nothing.';

create function private.actor(p_project_id uuid default null, p_billed boolean default false)
returns private.actor_info
language plpgsql
security definer -- refreshes presence and counts the call on the caller's behalf
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.identify(p_project_id);
begin
    if v_actor.kind = 'workspace' then
        -- skip locked: two calls of one workspace never wait for each other here (product.md §2.4)
        update public.presence as p set last_seen = now()
        where p.workspace_id in (
            select q.workspace_id from public.presence as q
            where q.workspace_id = v_actor.id and q.last_seen < now() - interval '5 seconds'
            for update skip locked);
    else
        update public.members as m set last_seen = now()
        where m.id in (
            select q.id from public.members as q
            where q.id = v_actor.id and (q.last_seen is null or q.last_seen < now() - interval '60 seconds')
            for update skip locked);
    end if;
    if p_billed then
        insert into private.api_calls (project_id) values (v_actor.project_id);
    end if;
    return v_actor;
end;
$$;
comment on function private.actor is
    'First statement of every writing function: who is calling, or a refusal; refreshes last_seen; p_billed counts one API call.';

create function private.actor_json(p_actor private.actor_info)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('kind', p_actor.kind, 'id', p_actor.id, 'name', p_actor.name);
$$;
comment on function private.actor_json is 'The one shape of an actor on the wire: {kind, id, name}.';

create function private.require_human(p_actor private.actor_info, p_what text, p_roles text[] default null)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
    if not p_actor.is_human then
        perform private.fail('human_only', 403, format('Only a human member may %s', p_what), 'Ask a human: bdh :escalate');
    end if;
    if p_roles is not null and not p_actor.role = any (p_roles) then
        perform private.fail('role_required', 403,
            format('Only %s may %s', array_to_string(p_roles, ' or '), p_what));
    end if;
end;
$$;
comment on function private.require_human is
    'Refuses human_only (403) for workspaces, role_required (403) for members without one of p_roles.';

create function private.presence_of(p_last_seen timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
    select case
        when p_last_seen > now() - interval '5 minutes' then 'active'
        when p_last_seen > now() - interval '30 minutes' then 'idle'
        else 'offline' end;
$$;
comment on function private.presence_of is 'active < 5 min, idle < 30 min, else offline (product.md §2.4).';

create function private.short_alias(p_workspace_id uuid)
returns text
language sql
stable
security definer -- compares with every live alias of the project
set search_path = ''
as $$
    select coalesce((
        select string_agg(t.part, '-' order by t.n)
        from unnest(string_to_array(w.alias, '-')) with ordinality as t (part, n)
        where t.n <= (
            select min(k) from generate_series(1, cardinality(string_to_array(w.alias, '-'))) as k
            where not exists (
                select 1 from public.workspaces as o
                where o.project_id = w.project_id and o.removed_at is null and o.id <> w.id
                  and (o.alias || '-') like array_to_string((string_to_array(w.alias, '-'))[1:k], '-') || '-%'))
    ), w.alias)
    from public.workspaces as w where w.id = p_workspace_id;
$$;
comment on function private.short_alias is
    'The shortest dash-prefix of the alias that names no other live workspace, else the whole alias.';

create function private.resolve_alias(p_project_id uuid, p_text text)
returns public.workspaces
language plpgsql
stable
security definer -- used by definers only
set search_path = ''
as $$
declare
    v_found public.workspaces;
    v_names text[];
    v_text  text := lower(trim(p_text));
begin
    select * into v_found from public.workspaces as w
    where w.project_id = p_project_id and w.alias = v_text and w.removed_at is null;
    if found then
        return v_found;
    end if;
    select array_agg(w.alias order by w.alias) into v_names from public.workspaces as w
    where w.project_id = p_project_id and w.removed_at is null
      and left(w.alias, length(v_text) + 1) = v_text || '-';
    if cardinality(v_names) = 1 then
        select * into v_found from public.workspaces as w
        where w.project_id = p_project_id and w.alias = v_names[1] and w.removed_at is null;
        return v_found;
    elsif cardinality(v_names) > 1 then
        perform private.fail('ambiguous_alias', 409, format('%s could be %s', p_text, array_to_string(v_names, ', ')),
            'Type more of the alias', jsonb_build_object('candidates', v_names));
    end if;
    perform private.fail('not_found', 404, format('No live workspace is called %s', p_text), 'bdh :workspaces',
        jsonb_build_object('alias', p_text));
end;
$$;
comment on function private.resolve_alias is
    'The live workspace with this alias or unambiguous dash-prefix; ambiguous_alias (409), not_found (404).';

create function private.lock_graph(p_project_id uuid, p_shared boolean)
returns void
language plpgsql
set search_path = ''
as $$
begin
    -- Taken before any bead row: dependency and parent edits exclusively, claims and closes shared.
    if p_shared then
        perform pg_advisory_xact_lock_shared(hashtextextended(p_project_id::text, 1));
    else
        perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 1));
    end if;
end;
$$;
comment on function private.lock_graph is 'The per-project lock on the shape of the bead graph (product.md §2, Locks).';

create function private.replayed(p_actor private.actor_info, p_key text, p_fn text)
returns jsonb
language plpgsql
security definer -- writes the private key table
set search_path = ''
as $$
declare
    v_row private.idempotency_keys;
begin
    if p_key is null then
        return null;
    end if;
    -- The insert waits for a call with the same key still in flight; then either it is ours or its result stands.
    insert into private.idempotency_keys (user_id, key, fn) values (p_actor.user_id, p_key, p_fn)
    on conflict (user_id, key) do nothing;
    if found then
        return null;
    end if;
    select * into v_row from private.idempotency_keys as k where k.user_id = p_actor.user_id and k.key = p_key;
    if v_row.fn <> p_fn then
        perform private.fail('conflict', 409, format('This idempotency key was used for %s', v_row.fn));
    end if;
    return coalesce(v_row.result, '{}') || '{"replayed": true}';
end;
$$;
comment on function private.replayed is 'Null for a new key (now taken), else the stored result of the first call with it.';

create function private.remember(p_actor private.actor_info, p_key text, p_result jsonb)
returns jsonb
language plpgsql
security definer -- writes the private key table
set search_path = ''
as $$
begin
    if p_key is not null then
        update private.idempotency_keys as k set result = p_result
        where k.user_id = p_actor.user_id and k.key = p_key;
    end if;
    return p_result;
end;
$$;
comment on function private.remember is 'Stores and returns the result of a call made with an idempotency key.';

revoke execute on all functions in schema private from public, anon, authenticated, service_role;
grant execute on function private.fail(text, int, text, text, jsonb, jsonb) to authenticated, service_role;
grant execute on function private.current_project_ids(), private.member_project_ids(), private.current_actor_ids() to authenticated;

create policy plans_select_all on public.plans for select to authenticated using (true);
create policy projects_select_member on public.projects for select to authenticated
    using (id in (select private.current_project_ids()));
create policy members_select_member on public.members for select to authenticated
    using (project_id in (select private.current_project_ids()));
create policy repos_select_member on public.repos for select to authenticated
    using (project_id in (select private.current_project_ids()));
create policy workspaces_select_member on public.workspaces for select to authenticated
    using (project_id in (select private.current_project_ids()));
create policy presence_select_member on public.presence for select to authenticated
    using (workspace_id in (
        select w.id from public.workspaces as w where w.project_id in (select private.current_project_ids())));
-- Only humans see invites; the token itself is not stored.
create policy invites_select_human on public.invites for select to authenticated
    using (project_id in (select private.member_project_ids()));
