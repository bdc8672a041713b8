-- Taking locks: a whole set in one call, decided under the repo's lock, answered path by path.

create function private.overlapping_locks(
    p_repo_id uuid, p_paths private.clean_path[], p_except uuid, p_mode text)
returns table (n int, lock_id uuid)
language sql
stable
security definer -- used by definers only
set search_path = ''
as $$
    -- offset 0: always probes of one index per path, however little the planner knows of the table.
    with ups as (
        -- The path itself and the directories above it; the root is the empty key.
        select t.n, array_to_string(p.parts[1:d.depth], '/') collate "C" as key, d.depth = cardinality(p.parts) as itself
        from unnest(p_paths) as t
        cross join lateral (select string_to_array(t.key, '/') as parts) as p
        cross join lateral generate_series(0, cardinality(p.parts)) as d (depth)
    ), above as materialized (
        -- Paths share their directories: each is looked up once.
        select r.id, r.key, r.is_directory
        from (select distinct u.key from ups as u) as k
        cross join lateral (
            select o.id, o.key, o.is_directory from public.reservations as o
            where o.repo_id = p_repo_id and o.key = k.key and o.expires_at > now()
              and o.workspace_id is distinct from p_except and (p_mode = 'exclusive' or o.mode = 'exclusive')
            offset 0) as r
    )
    select u.n, a.id from above as a inner join ups as u on u.key = a.key where u.itself or a.is_directory
    union all
    -- What is below a directory: '0' is the byte after '/'.
    select t.n, r.id
    from unnest(p_paths) as t
    cross join lateral (
        select o.id from public.reservations as o
        where o.repo_id = p_repo_id
          and o.key > (case when t.key = '' then '' else t.key || '/' end) collate "C"
          and o.key < (case when t.key = '' then chr(1114111) else t.key || '0' end) collate "C"
          and o.expires_at > now() and o.workspace_id is distinct from p_except and (p_mode = 'exclusive' or o.mode = 'exclusive')
        offset 0) as r
    where t.is_directory;
$$;
comment on function private.overlapping_locks is
    'Live locks of others than p_except that stand against p_mode on the paths: n is the path''s, one row per pair.';

create function private.conflicts_json(p_paths private.clean_path[], p_numbers int[], p_locks uuid[])
returns jsonb
language sql
stable
security definer -- names holders
set search_path = ''
as $$
    with pairs as (
        -- Of several locks on one path the one that lasts longest is told.
        select distinct on (c.n) c.n, r.*, count(*) over (partition by c.n) - 1 as more
        from unnest(p_numbers, p_locks) as c (n, id)
        inner join private.shown_locks as r on r.id = c.id
        order by c.n, r.expires_at desc, r.id
    ), holders as materialized (
        select w.id, private.holder_json('workspace', w.id, w.alias) as body
        from public.workspaces as w where w.id in (select p.workspace_id from pairs as p)
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'path', case when t.is_directory then coalesce(nullif(t.path, ''), '.') || '/' else t.path end,
        'holder', h.body, 'reason', p.reason, 'more', p.more, 'seconds_left', p.body -> 'seconds_left', 'lock', p.body) order by p.n), '[]')
    from pairs as p
    inner join unnest(p_paths) as t on t.n = p.n
    inner join holders as h on h.id = p.workspace_id;
$$;
comment on function private.conflicts_json is
    'One entry per path: {path, lock, holder, reason, seconds_left, more}; more: how many further locks stand against it.';

create type private.lock_wish as (
    mode        text,
    ttl_seconds int,
    reason      text,
    automatic   boolean,
    bead_id     text,
    metadata    jsonb
);
comment on type private.lock_wish is 'How a set of paths is to be locked.';

create function private.checked_wish(p_wish private.lock_wish)
returns private.lock_wish
language plpgsql
immutable
set search_path = ''
as $$
begin
    if p_wish.mode not in ('exclusive', 'shared') then
        perform private.fail('bad_argument', 400, 'A lock is exclusive or shared', null, to_jsonb(p_wish.mode));
    elsif p_wish.ttl_seconds not between 60 and 3600 then
        perform private.fail('bad_argument', 400, 'A lock lasts 60 to 3600 seconds', '--ttl 15m', to_jsonb(p_wish.ttl_seconds));
    elsif jsonb_typeof(p_wish.metadata) <> 'object' or length(p_wish.metadata::text) > 4000 then
        perform private.fail('bad_argument', 400, 'Metadata is a JSON object of at most 4000 characters');
    end if;
    p_wish.reason := private.scrub(private.clean_line(p_wish.reason, 2000, 'The reason'));
    p_wish.bead_id := private.clean_line(p_wish.bead_id, 200, 'The bead');
    return p_wish;
end;
$$;
comment on function private.checked_wish is 'The wish with its texts cleaned; bad_argument (400).';

create function private.take_locks(
    p_actor private.actor_info, p_repo_id uuid, p_paths private.clean_path[], p_wish private.lock_wish,
    out granted jsonb, out renewed jsonb)
language plpgsql
security definer -- writes reservations
set search_path = ''
as $$
begin
    -- What has expired on these paths is of no more use; the caller's own would pass for a renewal.
    delete from public.reservations as r
    where r.repo_id = p_repo_id and r.expires_at <= now() and r.key = any (array(select t.key from unnest(p_paths) as t));
    insert into public.reservations as r (
        project_id, repo_id, workspace_id, path, key, is_directory, mode, automatic, reason, bead_id, metadata, ttl_seconds, expires_at)
    select p_actor.project_id, p_repo_id, p_actor.id, t.path, t.key, t.is_directory, p_wish.mode, p_wish.automatic, p_wish.reason,
        p_wish.bead_id, p_wish.metadata, p_wish.ttl_seconds, now() + make_interval(secs => p_wish.ttl_seconds)
    from unnest(p_paths) as t
    -- A hook's renewal takes nothing back from what was reserved by hand.
    on conflict (repo_id, key, workspace_id) do update set
        is_directory = r.is_directory or excluded.is_directory, mode = excluded.mode,
        automatic = r.automatic and excluded.automatic,
        reason = coalesce(excluded.reason, r.reason), bead_id = coalesce(excluded.bead_id, r.bead_id),
        metadata = r.metadata || excluded.metadata,
        ttl_seconds = case when excluded.automatic and not r.automatic then r.ttl_seconds else excluded.ttl_seconds end,
        expires_at = case when excluded.automatic then greatest(r.expires_at, excluded.expires_at) else excluded.expires_at end;
    select coalesce(jsonb_agg(r.body order by r.path) filter (where r.granted_at = now()), '[]'),
        coalesce(jsonb_agg(r.body order by r.path) filter (where r.granted_at <> now()), '[]')
    into granted, renewed
    from private.shown_locks as r
    where r.repo_id = p_repo_id and r.workspace_id = p_actor.id and r.key = any (array(select t.key from unnest(p_paths) as t));
end;
$$;
comment on function private.take_locks is 'Locks the paths, which nothing stands against, for the actor: what is new and what is renewed.';

create function private.tell_locks(
    p_actor private.actor_info, p_repo_id uuid, p_type text, p_entries jsonb, p_more jsonb)
returns void
language plpgsql
security definer -- appends an event
set search_path = ''
as $$
begin
    perform private.emit(p_actor.project_id, p_type, private.actor_json(p_actor), 'repo', p_repo_id::text,
        jsonb_build_object('count', jsonb_array_length(p_entries), 'paths', (
            select jsonb_agg(p_entries -> n -> 'path' order by n)
            from generate_series(0, least(jsonb_array_length(p_entries), 50) - 1) as n)) || p_more);
end;
$$;
comment on function private.tell_locks is 'The one event of a call on locks: how many paths, the first fifty of them.';

create function private.reserve_paths(
    p_project_id uuid, p_paths text[], p_wish private.lock_wish, p_repo_id uuid, p_wait_seconds int)
returns jsonb
language plpgsql
security definer -- writes reservations
set search_path = ''
as $$
declare
    v_actor     private.actor_info := private.actor(p_project_id, not p_wish.automatic);
    v_repo      public.repos;
    v_paths     private.clean_path[];
    v_numbers   int[];
    v_locks     uuid[];
    v_conflicts jsonb := '[]';
    v_taken     record;
    v_result    jsonb;
begin
    perform private.require_workspace(v_actor);
    p_wish := private.checked_wish(p_wish);
    if p_wish.automatic then
        -- What a hook remembers of the agent's work may be old; this is what it works on.
        p_wish.bead_id := (
            select c.bead_id from public.claims as c
            where c.project_id = v_actor.project_id and c.holder_id = v_actor.id and c.ended_at is null
            order by c.claimed_at desc limit 1);
        p_wish.reason := coalesce(p_wish.reason, 'working on ' || p_wish.bead_id);
    end if;
    v_repo := private.find_repo(v_actor, p_repo_id);
    v_paths := private.checked_paths(p_paths, v_repo.ignore_case);
    perform private.hold_place(v_actor);
    perform private.lock_repo(v_repo.id);
    -- Folded as the repo is now, not as it was before the lock.
    if v_repo.ignore_case <> (select r.ignore_case from public.repos as r where r.id = v_repo.id) then
        v_paths := private.checked_paths(p_paths, not v_repo.ignore_case);
    end if;

    select array_agg(o.n), array_agg(o.lock_id) into v_numbers, v_locks
    from private.overlapping_locks(v_repo.id, v_paths, v_actor.id, p_wish.mode) as o;
    if v_numbers is not null then
        v_conflicts := private.conflicts_json(v_paths, v_numbers, v_locks);
        v_paths := array(select t from unnest(v_paths) as t where not t.n = any (v_numbers) order by t.n);
    end if;
    select * into v_taken from private.take_locks(v_actor, v_repo.id, v_paths, p_wish);
    v_result := jsonb_build_object('granted', v_taken.granted, 'renewed', v_taken.renewed, 'conflicts', v_conflicts);

    if v_taken.granted <> '[]' then
        perform private.tell_locks(v_actor, v_repo.id, 'lock.granted', v_taken.granted, jsonb_build_object(
            'mode', p_wish.mode, 'automatic', p_wish.automatic, 'ttl_seconds', p_wish.ttl_seconds, 'reason', p_wish.reason,
            'conflicts', jsonb_array_length(v_conflicts)));
    elsif v_conflicts <> '[]' then
        perform private.tell_locks(v_actor, v_repo.id, 'lock.conflict', v_conflicts, jsonb_build_object(
            'automatic', p_wish.automatic, 'holder', v_conflicts #> '{0,holder,name}'));
    end if;
    return v_result || private.guard_json(v_actor.project_id, p_paths)
        || jsonb_build_object('held', (
            select count(*) from public.reservations as r
            where r.workspace_id = v_actor.id and r.repo_id = v_repo.id and r.expires_at > now()))
        || private.wait_for_locks(v_actor, v_repo.id, v_conflicts, p_wait_seconds);
end;
$$;
comment on function private.reserve_paths is 'See public.reserve_paths.';

create function public.reserve_paths(
    p_paths text[], p_mode text default 'exclusive', p_ttl_seconds int default 900, p_reason text default null,
    p_automatic boolean default false, p_bead_id text default null, p_repo_id uuid default null, p_metadata jsonb default '{}',
    p_wait_seconds int default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.reserve_paths(p_project_id, p_paths,
        (coalesce(p_mode, 'exclusive'), coalesce(p_ttl_seconds, 900), p_reason, coalesce(p_automatic, false), p_bead_id,
        coalesce(p_metadata, '{}')), p_repo_id, p_wait_seconds);
$$;
comment on function public.reserve_paths is
    'Lock paths for the calling workspace, each decided by itself: {granted, renewed, conflicts, held (how many paths of the repo it '
    'holds now), mode, edit_mode, export_on_commit, max_files_per_claim, protected, wait}.';

revoke execute on function
    private.overlapping_locks(uuid, private.clean_path[], uuid, text), private.conflicts_json(private.clean_path[], int[], uuid[]),
    private.checked_wish(private.lock_wish), private.take_locks(private.actor_info, uuid, private.clean_path[], private.lock_wish),
    private.tell_locks(private.actor_info, uuid, text, jsonb, jsonb),
    private.reserve_paths(uuid, text[], private.lock_wish, uuid, int),
    public.reserve_paths(text[], text, int, text, boolean, text, uuid, jsonb, int, uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.reserve_paths(uuid, text[], private.lock_wish, uuid, int),
    public.reserve_paths(text[], text, int, text, boolean, text, uuid, jsonb, int, uuid)
to authenticated;
