-- Invitations: how strangers are let in. Tokens are random, only their hash is stored.

create function private.mint_invite(p_invite public.invites, p_expires_seconds int)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    -- Two random uuids are 244 random bits and need no extension.
    v_token text := 'bdhi_' || translate(
        encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_');
begin
    insert into public.invites (
        project_id, token_hash, kind, role, alias, repo_id, workspace_id, human_name, member_id, email,
        uses_left, expires_at, created_by)
    values (
        p_invite.project_id, sha256(convert_to(v_token, 'UTF8')), p_invite.kind, p_invite.role, p_invite.alias,
        p_invite.repo_id, p_invite.workspace_id, p_invite.human_name, p_invite.member_id, p_invite.email,
        coalesce(p_invite.uses_left, 1), now() + make_interval(secs => p_expires_seconds), p_invite.created_by)
    returning * into p_invite;
    return jsonb_build_object('id', p_invite.id, 'token', v_token, 'kind', p_invite.kind, 'role', p_invite.role,
        'alias', p_invite.alias, 'email', p_invite.email, 'uses', p_invite.uses_left, 'expires_at', p_invite.expires_at);
end;
$$;
comment on function private.mint_invite is 'Store an invite under a new token, which only this result ever shows.';

create function private.checked_role(p_role text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_role text := lower(trim(p_role));
begin
    if v_role !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(v_role) > 40 then
        perform private.fail('bad_role', 400, 'A role is up to 40 of a-z, 0-9 and single dashes', 'bdh :roles', to_jsonb(p_role));
    end if;
    return v_role;
end;
$$;
comment on function private.checked_role is 'A workspace role in lower case; bad_role (400).';

create function private.create_invite(
    p_project_id uuid, p_role text, p_uses int, p_expires_seconds int, p_kind text, p_email text)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_invite public.invites;
begin
    perform private.require_human(v_actor, 'invite');
    if p_kind = 'member' then
        perform private.require_human(v_actor, 'invite members', array['owner', 'admin']);
        v_invite.role := coalesce(p_role, 'member');
        if not v_invite.role = any (array['admin', 'member']) then
            perform private.fail('bad_role', 400, 'A member is invited as admin or member', null, to_jsonb(p_role));
        end if;
        v_invite.email := lower(private.clean_line(p_email, 254, 'The e-mail'));
    elsif p_kind = 'workspace' then
        v_invite.role := private.checked_role(p_role);
        v_invite.member_id := v_actor.id;
    else
        perform private.fail('bad_kind', 400, 'An invite is for a workspace or a member', null, to_jsonb(p_kind));
    end if;
    if not coalesce(p_uses, 0) between 1 and 1000 or not coalesce(p_expires_seconds, 0) between 60 and 31536000 then
        perform private.fail('bad_argument', 400, 'An invite has 1 to 1000 uses and lasts 60 s to a year');
    end if;
    v_invite.project_id := v_actor.project_id;
    v_invite.kind := p_kind;
    v_invite.uses_left := p_uses;
    v_invite.created_by := private.actor_json(v_actor);
    return private.mint_invite(v_invite, p_expires_seconds);
end;
$$;
comment on function private.create_invite is 'See public.create_invite.';

create function public.create_invite(
    p_role text default null, p_uses int default 1, p_expires_seconds int default 604800,
    p_kind text default 'workspace', p_email text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.create_invite(p_project_id, p_role, p_uses, p_expires_seconds, p_kind, p_email);
$$;
comment on function public.create_invite is
    'A token to let workspaces (by any member) or one member (by owner or admin) in; human_only. The token is shown once.';

create function private.revoke_invite(p_project_id uuid, p_invite_id uuid)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_kind  text;
begin
    perform private.require_human(v_actor, 'revoke an invite');
    select i.kind into v_kind from public.invites as i where i.id = p_invite_id and i.project_id = v_actor.project_id;
    if not found then
        perform private.fail('not_found', 404, 'There is no such invite');
    elsif v_kind = 'member' then
        perform private.require_human(v_actor, 'revoke a member''s invite', array['owner', 'admin']);
    end if;
    delete from public.invites as i where i.id = p_invite_id;
    return jsonb_build_object('id', p_invite_id, 'revoked', true);
end;
$$;
comment on function private.revoke_invite is 'See public.revoke_invite.';

create function public.revoke_invite(p_invite_id uuid, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.revoke_invite(p_project_id, p_invite_id);
$$;
comment on function public.revoke_invite is 'Make an invite worthless: {id, revoked}; human_only.';

create function private.use_invite(p_token text, p_kinds text[])
returns public.invites
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_invite public.invites;
begin
    -- The row lock of this one statement decides who gets the last use.
    update public.invites as i set uses_left = i.uses_left - 1
    where i.token_hash = sha256(convert_to(coalesce(trim(p_token), ''), 'UTF8'))
      and i.kind = any (p_kinds) and i.uses_left > 0 and i.expires_at > now()
    returning * into v_invite;
    if not found then
        perform private.refuse_invite();
    end if;
    return v_invite;
end;
$$;
comment on function private.use_invite is 'Takes one use of an invite, or refuses invite_invalid (403) without saying why.';

create function private.refuse_invite()
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform private.fail('invite_invalid', 403, 'This invite is unknown, expired or used up', 'Ask for another: bdh :invite');
end;
$$;
comment on function private.refuse_invite is 'The one answer to every invite that does not let the caller in.';

create function private.accept_invite(p_token text, p_name text)
returns jsonb
language plpgsql
security definer -- the caller is no member yet
set search_path = ''
as $$
declare
    v_human  private.human_info := private.signed_in_human('accept an invite as a member');
    v_invite public.invites := private.use_invite(p_token, array['member']);
    v_role   text;
begin
    if v_invite.email <> v_human.email then
        perform private.refuse_invite();
    end if;
    perform private.check_limit(v_invite.project_id, 'members');
    insert into public.members (project_id, user_id, role, name, email)
    values (v_invite.project_id, v_human.user_id, v_invite.role,
        coalesce(private.clean_line(p_name, 100, 'The name'), v_human.name), v_human.email)
    on conflict (project_id, user_id) do nothing returning role into v_role;
    if not found then
        perform private.fail('conflict', 409, 'You are a member of this project already', 'bdh :whoami');
    end if;
    return jsonb_build_object('project', private.project_json(v_invite.project_id, v_role), 'role', v_role);
end;
$$;
comment on function private.accept_invite is 'See public.accept_invite.';

create function public.accept_invite(p_token text, p_name text default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.accept_invite(p_token, p_name);
$$;
comment on function public.accept_invite is 'Become a member by an invite of kind member: {project, role}; invite_invalid (403).';

revoke execute on function
    private.mint_invite(public.invites, int), private.checked_role(text),
    private.create_invite(uuid, text, int, int, text, text), private.revoke_invite(uuid, uuid),
    private.use_invite(text, text[]), private.refuse_invite(), private.accept_invite(text, text),
    public.create_invite(text, int, int, text, text, uuid),
    public.revoke_invite(uuid, uuid), public.accept_invite(text, text)
from public, anon, authenticated, service_role;
grant execute on function
    private.create_invite(uuid, text, int, int, text, text),
    private.revoke_invite(uuid, uuid), private.accept_invite(text, text),
    public.create_invite(text, int, int, text, text, uuid),
    public.revoke_invite(uuid, uuid), public.accept_invite(text, text)
to authenticated;
