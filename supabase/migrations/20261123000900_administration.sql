-- What members do to workspaces and to each other; what a workspace says of itself.

create function private.remove_workspace(p_project_id uuid, p_alias text)
returns jsonb
language plpgsql
security definer -- writes workspaces
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_work  public.workspaces;
begin
    perform private.require_human(v_actor, 'remove a workspace');
    -- Claims take this lock shared and then look again whether their workspace is still there.
    perform private.lock_graph(v_actor.project_id, false);
    v_work := private.resolve_alias(v_actor.project_id, p_alias);
    -- After the calls that hold_place(); the update alone would pass them by.
    perform 1 from public.workspaces as w where w.id = v_work.id for update;
    -- Triggers end what it holds: claims, locks, waits.
    update public.workspaces as w set removed_at = now(), removed_by = private.actor_json(v_actor)
    where w.id = v_work.id and w.removed_at is null;
    if not found then
        perform private.fail('not_found', 404, format('No live workspace is called %s', p_alias), 'bdh :workspaces');
    end if;
    delete from public.invites as i
    where i.workspace_id = v_work.id or (i.project_id = v_work.project_id and i.created_by ->> 'id' = v_work.id::text);
    perform private.revoke_user(v_work.user_id);
    perform private.emit(v_actor.project_id, 'workspace.removed', private.actor_json(v_actor), 'workspace', v_work.id::text,
        jsonb_build_object('alias', v_work.alias));
    return private.workspace_by_id(v_work.id);
end;
$$;
comment on function private.remove_workspace is 'See public.remove_workspace.';

create function public.remove_workspace(p_alias text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.remove_workspace(p_project_id, p_alias);
$$;
comment on function public.remove_workspace is
    'End a workspace: its claims, locks and waits end, its token gets 410 for ever, its alias is free. Returns it; human_only.';

create function private.reattach_workspace(p_project_id uuid, p_alias text)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_work   public.workspaces;
    v_invite public.invites;
begin
    perform private.require_human(v_actor, 're-attach a workspace');
    v_work := private.resolve_alias(v_actor.project_id, p_alias);
    v_invite.project_id := v_actor.project_id;
    v_invite.kind := 'reattach';
    v_invite.workspace_id := v_work.id;
    v_invite.role := v_work.role;
    v_invite.alias := v_work.alias;
    v_invite.created_by := private.actor_json(v_actor);
    return private.mint_invite(v_invite, 3600);
end;
$$;
comment on function private.reattach_workspace is 'See public.reattach_workspace.';

create function public.reattach_workspace(p_alias text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.reattach_workspace(p_project_id, p_alias);
$$;
comment on function public.reattach_workspace is
    'A token (one use, one hour) with which join_project takes over a workspace whose session is lost: alias and claims stay; human_only.';

create function private.update_workspace(
    p_branch text, p_host text, p_focus text, p_path text, p_hostname text, p_human_name text)
returns jsonb
language plpgsql
security definer -- writes workspaces
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor();
    v_place jsonb := private.clean_place(
        jsonb_build_object('hostname', p_hostname, 'path', p_path, 'branch', p_branch, 'host', p_host));
begin
    perform private.require_workspace(v_actor);
    -- Null leaves a field as it is, an empty text clears it.
    update public.workspaces as w set
        branch = case when p_branch is null then w.branch else v_place ->> 'branch' end,
        host = case when p_host is null then w.host else v_place ->> 'host' end,
        path = case when p_path is null then w.path else v_place ->> 'path' end,
        hostname = case when p_hostname is null then w.hostname else v_place ->> 'hostname' end,
        focus = case when p_focus is null then w.focus
            else private.scrub(private.clean_line(p_focus, 500, 'The focus')) end,
        human_name = case when p_human_name is null then w.human_name
            else private.clean_line(p_human_name, 100, 'The human''s name') end
    where w.id = v_actor.id;
    return private.workspace_by_id(v_actor.id);
end;
$$;
comment on function private.update_workspace is 'See public.update_workspace.';

create function private.require_workspace(p_actor private.actor_info)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
    if p_actor.is_human then
        perform private.fail('workspace_only', 403, 'Only a workspace may do this', 'Run it in a directory that bdh :init has set up');
    end if;
end;
$$;
comment on function private.require_workspace is 'Refuses workspace_only (403) for members.';

create function public.update_workspace(
    p_branch text default null, p_host text default null, p_focus text default null, p_path text default null,
    p_hostname text default null, p_human_name text default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.update_workspace(p_branch, p_host, p_focus, p_path, p_hostname, p_human_name);
$$;
comment on function public.update_workspace is
    'What the calling workspace says of itself; null leaves a field as it is, an empty text clears it. Returns the workspace.';

create function private.renew_automatic_locks(p_workspace_id uuid, p_paths text[])
returns int
language sql
set search_path = ''
as $$
    select 0 where p_workspace_id is not null or p_paths is not null;
$$;
comment on function private.renew_automatic_locks is 'Replaced where reservations are made.';

create function private.heartbeat(p_branch text, p_host text, p_modified_paths text[])
returns jsonb
language plpgsql
security definer -- writes workspaces
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor();
    v_branch text := private.clean_line(p_branch, 1000, 'The branch');
    v_host   text := private.clean_line(p_host, 100, 'The agent host');
begin
    perform private.require_workspace(v_actor);
    update public.workspaces as w set branch = coalesce(v_branch, w.branch), host = coalesce(v_host, w.host)
    where w.id = v_actor.id
      and (w.branch is distinct from coalesce(v_branch, w.branch) or w.host is distinct from coalesce(v_host, w.host));
    return jsonb_build_object(
        'at', now(), 'renewed_locks', coalesce(private.renew_automatic_locks(v_actor.id, p_modified_paths), 0));
end;
$$;
comment on function private.heartbeat is 'See public.heartbeat.';

create function public.heartbeat(p_branch text default null, p_host text default null, p_modified_paths text[] default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.heartbeat(p_branch, p_host, p_modified_paths);
$$;
comment on function public.heartbeat is
    'The calling workspace is alive: {at, renewed_locks}. Renews its automatic locks on p_modified_paths, its modified files.';

create function private.member_json(p_member public.members)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('id', p_member.id, 'name', p_member.name, 'email', p_member.email, 'role', p_member.role,
        'created_at', p_member.created_at, 'last_seen', p_member.last_seen);
$$;
comment on function private.member_json is 'The wire shape of a member.';

create function private.list_members(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
begin
    return jsonb_build_object('next_cursor', null, 'members', (
        select coalesce(jsonb_agg(private.member_json(m) order by m.created_at, m.id), '[]')
        from public.members as m where m.project_id = v_actor.project_id));
end;
$$;
comment on function private.list_members is 'See public.list_members.';

create function public.list_members(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_members(p_project_id);
$$;
comment on function public.list_members is 'The project''s humans, oldest first: {members, next_cursor}.';

revoke execute on function
    private.remove_workspace(uuid, text), private.reattach_workspace(uuid, text),
    private.update_workspace(text, text, text, text, text, text), private.require_workspace(private.actor_info),
    private.renew_automatic_locks(uuid, text[]), private.heartbeat(text, text, text[]),
    private.member_json(public.members), private.list_members(uuid),
    public.remove_workspace(text, uuid), public.reattach_workspace(text, uuid),
    public.update_workspace(text, text, text, text, text, text), public.heartbeat(text, text, text[]), public.list_members(uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.remove_workspace(uuid, text), private.reattach_workspace(uuid, text),
    private.update_workspace(text, text, text, text, text, text), private.heartbeat(text, text, text[]),
    private.list_members(uuid),
    public.remove_workspace(text, uuid), public.reattach_workspace(text, uuid),
    public.update_workspace(text, text, text, text, text, text), public.heartbeat(text, text, text[]), public.list_members(uuid)
to authenticated;
