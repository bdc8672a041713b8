-- Reading beads: one, many, blocked ones, figures.

create function private.dependency_refs(p_project_id uuid, p_id text, p_dependents boolean)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        case when b.id is null then jsonb_build_object('id', o.id, 'title', null, 'status', null) else private.bead_ref(b) end
        || jsonb_build_object('type', o.type, 'missing', b.id is null) order by o.seq), '[]')
    from (
        -- Two branches, of which one is never run: a condition for both cases would use no index.
        select e.depends_on_id as id, e.type, e.seq from public.bead_dependencies as e
        where not p_dependents and e.project_id = p_project_id and e.bead_id = p_id
        union all
        select e.bead_id, e.type, e.seq from public.bead_dependencies as e
        where p_dependents and e.project_id = p_project_id and e.depends_on_id = p_id) as o
    left join public.beads as b on b.project_id = p_project_id and b.id = o.id and b.status <> 'tombstone';
$$;
comment on function private.dependency_refs is
    'Dependencies of a bead, or its dependents: refs with the type; missing: not here (any more).';

create function private.show_bead(p_project_id uuid, p_id text)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_bead  public.beads;
begin
    select * into v_bead from public.beads as b where b.project_id = v_actor.project_id and b.id = p_id;
    if not found or v_bead.status = 'tombstone' then
        perform private.refuse_bead(v_actor.project_id, p_id);
    end if;
    return private.bead_json(v_bead) || jsonb_build_object(
        'parent', (
            select private.bead_ref(b) from public.beads as b
            where b.project_id = v_actor.project_id and b.id = v_bead.parent_id and b.status <> 'tombstone'),
        'children', (
            select coalesce(jsonb_agg(private.bead_ref(b) order by b.priority, b.created_at, b.id), '[]')
            from public.bead_dependencies as e
            join public.beads as b on b.project_id = e.project_id and b.id = e.bead_id and b.status <> 'tombstone'
            where e.project_id = v_actor.project_id and e.depends_on_id = p_id and e.type = 'parent-child'),
        'dependencies', private.dependency_refs(v_actor.project_id, p_id, false),
        'dependents', private.dependency_refs(v_actor.project_id, p_id, true),
        'blockers', case when v_bead.blocked then private.blockers_of(v_actor.project_id, p_id) else '[]' end,
        'comments', (
            select coalesce(jsonb_agg(private.comment_json(c) order by c.id), '[]') from public.bead_comments as c
            where c.project_id = v_actor.project_id and c.bead_id = p_id),
        'claims', (
            select coalesce(jsonb_agg(private.claim_json(c) order by c.epoch desc), '[]') from (
                select * from public.claims as q
                where q.project_id = v_actor.project_id and q.bead_id = p_id order by q.epoch desc limit 20) as c),
        'epoch', v_bead.claim_epoch, 'extra', v_bead.extra);
end;
$$;
comment on function private.show_bead is 'See public.show_bead.';

create function public.show_bead(p_id text, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.show_bead(p_project_id, p_id);
$$;
comment on function public.show_bead is
    'A bead with {parent, children, dependencies, dependents, blockers, comments, claims (newest first, 20), epoch, extra}. not_found '
    '(404).';

create function private.list_order(p_sort text)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_sorts constant jsonb := '{
        "priority": {
            "by": "b.priority, b.created_at, b.id",
            "after": "(b.priority, b.created_at, b.id) > (($3 ->> ''priority'')::int, ($3 ->> ''created_at'')::timestamptz, $3 ->> ''id'')"},
        "created": {
            "by": "b.created_at desc, b.id desc",
            "after": "(b.created_at, b.id) < (($3 ->> ''created_at'')::timestamptz, $3 ->> ''id'')"},
        "updated": {
            "by": "b.updated_at desc, b.id desc",
            "after": "(b.updated_at, b.id) < (($3 ->> ''updated_at'')::timestamptz, $3 ->> ''id'')"}
    }';
begin
    if not v_sorts ? p_sort then
        perform private.fail('bad_field', 400, format('Beads cannot be sorted by %s', p_sort), 'priority, created or updated');
    end if;
    return v_sorts -> p_sort;
end;
$$;
comment on function private.list_order is 'The order of a list and its keyset condition ($3: the place); bad_field (400).';

create function private.list_conditions(p_filters jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
    -- Only what is asked for is in the text, so that every combination gets its own plan; values stay parameters.
    select string_agg(c.condition, ' and ') from (values
        (true, 'b.project_id = $1 and b.status <> ''tombstone'''),
        (not (p_filters ? 'include_closed' or p_filters ? 'status'), 'b.status not in (''closed'', ''tombstone'')'),
        (p_filters ? 'status', 'b.status = any (array(select jsonb_array_elements_text($2 -> ''status'')))'),
        (p_filters ? 'types', 'b.issue_type = any (array(select jsonb_array_elements_text($2 -> ''types'')))'),
        (p_filters ? 'priority_min', 'b.priority >= ($2 ->> ''priority_min'')::int'),
        (p_filters ? 'priority_max', 'b.priority <= ($2 ->> ''priority_max'')::int'),
        (p_filters ? 'labels', 'b.id in (select l.bead_id from public.bead_labels as l where l.project_id = $1'
            || ' and l.label = any (array(select jsonb_array_elements_text($2 -> ''labels'')))'
            || ' group by l.bead_id having count(*) = jsonb_array_length($2 -> ''labels''))'),
        (p_filters ? 'assignee', 'b.assignee = $2 ->> ''assignee'''),
        (p_filters ? 'within', 'b.id = any (array(select jsonb_array_elements_text($2 -> ''within'')))'),
        (p_filters ? 'parent_id', 'b.id in (select e.bead_id from public.bead_dependencies as e where e.project_id = $1'
            || ' and e.depends_on_id = $2 ->> ''parent_id'' and e.type = ''parent-child'')'),
        (p_filters ? 'claimed_by', 'b.id in (select c.bead_id from public.claims as c where c.project_id = $1'
            || ' and c.ended_at is null and c.holder_id = ($2 ->> ''claimed_by'')::uuid)'),
        (p_filters ? 'ready', '(b.status = ''open'' and not b.blocked and (b.defer_until is null or b.defer_until <= now()))'
            || ' = ($2 ->> ''ready'')::boolean'),
        (p_filters ? 'updated_since', 'b.updated_at >= ($2 ->> ''updated_since'')::timestamptz'),
        (p_filters ? 'query', 'b.id in (select s.bead_id from private.bead_search as s where s.project_id = $1'
            || ' and s.document @@ private.search_query($2 ->> ''query''))')
    ) as c (given, condition) where c.given;
$$;
comment on function private.list_conditions is 'The condition of list_beads for the filters given: $1 project, $2 filters.';

create function private.check_statuses(p_project_id uuid, p_statuses jsonb)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
    v_known constant text[] := '{open, in_progress, blocked, deferred, closed, tombstone}';
    v_odd   text;
begin
    -- Imported beads keep whatever status they had, so any that one of them has may be asked for.
    select left(s, 100) into v_odd from jsonb_array_elements_text(p_statuses) as s
    where s <> all (v_known)
        and not exists (select 1 from public.beads as b where b.project_id = p_project_id and b.status = s)
    limit 1;
    if found then
        perform private.fail('bad_field', 400, format('No bead has the status %s', v_odd),
            'open, in_progress, blocked, deferred or closed', jsonb_build_object('field', 'status'));
    end if;
end;
$$;
comment on function private.check_statuses is 'Refuse a status that bdh does not know and no bead of the project has; bad_field (400).';

create function private.list_beads(p_project_id uuid, p_filters jsonb, p_sort text, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.viewer(p_project_id);
    v_sort    text := coalesce(p_sort, 'priority');
    v_order   jsonb := private.list_order(v_sort);
    v_after   jsonb := private.read_page_cursor(p_cursor, 'beads ' || v_sort);
    v_limit   int := private.page_limit(p_limit);
    v_filters jsonb := p_filters;
    v_ids     text[];
    v_last    public.beads;
begin
    perform private.check_statuses(v_actor.project_id, v_filters -> 'status');
    if v_filters ? 'apex_id' then
        v_filters := v_filters || jsonb_build_object('within',
            private.descendants(v_actor.project_id, array[v_filters ->> 'apex_id']));
    end if;
    if v_filters ? 'claimed_by' then
        v_filters := v_filters || jsonb_build_object('claimed_by', case lower(v_filters ->> 'claimed_by') when 'me' then v_actor.id
            else coalesce((private.find_party(v_actor.project_id, v_filters ->> 'claimed_by') ->> 'id')::uuid,
                (private.resolve_alias(v_actor.project_id, v_filters ->> 'claimed_by')).id) end);
    end if;
    if v_filters ? 'assignee' then
        v_filters := v_filters || jsonb_build_object('assignee', private.resolve_assignee(v_actor, v_filters ->> 'assignee'));
    end if;
    execute format('select array(select b.id::text from public.beads as b where %s%s order by %s limit %s)',
        private.list_conditions(v_filters), case when v_after is not null then ' and ' || (v_order ->> 'after') end,
        v_order ->> 'by', v_limit + 1)
    into v_ids using v_actor.project_id, v_filters, v_after;
    if cardinality(v_ids) > v_limit then
        select * into v_last from public.beads as b where b.project_id = v_actor.project_id and b.id = v_ids[v_limit];
    end if;
    return jsonb_build_object('beads', private.beads_json(v_actor.project_id, v_ids[1:v_limit]),
        'next_cursor', case when v_last.id is not null then private.page_cursor(jsonb_build_object('list', 'beads ' || v_sort,
            'priority', v_last.priority, 'created_at', v_last.created_at, 'updated_at', v_last.updated_at, 'id', v_last.id)) end);
end;
$$;
comment on function private.list_beads is 'See public.list_beads.';

create function public.list_beads(
    p_query text default null, p_status text[] default null, p_types text[] default null, p_priority_min int default null,
    p_priority_max int default null, p_labels text[] default null, p_assignee text default null, p_parent_id text default null,
    p_apex_id text default null, p_claimed_by text default null, p_ready boolean default null,
    p_include_closed boolean default false, p_updated_since timestamptz default null, p_sort text default 'priority',
    p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_beads(p_project_id, jsonb_strip_nulls(jsonb_build_object(
        'query', nullif(trim(p_query), ''), 'status', nullif(p_status, '{}'), 'types', nullif(p_types, '{}'), 'priority_min', p_priority_min,
        'priority_max', p_priority_max, 'labels', nullif(array(select distinct t from unnest(p_labels) as t), '{}'),
        'assignee', p_assignee, 'parent_id', p_parent_id, 'apex_id', p_apex_id, 'claimed_by', p_claimed_by, 'ready', p_ready,
        'include_closed', nullif(p_include_closed, false), 'updated_since', p_updated_since)),
        p_sort, p_cursor, p_limit);
$$;
comment on function public.list_beads is
    'Beads, open ones unless p_status or p_include_closed: {beads, next_cursor}. p_query: words of title, description, id. p_sort: '
    'priority, created, updated.';

revoke execute on function private.dependency_refs(uuid, text, boolean), private.show_bead(uuid, text), public.show_bead(text, uuid),
    private.list_order(text), private.list_conditions(jsonb), private.check_statuses(uuid, jsonb),
    private.list_beads(uuid, jsonb, text, text, int),
    public.list_beads(text, text[], text[], int, int, text[], text, text, text, text, boolean, boolean, timestamptz, text, text, int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.show_bead(uuid, text), public.show_bead(text, uuid),
    private.list_beads(uuid, jsonb, text, text, int),
    public.list_beads(text, text[], text[], int, int, text[], text, text, text, text, boolean, boolean, timestamptz, text, text, int, uuid)
    to authenticated;
