-- How a workspace comes to be: aliases from a pool, join_project, add_sibling, re-attaching.

create function private.name_pool()
returns text[]
language sql
immutable
set search_path = ''
as $$
    select array[
        'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'kate', 'leo', 'mia',
        'nick', 'olga', 'paul', 'quinn', 'rosa', 'sam', 'tina', 'uma', 'victor', 'wendy', 'xena', 'yuri', 'zoe',
        'adam', 'bella', 'carl', 'dora', 'emil', 'faye', 'gus', 'hana', 'igor', 'jane', 'kurt', 'lena', 'max',
        'nora', 'omar', 'petra', 'rolf', 'sara', 'tom', 'ursula', 'vera', 'walt', 'yara', 'zack', 'anna', 'ben',
        'cora', 'dan', 'eva', 'finn', 'gina', 'hugo', 'iris', 'jack', 'kim', 'lars', 'mona', 'ned', 'otto', 'pia'];
$$;
comment on function private.name_pool is 'Names for aliases, in the order they are given out.';

create function private.pick_alias(p_project_id uuid, p_role text)
returns text
language sql
stable
security definer -- looks at every alias of the project
set search_path = ''
as $$
    -- The first part alone shall name one workspace, so that `bob` is enough. A name nobody bore
    -- comes first: mail written for a removed bob should not find a new one.
    with used as (
        select split_part(w.alias, '-', 1) as name, bool_or(w.removed_at is null) as live, max(w.removed_at) as removed_at
        from public.workspaces as w where w.project_id = p_project_id group by 1
    ), rounds as (
        select generate_series(1, 2 + (select count(*) from used as u where u.live) / cardinality(private.name_pool())) as round
    )
    select c.name || '-' || p_role
    from (
        select n.name || case when r.round > 1 then r.round::text else '' end as name, r.round, n.place
        from rounds as r cross join unnest(private.name_pool()) with ordinality as n (name, place)) as c
    left join used as u on u.name = c.name
    where not coalesce(u.live, false)
    order by c.round, u.removed_at nulls first, c.place
    limit 1;
$$;
comment on function private.pick_alias is '<name>-<role> with a name no live workspace bears. Call under the project''s alias lock.';

create function private.lock_aliases(p_project_id uuid)
returns void
language sql
set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended(p_project_id::text, 2));
$$;
comment on function private.lock_aliases is 'The per-project lock under which aliases are chosen.';

create function private.checked_alias(p_project_id uuid, p_alias text)
returns text
language plpgsql
stable
security definer -- looks at every alias of the project
set search_path = ''
as $$
declare
    v_alias text := lower(trim(p_alias));
begin
    if v_alias !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(v_alias) > 64 then
        perform private.fail('bad_alias', 400, 'An alias is up to 64 of a-z, 0-9 and single dashes', 'bob-backend', to_jsonb(p_alias));
    elsif exists (
        select 1 from public.workspaces as w
        where w.project_id = p_project_id and w.alias = v_alias and w.removed_at is null) then
        perform private.fail('alias_taken', 409, format('A live workspace is called %s already', v_alias), 'Leave the alias out');
    end if;
    return v_alias;
end;
$$;
comment on function private.checked_alias is 'A well-formed alias that no live workspace bears; bad_alias (400), alias_taken (409).';

create function private.joining_user()
returns uuid
language plpgsql
security definer -- looks the caller up everywhere
set search_path = ''
as $$
declare
    v_user uuid := (select auth.uid());
begin
    if v_user is null then
        perform private.fail('not_signed_in', 401, 'Joining needs a sign-in, an anonymous one will do', 'bdh :init');
    end if;
    perform private.lock_user();
    perform private.still_there();
    if exists (select 1 from public.members as m where m.user_id = v_user) then
        perform private.fail('conflict', 409, 'A human''s sign-in cannot be a workspace: every workspace has its own', 'bdh :init');
    end if;
    return v_user;
end;
$$;
comment on function private.joining_user is 'The calling user, if it may become a workspace; workspace_gone (410), conflict (409).';

create function private.revoke_user(p_user_id uuid)
returns void
language plpgsql
security definer -- reaches the gateway, which only the database may tell
set search_path = ''
as $$
begin
    if p_user_id is null then
        return;
    elsif current_setting('bdh.gateway', true) = 'on' then
        perform set_config('bdh.sent',
            concat_ws(',', nullif(current_setting('bdh.sent', true), ''), 'revoke:' || p_user_id), true);
    else
        perform pg_notify('realtime_control', jsonb_build_object('revoke', p_user_id)::text);
    end if;
end;
$$;
comment on function private.revoke_user is
    'After the commit the embedded gateway looks again at what the user''s channels may see; hosted does so by itself, later.';

create function private.reattach(p_invite public.invites, p_user_id uuid, p_place jsonb)
returns public.workspaces
language plpgsql
security definer -- gives a workspace to another user
set search_path = ''
as $$
declare
    v_work     public.workspaces;
    v_previous uuid;
begin
    select w.user_id into v_previous from public.workspaces as w where w.id = p_invite.workspace_id for no key update;
    update public.workspaces as w set
        user_id = p_user_id, joined_via = p_invite.id, hostname = coalesce(p_place ->> 'hostname', w.hostname), path = coalesce(p_place ->> 'path', w.path),
        branch = coalesce(p_place ->> 'branch', w.branch), host = coalesce(p_place ->> 'host', w.host)
    where w.id = p_invite.workspace_id and w.removed_at is null returning * into v_work;
    if not found then
        perform private.refuse_invite();
    end if;
    perform private.revoke_user(v_previous);
    return v_work;
end;
$$;
comment on function private.reattach is
    'The invite''s workspace under a new user; alias, claims and mail stay, the old user has nothing any more.';

create function private.add_workspace(
    p_invite public.invites, p_user_id uuid, p_repo public.repos, p_alias text, p_role text, p_human_name text, p_place jsonb)
returns public.workspaces
language plpgsql
security definer -- writes workspaces
set search_path = ''
as $$
declare
    v_work  public.workspaces;
    v_alias text := coalesce(p_invite.alias, p_alias);
begin
    -- Places before aliases: that is the order in which who brings a new repo has them.
    perform private.check_limit(p_invite.project_id, 'workspaces');
    perform private.lock_aliases(p_invite.project_id);
    v_alias := case
        when v_alias is null then private.pick_alias(p_invite.project_id, p_role)
        else private.checked_alias(p_invite.project_id, v_alias) end;
    insert into public.workspaces (
        project_id, repo_id, user_id, alias, role, human_name, member_id, hostname, path, branch, host, joined_via)
    values (
        p_invite.project_id, p_repo.id, p_user_id, v_alias, p_role, coalesce(p_invite.human_name, p_human_name), p_invite.member_id,
        p_place ->> 'hostname', p_place ->> 'path', p_place ->> 'branch', p_place ->> 'host', p_invite.id)
    returning * into v_work;
    insert into public.presence (workspace_id) values (v_work.id);
    perform private.note_case(p_repo.id, (p_place ->> 'ignore_case')::boolean);
    return v_work;
end;
$$;
comment on function private.add_workspace is 'A new live workspace; alias_taken (409), limit_exceeded (402).';

create function private.clean_place(p_place jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'hostname', private.clean_line(p_place ->> 'hostname', 255, 'The host name'),
        'path', private.clean_text(p_place ->> 'path', 4096, 'The path'),
        'branch', private.clean_line(p_place ->> 'branch', 1000, 'The branch'),
        'host', private.clean_line(p_place ->> 'host', 100, 'The agent host'),
        'ignore_case', p_place -> 'ignore_case');
$$;
comment on function private.clean_place is 'Where a workspace is: {hostname, path, branch, host, ignore_case}, cleaned.';

create function private.join_project(
    p_token text, p_alias text, p_role text, p_human_name text, p_repo_origin text, p_repo_name text, p_place jsonb)
returns jsonb
language plpgsql
security definer -- the caller belongs to nothing yet
set search_path = ''
as $$
declare
    v_user   uuid := private.joining_user();
    v_invite public.invites;
    v_work   public.workspaces;
    v_repo   public.repos;
begin
    -- A repeated call whose first answer was lost: the same user with the same invite.
    select w.* into v_work from public.workspaces as w inner join public.invites as i on i.id = w.joined_via
    where w.user_id = v_user and i.token_hash = sha256(convert_to(coalesce(trim(p_token), ''), 'UTF8'));
    if found then
        return private.joined_json(v_work.id);
    elsif exists (select 1 from public.workspaces as w where w.user_id = v_user) then
        perform private.fail('conflict', 409, 'This sign-in is a workspace already', 'bdh :whoami');
    end if;
    p_place := private.clean_place(p_place);
    v_invite := private.use_invite(p_token, array['workspace', 'sibling', 'reattach']);
    if v_invite.role <> private.checked_role(p_role) and v_invite.kind <> 'reattach' then
        perform private.fail('role_required', 403, format('This invite is for the role %s', v_invite.role));
    end if;
    if v_invite.kind = 'reattach' then
        v_work := private.reattach(v_invite, v_user, p_place);
    else
        if v_invite.repo_id is null then
            v_repo := private.find_or_add_repo(v_invite.project_id, p_repo_origin, p_repo_name);
        else
            select * into v_repo from public.repos as r where r.id = v_invite.repo_id;
            if v_repo.origin <> private.canonical_origin(coalesce(p_repo_origin, v_repo.origin)) then
                perform private.fail('wrong_repo', 403, format('This invite is for %s only', v_repo.origin));
            end if;
        end if;
        v_work := private.add_workspace(v_invite, v_user, v_repo, p_alias,
            coalesce(v_invite.role, private.checked_role(p_role), 'developer'),
            private.clean_line(p_human_name, 100, 'The human''s name'), p_place);
    end if;
    perform private.emit(v_work.project_id, 'workspace.joined',
        jsonb_build_object('kind', 'workspace', 'id', v_work.id, 'name', v_work.alias), 'workspace', v_work.id::text,
        jsonb_build_object('alias', v_work.alias, 'role', v_work.role, 'human_name', v_work.human_name,
            'via', v_invite.kind, 'invited_by', v_invite.created_by));
    return private.joined_json(v_work.id);
end;
$$;
comment on function private.join_project is 'See public.join_project.';

create function public.join_project(
    p_token text, p_repo_origin text default null, p_alias text default null, p_role text default null,
    p_human_name text default null, p_repo_name text default null, p_hostname text default null, p_path text default null,
    p_branch text default null, p_host text default null, p_ignore_case boolean default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.join_project(p_token, p_alias, p_role, p_human_name, p_repo_origin, p_repo_name,
        jsonb_build_object(
            'hostname', p_hostname, 'path', p_path, 'branch', p_branch, 'host', p_host, 'ignore_case', p_ignore_case));
$$;
comment on function public.join_project is
    'Make the calling, usually anonymous user a workspace: {workspace, project}. Alias from the pool when null; repeatable.';

create function private.add_sibling(p_role text, p_alias text)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor();
    v_invite public.invites;
begin
    if v_actor.is_human then
        perform private.fail('workspace_only', 403, 'Only a workspace has siblings: members invite', 'bdh :invite');
    elsif private.project_setting(v_actor.project_id, 'allow_siblings') = 'false' then
        perform private.fail('human_only', 403, 'This project lets only humans add workspaces', 'Ask a human: bdh :escalate');
    end if;
    perform private.check_limit(v_actor.project_id, 'workspaces');
    select w.human_name, w.member_id into v_invite.human_name, v_invite.member_id
    from public.workspaces as w where w.id = v_actor.id;
    v_invite.project_id := v_actor.project_id;
    v_invite.kind := 'sibling';
    v_invite.role := coalesce(private.checked_role(p_role), 'developer');
    v_invite.alias := private.checked_alias(v_actor.project_id, p_alias);
    v_invite.repo_id := v_actor.repo_id;
    v_invite.created_by := private.actor_json(v_actor);
    return private.mint_invite(v_invite, 300);
end;
$$;
comment on function private.add_sibling is 'See public.add_sibling.';

create function public.add_sibling(p_role text default null, p_alias text default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.add_sibling(p_role, p_alias);
$$;
comment on function public.add_sibling is
    'A live workspace''s invite for one more workspace of its own repo and human: single use, 5 minutes; human_only when switched off.';

revoke execute on function
    private.name_pool(), private.pick_alias(uuid, text), private.lock_aliases(uuid), private.checked_alias(uuid, text),
    private.joining_user(), private.revoke_user(uuid), private.reattach(public.invites, uuid, jsonb),
    private.add_workspace(public.invites, uuid, public.repos, text, text, text, jsonb), private.clean_place(jsonb),
    private.join_project(text, text, text, text, text, text, jsonb), private.add_sibling(text, text),
    public.join_project(text, text, text, text, text, text, text, text, text, text, boolean), public.add_sibling(text, text)
from public, anon, authenticated, service_role;
grant execute on function
    private.join_project(text, text, text, text, text, text, jsonb), private.add_sibling(text, text),
    public.join_project(text, text, text, text, text, text, text, text, text, text, boolean), public.add_sibling(text, text)
to authenticated;
