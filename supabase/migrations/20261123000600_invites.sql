-- Invitations: how strangers are let in. Tokens are random, only their hash is stored.

insert into private.settings (key, value)
values ('invite_secret', to_jsonb(gen_random_uuid()::text || gen_random_uuid()::text));

create function private.invite_token(p_id uuid)
returns text
language plpgsql
stable
security definer -- uses the backend's signing secret
set search_path = ''
as $$
declare
    v_secret text := private.setting('invite_secret') #>> '{}';
begin
    -- The same construction as HMAC, without an extension; base64 of 32 bytes ends in one '='.
    return 'bdhi_' || translate(encode(sha256(convert_to(v_secret, 'UTF8')
        || sha256(convert_to(v_secret || p_id::text, 'UTF8'))), 'base64'), '+/=', '-_');
end;
$$;
comment on function private.invite_token is
    'The token of an invite that is mailed, 256 bits signed over its id: made anew for each attempt, stored by none.';

create function private.invite_json(p_invite public.invites)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('kind', p_invite.kind, 'role', p_invite.role, 'alias', p_invite.alias, 'email', p_invite.email,
        'uses', p_invite.uses_left, 'expires_at', p_invite.expires_at);
$$;
comment on function private.invite_json is 'What an invite is for; no token.';

create function private.mint_invite(p_invite public.invites, p_expires_seconds int)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_id    uuid := gen_random_uuid();
    -- Two random uuids are 244 random bits and need no extension.
    v_token text := case when p_invite.email is not null then private.invite_token(v_id) else 'bdhi_' || translate(
        encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_') end;
begin
    insert into public.invites (
        id, project_id, token_hash, kind, role, alias, repo_id, workspace_id, human_name, member_id, email,
        uses_left, expires_at, created_by, mailed_at)
    values (
        v_id, p_invite.project_id, sha256(convert_to(v_token, 'UTF8')), p_invite.kind, p_invite.role, p_invite.alias,
        p_invite.repo_id, p_invite.workspace_id, p_invite.human_name, p_invite.member_id, p_invite.email,
        coalesce(p_invite.uses_left, 1), now() + make_interval(secs => p_expires_seconds), p_invite.created_by,
        case when p_invite.email is not null then now() end)
    returning * into p_invite;
    perform private.emit(p_invite.project_id, 'invite.created', p_invite.created_by, 'invite', v_id::text, private.invite_json(p_invite));
    return private.invite_json(p_invite) || jsonb_build_object('id', v_id, 'token', v_token);
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

create function private.checked_invitee(p_project_id uuid, p_email text, p_uses int)
returns text
language plpgsql
security definer -- looks at every member and invite of the project
set search_path = ''
as $$
declare
    v_email text := lower(private.clean_line(p_email, 254, 'The e-mail'));
begin
    if v_email is null then
        return null;
    elsif v_email !~ '^[^[:space:]@<>,;:"()]+@[^[:space:]@<>,;:"()]+$' then
        perform private.fail('bad_email', 400, 'This is no e-mail address', null, to_jsonb(p_email));
    elsif p_uses is distinct from 1 then
        perform private.fail('bad_argument', 400, 'An invite for one address has one use');
    elsif exists (select 1 from public.members as m where m.project_id = p_project_id and lower(m.email) = v_email) then
        perform private.fail('conflict', 409, format('%s is a member already', v_email), 'bdh :members list');
    end if;
    -- Two who invite the same human at once: the second looks after the first has committed.
    perform pg_advisory_xact_lock(hashtextextended(p_project_id::text || v_email, 8));
    delete from public.invites as i
    where i.project_id = p_project_id and i.email = v_email and (i.uses_left = 0 or i.expires_at <= now());
    if exists (select 1 from public.invites as i where i.project_id = p_project_id and i.email = v_email) then
        perform private.fail('conflict', 409, format('%s is invited already', v_email),
            'bdh :members resend ' || v_email || ', or bdh :members uninvite ' || v_email);
    end if;
    return v_email;
end;
$$;
comment on function private.checked_invitee is
    'The address in lower case, null for none; bad_email (400), conflict (409) for a member or somebody invited already.';

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
        v_invite.email := private.checked_invitee(v_actor.project_id, p_email, p_uses);
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
    'A token to let workspaces (by any member) or one member (by owner or admin) in; human_only. The token is shown once. '
    'With p_email it is also mailed there, and only the human whose verified address that is can use it.';

create function private.revoke_invite(p_project_id uuid, p_invite_id uuid)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_invite public.invites;
begin
    perform private.require_human(v_actor, 'revoke an invite');
    delete from public.invites as i where i.id = p_invite_id and i.project_id = v_actor.project_id returning * into v_invite;
    if not found then
        perform private.fail('not_found', 404, 'There is no such invite');
    elsif v_invite.kind = 'member' then
        perform private.require_human(v_actor, 'revoke a member''s invite', array['owner', 'admin']);
    end if;
    perform private.emit(v_invite.project_id, 'invite.revoked', private.actor_json(v_actor), 'invite', v_invite.id::text,
        private.invite_json(v_invite));
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
    v_hash   bytea := sha256(convert_to(coalesce(trim(p_token), ''), 'UTF8'));
    v_invite public.invites;
begin
    -- As those lock who remove people and then their invites: the member, the workspace, the invite.
    perform 1 from public.members as m
    where m.id = (select i.member_id from public.invites as i where i.token_hash = v_hash) for key share;
    perform 1 from public.workspaces as w
    where w.id = (select i.workspace_id from public.invites as i where i.token_hash = v_hash) for no key update;
    -- The row lock of this one statement decides who gets the last use.
    update public.invites as i set uses_left = i.uses_left - 1
    where i.token_hash = v_hash
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
    v_member public.members;
begin
    if v_invite.email <> v_human.email then
        perform private.refuse_invite();
    end if;
    perform private.check_limit(v_invite.project_id, 'members');
    insert into public.members (project_id, user_id, role, name, email)
    values (v_invite.project_id, v_human.user_id, v_invite.role,
        coalesce(private.clean_line(p_name, 100, 'The name'), v_human.name), v_human.email)
    on conflict (project_id, user_id) do nothing returning * into v_member;
    if not found then
        perform private.fail('conflict', 409, 'You are a member of this project already', 'bdh :whoami');
    end if;
    perform private.emit(v_member.project_id, 'member.joined',
        jsonb_build_object('kind', 'member', 'id', v_member.id, 'name', v_member.name), 'member', v_member.id::text,
        jsonb_build_object('name', v_member.name, 'role', v_member.role, 'email', v_member.email,
            'invite_id', v_invite.id, 'invited_by', v_invite.created_by));
    return jsonb_build_object('project', private.project_json(v_member.project_id, v_member.role), 'role', v_member.role);
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
    private.invite_token(uuid), private.invite_json(public.invites), private.checked_invitee(uuid, text, int),
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
