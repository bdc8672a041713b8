-- Members among themselves: roles, leaving, handing a project over.

create function private.lock_member(p_project_id uuid, p_member_id uuid)
returns public.members
language plpgsql
security definer -- locks rows of members
set search_path = ''
as $$
declare
    v_viewer private.actor_info := private.viewer(p_project_id);
    v_member public.members;
begin
    perform private.require_human(v_viewer, 'manage members');
    -- Both rows in id order before actor() writes the caller's: two members acting on each other must not deadlock.
    perform 1 from public.members as m
    where m.project_id = v_viewer.project_id and m.id in (v_viewer.id, p_member_id) order by m.id for update;
    select * into v_member from public.members as m where m.id = p_member_id and m.project_id = v_viewer.project_id;
    if not found then
        perform private.fail('not_found', 404, 'There is no such member');
    end if;
    return v_member;
end;
$$;
comment on function private.lock_member is
    'A member of the caller''s project, locked together with the caller: call actor() afterwards for the caller''s role; not_found (404).';

create function private.update_member(p_project_id uuid, p_member_id uuid, p_role text)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_member public.members := private.lock_member(p_project_id, p_member_id);
    v_actor  private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'change a member''s role', array['owner']);
    if coalesce(p_role, '') not in ('admin', 'member') then
        perform private.fail('bad_role', 400, 'A member is admin or member; ownership is transferred', null, to_jsonb(p_role));
    elsif v_member.role = 'owner' then
        perform private.fail('conflict', 409, 'The owner stays owner until the project is handed over');
    end if;
    if v_member.role <> p_role then
        update public.members as m set role = p_role where m.id = p_member_id;
        perform private.emit(v_member.project_id, 'member.role_changed', private.actor_json(v_actor), 'member', v_member.id::text,
            jsonb_build_object('name', v_member.name, 'from', v_member.role, 'to', p_role));
        v_member.role := p_role;
    end if;
    return private.member_json(v_member);
end;
$$;
comment on function private.update_member is 'See public.update_member.';

create function public.update_member(p_member_id uuid, p_role text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.update_member(p_project_id, p_member_id, p_role);
$$;
comment on function public.update_member is 'Make a member admin or member, by the owner. Returns the member.';

create function private.end_membership(p_member public.members, p_actor private.actor_info)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_aliases jsonb;
    v_invites int;
begin
    -- Before the member's workspaces are touched: who removes one of them has the locks in this order.
    perform private.lock_graph(p_member.project_id, false);
    select coalesce(jsonb_agg(w.alias order by w.alias), '[]') into v_aliases
    from public.workspaces as w where w.member_id = p_member.id and w.removed_at is null;
    delete from public.members as m where m.id = p_member.id;
    -- Nobody comes in any more by what this human handed out.
    delete from public.invites as i
    where i.project_id = p_member.project_id and i.created_by ->> 'id' = p_member.id::text;
    get diagnostics v_invites = row_count;
    perform private.revoke_user(p_member.user_id);
    perform private.emit(p_member.project_id, 'member.removed', private.actor_json(p_actor), 'member', p_member.id::text,
        jsonb_build_object('name', p_member.name, 'role', p_member.role, 'left', p_member.id = p_actor.id,
            'invites_revoked', v_invites));
    return private.member_json(p_member) || jsonb_build_object('removed', true, 'workspaces', v_aliases);
end;
$$;
comment on function private.end_membership is 'Deletes a member and its invites; names the workspaces it leaves behind.';

create function private.remove_member(p_project_id uuid, p_member_id uuid)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_member public.members := private.lock_member(p_project_id, p_member_id);
    v_actor  private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'remove a member', array['owner', 'admin']);
    if v_member.role = 'owner' or (v_member.role = 'admin' and v_actor.role <> 'owner' and v_member.id <> v_actor.id) then
        perform private.fail('role_required', 403, 'Nobody removes the owner, and only the owner an admin');
    end if;
    return private.end_membership(v_member, v_actor);
end;
$$;
comment on function private.remove_member is 'See public.remove_member.';

create function public.remove_member(p_member_id uuid, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.remove_member(p_project_id, p_member_id);
$$;
comment on function public.remove_member is
    'Take a human out of the project: the member with {removed, workspaces: aliases of live workspaces that belong to it and stay}.';

create function private.leave_project(p_project_id uuid)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_member public.members := private.lock_member(p_project_id, (private.viewer(p_project_id)).id);
    v_actor  private.actor_info := private.actor(p_project_id);
begin
    if v_member.role = 'owner' then
        perform private.fail('conflict', 409, 'The owner cannot leave before handing the project over');
    end if;
    return private.end_membership(v_member, v_actor);
end;
$$;
comment on function private.leave_project is 'See public.leave_project.';

create function public.leave_project(p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.leave_project(p_project_id);
$$;
comment on function public.leave_project is 'End the caller''s own membership; the owner hands over first (conflict).';

create function private.transfer_ownership(p_project_id uuid, p_member_id uuid)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_member public.members := private.lock_member(p_project_id, p_member_id);
    v_actor  private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'hand a project over', array['owner']);
    perform private.check_project_limit(v_member.user_id, (select p.plan from public.projects as p where p.id = v_actor.project_id))
    where v_member.id <> v_actor.id;
    update public.members as m set role = case when m.id = p_member_id then 'owner' else 'admin' end
    where m.id in (v_actor.id, p_member_id);
    if v_member.id <> v_actor.id then
        perform private.emit(v_actor.project_id, 'project.transferred', private.actor_json(v_actor), 'project',
            v_actor.project_id::text, jsonb_build_object(
                'from', private.actor_json(v_actor), 'to', jsonb_build_object('kind', 'member', 'id', v_member.id, 'name', v_member.name)));
    end if;
    return private.member_json(v_member) || '{"role": "owner"}';
end;
$$;
comment on function private.transfer_ownership is 'See public.transfer_ownership.';

create function public.transfer_ownership(p_member_id uuid, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.transfer_ownership(p_project_id, p_member_id);
$$;
comment on function public.transfer_ownership is 'Make another member the owner; the caller becomes admin. Returns the new owner.';

revoke execute on function
    private.lock_member(uuid, uuid), private.update_member(uuid, uuid, text),
    private.end_membership(public.members, private.actor_info), private.remove_member(uuid, uuid),
    private.leave_project(uuid), private.transfer_ownership(uuid, uuid),
    public.update_member(uuid, text, uuid), public.remove_member(uuid, uuid), public.leave_project(uuid),
    public.transfer_ownership(uuid, uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.update_member(uuid, uuid, text), private.remove_member(uuid, uuid), private.leave_project(uuid),
    private.transfer_ownership(uuid, uuid),
    public.update_member(uuid, text, uuid), public.remove_member(uuid, uuid), public.leave_project(uuid),
    public.transfer_ownership(uuid, uuid)
to authenticated;
