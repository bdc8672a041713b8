-- File locks (product.md §2.3): a workspace's hold on a path of a repo, with a time to live. Expired rows
-- count as absent at once. Whatever writes them holds the repo's advisory lock; looking takes no lock.

create table public.reservations (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null, -- the repo's; a third foreign key would be a third lookup for each of 5,000 rows
    repo_id      uuid not null references public.repos (id) on delete cascade,
    workspace_id uuid not null references public.workspaces (id) on delete cascade,
    path         text not null,
    key          text collate "C" not null, -- bytewise, so that what is below a directory is a range of the index
    is_directory boolean not null,
    mode         text not null default 'exclusive',
    automatic    boolean not null default false,
    reason       text,
    bead_id      text,
    metadata     jsonb not null default '{}',
    ttl_seconds  int not null,
    granted_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    constraint reservations_mode_check check (mode in ('exclusive', 'shared')),
    constraint reservations_ttl_check check (ttl_seconds between 60 and 3600),
    constraint reservations_place_key unique (repo_id, key, workspace_id)
) with (fillfactor = 85); -- no index on expires_at, so that renewals are HOT updates
create index reservations_workspace_id_idx on public.reservations (workspace_id, granted_at);
create index reservations_project_id_idx on public.reservations (project_id, granted_at, id);
comment on table public.reservations is
    'File locks. key: the path in NFC, in lower case where the repo ignores case; empty for the root.';

create table public.lock_waits (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null references public.projects (id) on delete cascade,
    repo_id      uuid not null references public.repos (id) on delete cascade,
    workspace_id uuid not null references public.workspaces (id) on delete cascade,
    path         text not null,
    locks        uuid[] not null,
    opened_at    timestamptz not null default now(),
    lease_until  timestamptz not null,
    deadline     timestamptz not null,
    constraint lock_waits_waiter_key unique (workspace_id, repo_id)
);
create index lock_waits_project_id_idx on public.lock_waits (project_id);
create index lock_waits_repo_id_idx on public.lock_waits (repo_id);
comment on table public.lock_waits is
    'Workspaces waiting for locks, on a lease that asking again refreshes. locks: what is in the way, path: the first of it.';

alter table public.reservations enable row level security;
alter table public.lock_waits enable row level security;
revoke all on public.reservations, public.lock_waits from public, anon, authenticated, service_role;
grant select on public.reservations, public.lock_waits to authenticated;
grant all on public.reservations, public.lock_waits to service_role;
create policy reservations_select_member on public.reservations for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));
create policy lock_waits_select_member on public.lock_waits for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create type private.clean_path as (n int, path text, key text, is_directory boolean);
comment on type private.clean_path is 'A path relative to the root of its repo; n: its place in the argument, the first of equal ones.';

create function private.clean_paths(p_paths text[], p_ignore_case boolean)
returns private.clean_path[]
language sql
stable
set search_path = ''
as $$
    -- Thousands of paths in a call, and hardly one that needs work: cheap tests come before dear ones.
    select array_agg((k.n, k.path, k.key, k.is_directory)::private.clean_path order by k.n)
    from (
        select min(s.n)::int as n, min(s.plain collate "C") as path,
            (case when p_ignore_case then lower(s.plain) else s.plain end) collate "C" as key, bool_or(s.is_directory) as is_directory
        from (
            select g.n, g.odd and g.given ~ '(^|/)\.?$' as is_directory, case
                when g.odd then trim(both '/' from regexp_replace(g.given, '(^|/)(\.?(/|$))+', '\1', 'g'))
                else g.given end as plain
            from (
                select t.n, case when octet_length(t.path) = length(t.path) then t.path else normalize(t.path, nfc) end as given,
                    right(t.path, 1) in ('/', '.') or left(t.path, 2) = './' or strpos(t.path, '//') > 0 or strpos(t.path, '/./') > 0 as odd
                from unnest(p_paths) with ordinality as t (path, n)) as g
        ) as s
        group by 3
    ) as k;
$$;
comment on function private.clean_paths is
    'Distinct paths in NFC without empty parts and dots; a slash at the end, or a lone dot, is a directory.';

create function private.bad_paths(p_paths text[])
returns text[]
language sql
immutable
set search_path = ''
as $$
    select array(
        select left(coalesce(t.path, 'null'), 300) from unnest(p_paths) as t (path)
        where t.path is null or t.path = '' or octet_length(t.path) > 2000
           or t.path ~ '^(/|~/|[A-Za-z]:[/\\]|\\\\)' or t.path ~ '(^|[/\\])\.\.([/\\]|$)'
           or length(t.path) - length(replace(t.path, '/', '')) > 100
        limit 20);
$$;
comment on function private.bad_paths is 'Those that are empty, absolute, lead out of the repo, or are too long or deep; the first twenty.';

create function private.checked_paths(p_paths text[], p_ignore_case boolean)
returns private.clean_path[]
language plpgsql
stable
set search_path = ''
as $$
declare
    v_bad text[] := private.bad_paths(p_paths);
begin
    if cardinality(v_bad) > 0 then
        perform private.fail('bad_path', 400, format('Not a path inside the repo: %s', to_jsonb(v_bad[1])),
            'Give paths relative to the root of the repo', jsonb_build_object('paths', v_bad));
    elsif coalesce(cardinality(p_paths), 0) = 0 then
        perform private.fail('bad_path', 400, 'Name at least one path');
    elsif cardinality(p_paths) > 10000 then
        perform private.fail('too_many', 400, format('%s paths in one call, at most 10000', cardinality(p_paths)));
    end if;
    return private.clean_paths(p_paths, p_ignore_case);
end;
$$;
comment on function private.checked_paths is 'clean_paths, or bad_path (400), too_many (400).';

create function private.find_repo(p_actor private.actor_info, p_repo_id uuid)
returns public.repos
language plpgsql
stable
security definer -- used by definers only
set search_path = ''
as $$
declare
    v_repo public.repos;
begin
    select * into v_repo from public.repos as r
    where r.id = coalesce(p_repo_id, p_actor.repo_id) and r.project_id = p_actor.project_id;
    if not found then
        if p_repo_id is null then
            perform private.fail('repo_required', 400, 'Say which repo: a member is in none', 'p_repo_id');
        end if;
        perform private.fail('not_found', 404, 'There is no such repo in this project');
    end if;
    return v_repo;
end;
$$;
comment on function private.find_repo is 'A repo of the actor''s project, by default its own; not_found (404), repo_required (400).';

create function private.lock_repo(p_repo_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(p_repo_id::text, 3));
    perform private.still_there();
end;
$$;
comment on function private.lock_repo is
    'The per-repo lock of everything that writes reservations; 410 if the caller was removed meanwhile.';

-- A view and not a function: it is part of the query that reads it, which for thousands of locks is twice as fast.
create view private.shown_locks with (security_invoker = true) as
select r.id, r.project_id, r.repo_id, r.workspace_id, r.key, r.mode, r.is_directory, r.automatic, r.reason, r.granted_at, r.expires_at,
    s.path,
    jsonb_build_object(
        'id', r.id, 'repo_id', r.repo_id, 'path', s.path, 'is_directory', r.is_directory, 'mode', r.mode, 'automatic', r.automatic,
        'reason', r.reason, 'bead_id', r.bead_id, 'metadata', r.metadata, 'granted_at', r.granted_at, 'expires_at', r.expires_at,
        'seconds_left', greatest(ceil(extract(epoch from r.expires_at - now())), 0)::int) as body
from public.reservations as r
cross join lateral (
    select case when not r.is_directory then r.path when r.path = '' then './' else r.path || '/' end as path) as s;
comment on view private.shown_locks is
    'Locks with their wire shape (body, without the holder) and the path as people type it: directories end with a slash, the root is ./';
revoke all on private.shown_locks from public, anon, authenticated, service_role;

create function private.release_of_removed()
returns trigger
language plpgsql
security definer -- a removed workspace's locks end with it
set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(t.repo_id::text, 3))
    from (select distinct r.repo_id from public.reservations as r where r.workspace_id = new.id order by 1) as t;
    delete from public.reservations as r where r.workspace_id = new.id;
    delete from public.lock_waits as w where w.workspace_id = new.id;
    return null;
end;
$$;
comment on function private.release_of_removed is 'Removing a workspace releases its locks.';
create trigger workspaces_removed_locks after update of removed_at on public.workspaces
    for each row when (old.removed_at is null and new.removed_at is not null) execute function private.release_of_removed();

create function private.fold_locks()
returns trigger
language plpgsql
security definer -- rewrites keys of everybody's locks
set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(new.id::text, 3));
    -- Two of one workspace that become one: the one that lasts longer stays.
    delete from public.reservations as r using public.reservations as o
    where r.repo_id = new.id and o.repo_id = new.id and o.workspace_id = r.workspace_id
      and lower(o.key) = lower(r.key) and (o.expires_at, o.id) > (r.expires_at, r.id);
    update public.reservations as r set key = lower(r.key) where r.repo_id = new.id and r.key <> lower(r.key);
    return null;
end;
$$;
comment on function private.fold_locks is 'When a repo turns out to ignore case, its locks'' keys follow.';
create trigger repos_fold_locks after update of ignore_case on public.repos
    for each row when (new.ignore_case and not old.ignore_case) execute function private.fold_locks();

create function private.sweep_reservations()
returns void
language sql
security definer -- everybody's
set search_path = ''
as $$
    -- They count as absent anyway; this only keeps the table small. A row being renewed is left alone.
    delete from public.reservations as r where r.id in (
        select q.id from public.reservations as q where q.expires_at < now() - interval '1 hour' for update skip locked);
    delete from public.lock_waits as w where w.id in (
        select q.id from public.lock_waits as q
        where least(q.lease_until, q.deadline) < now() - interval '1 hour' for update skip locked);
$$;
comment on function private.sweep_reservations is 'Deletes locks and waits that ended an hour ago.';
insert into private.schedules (name, every, function) values ('sweep_reservations', '15 minutes', 'private.sweep_reservations');

revoke execute on function
    private.clean_paths(text[], boolean), private.bad_paths(text[]), private.checked_paths(text[], boolean),
    private.find_repo(private.actor_info, uuid), private.lock_repo(uuid),
    private.release_of_removed(), private.fold_locks(), private.sweep_reservations()
from public, anon, authenticated, service_role;
