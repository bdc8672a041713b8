-- Repos of a project, known by their canonical origin.

create function private.canonical_origin(p_origin text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_origin text := lower(private.clean_line(p_origin, 500, 'The origin'));
begin
    -- git@host:path and scheme://user:secret@host/path are the same repository; secrets must not be stored.
    v_origin := regexp_replace(v_origin, '^[a-z][a-z0-9+.-]*://', '');
    v_origin := regexp_replace(v_origin, '^[^/]*@', '');
    v_origin := regexp_replace(v_origin, '^([^/:]+):(\d+)/', '\1/');
    v_origin := regexp_replace(v_origin, '^([^/:]+):/*', '\1/');
    v_origin := regexp_replace(v_origin, '[?#].*$', '');
    v_origin := regexp_replace(v_origin, '/*(\.git)?/*$', '');
    if coalesce(v_origin, '') = '' then
        perform private.fail('bad_origin', 400, 'A repo is known by its origin, host/org/name', 'git remote -v');
    end if;
    return v_origin;
end;
$$;
comment on function private.canonical_origin is
    'host/org/name in lower case without scheme, user, secret, port, query and .git; bad_origin (400) when nothing is left.';

create function private.repo_json(p_repo public.repos)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('id', p_repo.id, 'name', p_repo.name, 'origin', p_repo.origin,
        'visibility', p_repo.visibility, 'ignore_case', p_repo.ignore_case, 'created_at', p_repo.created_at);
$$;
comment on function private.repo_json is 'The wire shape of a repo.';

create function private.find_or_add_repo(p_project_id uuid, p_origin text, p_name text)
returns public.repos
language plpgsql
security definer -- writes repos
set search_path = ''
as $$
declare
    v_origin text := private.canonical_origin(p_origin);
    v_repo   public.repos;
begin
    select * into v_repo from public.repos as r where r.project_id = p_project_id and r.origin = v_origin;
    if found then
        return v_repo;
    end if;
    -- Who waited for another to add this very repo needs no place for it.
    perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 6));
    select * into v_repo from public.repos as r where r.project_id = p_project_id and r.origin = v_origin;
    if found then
        return v_repo;
    end if;
    perform private.check_limit(p_project_id, 'repos');
    insert into public.repos (project_id, origin, name)
    values (p_project_id, v_origin,
        coalesce(private.clean_line(p_name, 200, 'The name'), regexp_replace(v_origin, '^.*/', '')))
    on conflict (project_id, origin) do nothing returning * into v_repo;
    if not found then
        select * into v_repo from public.repos as r where r.project_id = p_project_id and r.origin = v_origin;
    end if;
    return v_repo;
end;
$$;
comment on function private.find_or_add_repo is 'The repo with this origin, new if need be; limit_exceeded (402).';

create function private.note_case(p_repo_id uuid, p_ignore_case boolean)
returns void
language sql
security definer -- writes repos
set search_path = ''
as $$
    update public.repos as r set ignore_case = true where r.id = p_repo_id and p_ignore_case and not r.ignore_case;
$$;
comment on function private.note_case is 'From now on paths of the repo that differ in case only are one.';

create function private.register_repo(p_project_id uuid, p_origin text, p_name text, p_ignore_case boolean)
returns jsonb
language plpgsql
security definer -- writes repos
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_repo  public.repos := private.find_or_add_repo(v_actor.project_id, p_origin, p_name);
begin
    perform private.note_case(v_repo.id, p_ignore_case);
    return (select private.repo_json(r) from public.repos as r where r.id = v_repo.id);
end;
$$;
comment on function private.register_repo is 'See public.register_repo.';

create function public.register_repo(
    p_origin text, p_name text default null, p_ignore_case boolean default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.register_repo(p_project_id, p_origin, p_name, p_ignore_case);
$$;
comment on function public.register_repo is
    'The project''s repo with this origin (any form of URL), made if need be. p_ignore_case: as git''s core.ignorecase.';

revoke execute on function
    private.canonical_origin(text), private.repo_json(public.repos), private.find_or_add_repo(uuid, text, text),
    private.note_case(uuid, boolean), private.register_repo(uuid, text, text, boolean),
    public.register_repo(text, text, boolean, uuid)
from public, anon, authenticated, service_role;
grant execute on function private.register_repo(uuid, text, text, boolean), public.register_repo(text, text, boolean, uuid)
to authenticated;
