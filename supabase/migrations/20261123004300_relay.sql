-- How the edge functions are called by the clock: with a random token, never the secret key
-- (platform.md §1). On hosted pg_cron and pg_net do it, on the embedded stack its ticker.

do $$
declare
    v_name text;
begin
    foreach v_name in array array['pg_cron', 'pg_net'] loop
        if exists (select 1 from pg_available_extensions as a where a.name = v_name) then
            execute format('create extension if not exists %I', v_name);
        end if;
    end loop;
exception when others then
    -- Not every operator lets a migration create extensions; deploy-check says what is missing.
    raise warning 'extensions for the scheduler: %', sqlerrm;
end;
$$;

insert into private.settings (key, value)
values ('relay_token', to_jsonb(translate(
    encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_')));

create function private.check_relay_token(p_token text)
returns jsonb
language sql
stable
security definer -- for the service role only; reads a secret setting
set search_path = ''
as $$
    -- Compared as hashes: how far the two agree must not show in the time this takes.
    select jsonb_build_object('valid', coalesce(sha256(convert_to(p_token, 'UTF8'))
        = sha256(convert_to(private.setting('relay_token') #>> '{}', 'UTF8')), false));
$$;
comment on function private.check_relay_token is 'See public.check_relay_token.';

create function public.check_relay_token(p_token text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.check_relay_token(p_token);
$$;
comment on function public.check_relay_token is 'For the edge functions: whether this is the scheduler''s token: {valid}.';

alter table public.repos add column verified_at timestamptz;
comment on column public.repos.verified_at is 'When the forge was asked last whether the repository is public.';

create function private.repos_to_verify(p_limit int)
returns jsonb
language sql
stable
security definer -- for the service role only; every project
set search_path = ''
as $$
    select jsonb_build_object('repos', coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'origin', r.origin)), '[]'))
    from (
        select q.* from public.repos as q
        join public.projects as p on p.id = q.project_id
        join public.plans as l on l.name = p.plan
        -- Only where it matters: nobody's private project is asked about for nothing.
        where l.public_repos_only
          and (q.verified_at is null or q.verified_at < now() - case q.visibility
              when 'unknown' then interval '1 hour' else interval '7 days' end)
        order by q.verified_at nulls first limit least(greatest(coalesce(p_limit, 20), 1), 100)) as r;
$$;
comment on function private.repos_to_verify is 'See public.repos_to_verify.';

create function public.repos_to_verify(p_limit int default 20)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.repos_to_verify(p_limit);
$$;
comment on function public.repos_to_verify is
    'For verify-repo: repositories on plans for public ones that were not checked for a week: {repos: [{id, origin}]}.';

create function private.due_functions()
returns text[]
language sql
stable
security definer -- reads private tables
set search_path = ''
as $$
    select array_remove(array[
        case when exists (
            select 1 from private.outbox as o
            where o.status = 'pending' and o.due_at <= now() and coalesce(o.locked_until <= now(), true))
            -- SQL cannot make the keys of web push: the relay does, when the first browser asks.
            or private.setting('push_wanted') is not null and private.setting('push_keys') is null then 'outbox-relay' end,
        case when private.repos_to_verify(1) -> 'repos' <> '[]' then 'verify-repo' end], null);
$$;
comment on function private.due_functions is 'The edge functions that have something to do.';

create function private.call_functions()
returns void
language plpgsql
security definer -- knows the token and the address of the functions
set search_path = ''
as $$
declare
    v_url  text := private.setting('functions_url') #>> '{}';
    v_name text;
begin
    if v_url is null or to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
        return;
    end if;
    foreach v_name in array private.due_functions() loop
        execute 'select net.http_post(url := $1, body := $2, headers := $3)' using v_url || '/' || v_name, '{}'::jsonb,
            jsonb_build_object('content-type', 'application/json',
                'authorization', 'Bearer ' || (private.setting('relay_token') #>> '{}'));
    end loop;
end;
$$;
comment on function private.call_functions is
    'On hosted: have pg_net call the edge functions that have work. Does nothing without the setting functions_url.';
insert into private.schedules (name, every, function) values ('call_functions', '10 seconds', 'private.call_functions');

create function private.set_repo_visibility(p_repo_id uuid, p_visibility text)
returns jsonb
language plpgsql
security definer -- for the service role only; writes repos
set search_path = ''
as $$
declare
    v_repo public.repos;
begin
    if not coalesce(p_visibility in ('public', 'private', 'unknown'), false) then
        perform private.fail('bad_argument', 400, 'A repository is public, private or unknown', null, to_jsonb(left(p_visibility, 100)));
    end if;
    -- An unknown answer (the forge is down) is no reason to forget what was known.
    update public.repos as r set verified_at = now(),
        visibility = case p_visibility when 'unknown' then r.visibility else p_visibility end
    where r.id = p_repo_id returning * into v_repo;
    if not found then
        perform private.fail('not_found', 404, 'There is no such repository');
    end if;
    if v_repo.visibility = 'private' then
        perform private.post_notice(v_repo.project_id, 'member', m.id, 'system',
            format('%s is not public, which this project''s plan requires: new workspaces of it are refused', v_repo.origin),
            'bdh :plan', 'private-repo:' || v_repo.id)
        from public.members as m
        where m.project_id = v_repo.project_id and m.role in ('owner', 'admin');
    end if;
    return private.repo_json(v_repo);
end;
$$;
comment on function private.set_repo_visibility is 'See public.set_repo_visibility.';

create function public.set_repo_visibility(p_repo_id uuid, p_visibility text)
returns jsonb
language sql
set search_path = ''
as $$
    select private.set_repo_visibility(p_repo_id, p_visibility);
$$;
comment on function public.set_repo_visibility is 'For verify-repo: what the forge said: public, private or unknown. Returns the repo.';

do $$
declare
    v_fn     regprocedure;
    v_public text[] := array['check_relay_token', 'repos_to_verify', 'set_repo_visibility'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace)
          and p.proname = any (v_public || array['due_functions', 'call_functions'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_public)
    loop
        execute format('grant execute on function %s to service_role', v_fn);
    end loop;
end;
$$;
select private.ensure_schedules();
