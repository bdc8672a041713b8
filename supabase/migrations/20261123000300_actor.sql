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
    v_user   uuid := auth.uid();
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
    -- still_there() asks about this one, whoever its user is by then.
    perform set_config('bdh.workspace', case v_actor.kind when 'workspace' then v_actor.id::text else '' end, true);
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
        perform private.bill(v_actor.project_id);
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

revoke execute on function
    private.current_project_ids(), private.member_project_ids(), private.current_actor_ids(), private.identify(uuid),
    private.viewer(uuid), private.actor(uuid, boolean), private.actor_json(private.actor_info),
    private.require_human(private.actor_info, text, text[])
from public, anon, authenticated, service_role;
grant execute on function private.current_project_ids(), private.member_project_ids(), private.current_actor_ids() to authenticated;

-- any (array(…)) and not in (…): the subquery is then evaluated once and its result can use an index.
create policy plans_select_all on public.plans for select to authenticated using (true);
create policy projects_select_member on public.projects for select to authenticated
    using (id = any (array(select private.current_project_ids())));
create policy members_select_member on public.members for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));
create policy repos_select_member on public.repos for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));
create policy workspaces_select_member on public.workspaces for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));
create policy presence_select_member on public.presence for select to authenticated
    using (workspace_id = any (array(
        select w.id from public.workspaces as w
        where w.project_id = any (array(select private.current_project_ids())))));
-- Only humans see invites; the token itself is not stored.
create policy invites_select_human on public.invites for select to authenticated
    using (project_id = any (array(select private.member_project_ids())));
