-- Blocked work and figures.

create function private.blocked_beads(p_project_id uuid, p_limit int, p_cursor text)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
set plan_cache_mode = force_custom_plan -- the length of a page decides the plan
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_after jsonb := private.read_page_cursor(p_cursor, 'blocked');
    v_limit int := private.page_limit(p_limit);
    v_rows  public.beads[];
    v_last  public.beads;
begin
    v_rows := array(
        select b from public.beads as b
        where b.project_id = v_actor.project_id and b.blocked and b.status not in ('closed', 'tombstone')
          and (v_after is null or (b.priority, b.created_at, b.id)
            > ((v_after ->> 'priority')::int, (v_after ->> 'created_at')::timestamptz, v_after ->> 'id'))
        order by b.priority, b.created_at, b.id limit v_limit + 1);
    if cardinality(v_rows) > v_limit then
        v_last := v_rows[v_limit];
    end if;
    return jsonb_build_object(
        'beads', (
            select coalesce(jsonb_agg(private.bead_json(b) || jsonb_build_object(
                'blockers', private.blockers_of(b.project_id, b.id)) order by b.priority, b.created_at, b.id), '[]')
            from unnest(v_rows[1:v_limit]) as b),
        'next_cursor', case when v_last.id is not null then private.page_cursor(jsonb_build_object('list', 'blocked',
            'priority', v_last.priority, 'created_at', v_last.created_at, 'id', v_last.id)) end);
end;
$$;
comment on function private.blocked_beads is 'See public.blocked_beads.';

create function public.blocked_beads(p_limit int default 50, p_cursor text default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.blocked_beads(p_project_id, p_limit, p_cursor);
$$;
comment on function public.blocked_beads is
    'Open beads that wait: {beads: [bead + blockers: [ref + through]], next_cursor}; through: the blocked ancestor.';

create function private.bead_stats(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.viewer(p_project_id);
    v_result jsonb;
begin
    select jsonb_build_object(
        'total', coalesce(sum(g.n) filter (where g.status <> 'tombstone'), 0),
        'deleted', coalesce(sum(g.n) filter (where g.status = 'tombstone'), 0),
        'by_status', coalesce(jsonb_object_agg(g.status, g.n) filter (where g.status <> 'tombstone'), '{}'),
        'ready', coalesce(sum(g.ready), 0), 'blocked', coalesce(sum(g.blocked), 0), 'deferred', coalesce(sum(g.deferred), 0))
    into v_result
    from (
        select b.status, count(*) as n,
            count(*) filter (where b.status = 'open' and not b.blocked and (b.defer_until is null or b.defer_until <= now())) as ready,
            count(*) filter (where b.blocked and b.status not in ('closed', 'tombstone')) as blocked,
            count(*) filter (where b.status = 'deferred' or b.status = 'open' and b.defer_until > now()) as deferred
        from public.beads as b where b.project_id = v_actor.project_id group by b.status) as g;
    return v_result || jsonb_build_object(
        'by_type', (
            select coalesce(jsonb_object_agg(g.issue_type, g.n), '{}') from (
                select b.issue_type, count(*) as n from public.beads as b
                where b.project_id = v_actor.project_id and b.status <> 'tombstone' group by b.issue_type) as g),
        'claims', (select count(*) from public.claims as c where c.project_id = v_actor.project_id and c.ended_at is null));
end;
$$;
comment on function private.bead_stats is 'See public.bead_stats.';

create function public.bead_stats(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.bead_stats(p_project_id);
$$;
comment on function public.bead_stats is
    'How many beads there are: {total, deleted, by_status, by_type, ready, blocked, deferred, claims}.';

revoke execute on function private.blocked_beads(uuid, int, text), public.blocked_beads(int, text, uuid),
    private.bead_stats(uuid), public.bead_stats(uuid) from public, anon, authenticated, service_role;
grant execute on function private.blocked_beads(uuid, int, text), public.blocked_beads(int, text, uuid),
    private.bead_stats(uuid), public.bead_stats(uuid) to authenticated;
