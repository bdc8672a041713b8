-- Ready work and claim_next: open, not blocked, not deferred; one's own first, then what nobody is assigned;
-- priority, then oldest. One scan of a partial index each, in the order it is offered.

create function private.ready_filters(
    p_actor private.actor_info, p_priority_max int, p_labels text[], p_types text[], p_apex_id text, p_unassigned boolean)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
    if p_apex_id is not null and not exists (
        select 1 from public.beads as b
        where b.project_id = p_actor.project_id and b.id = p_apex_id and b.status <> 'tombstone') then
        perform private.refuse_bead(p_actor.project_id, p_apex_id);
    end if;
    return jsonb_strip_nulls(jsonb_build_object(
        'priority_max', p_priority_max, 'labels', to_jsonb(nullif(private.label_filter(p_labels), '{}')),
        'types', to_jsonb(nullif(p_types, '{}')), 'unassigned', nullif(p_unassigned, false),
        'within', case when p_apex_id is not null then to_jsonb(private.descendants(p_actor.project_id, array[p_apex_id])) end));
end;
$$;
comment on function private.ready_filters is
    'The filters of ready work as given, null ones left out; within: ids of the tree below p_apex_id.';

create function private.ready_query(p_filters jsonb, p_own boolean, p_after boolean)
returns text
language sql
immutable
set search_path = ''
as $$
    -- Only what is asked for is in the text: a plan for all cases would not use the index's order.
    select 'select b.id::text from public.beads as b where b.project_id = $1 and b.status = ''open'' and not b.blocked'
        || case when p_own then ' and b.assignee = $2' else ' and b.assignee is null' end
        || ' and (b.defer_until is null or b.defer_until <= now())'
        || case when p_filters ? 'priority_max' then ' and b.priority <= ($3 ->> ''priority_max'')::int' else '' end
        || case when p_filters ? 'types'
            then ' and b.issue_type = any (array(select jsonb_array_elements_text($3 -> ''types'')))' else '' end
        || case when p_filters ? 'within'
            then ' and b.id = any (array(select jsonb_array_elements_text($3 -> ''within'')))' else '' end
        || case when p_filters ? 'labels'
            then ' and not exists (select 1 from jsonb_array_elements_text($3 -> ''labels'') as t (label) where not exists ('
                || 'select 1 from public.bead_labels as l where l.project_id = $1 and l.bead_id = b.id and l.label = t.label))'
            else '' end
        || case when p_after
            then ' and (b.priority, b.created_at, b.id) > (($4 ->> ''priority'')::int, ($4 ->> ''created_at'')::timestamptz, $4 ->> ''id'')'
            else '' end
        || ' order by b.priority, b.created_at, b.id';
$$;
comment on function private.ready_query is
    'The query for ids of ready work, own or unassigned: $1 project, $2 own name, $3 filters, $4 the place after which to go on.';

create function private.ready_ids(p_actor private.actor_info, p_filters jsonb, p_after jsonb, p_limit int)
returns text[]
language plpgsql
stable
set search_path = ''
as $$
declare
    v_ids  text[] := '{}';
    v_more text[];
    v_own  boolean;
begin
    foreach v_own in array array[true, false] loop
        continue when v_own and (p_filters ? 'unassigned' or (p_after ->> 'own')::boolean is false);
        execute format('select array(%s limit %s)',
            private.ready_query(p_filters, v_own, p_after is not null and (p_after ->> 'own')::boolean = v_own),
            p_limit - cardinality(v_ids))
        into v_more using p_actor.project_id, p_actor.name, p_filters, p_after;
        v_ids := v_ids || v_more;
        exit when cardinality(v_ids) >= p_limit;
    end loop;
    return v_ids;
end;
$$;
comment on function private.ready_ids is 'Ids of ready work in the order it is offered, at most p_limit, after a place or from the start.';

create function private.ready_beads(
    p_project_id uuid, p_limit int, p_priority_max int, p_labels text[], p_types text[], p_apex_id text,
    p_unassigned boolean, p_cursor text)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.viewer(p_project_id);
    v_after   jsonb := private.read_page_cursor(p_cursor, 'ready');
    v_limit   int := private.page_limit(p_limit);
    v_filters jsonb := private.ready_filters(v_actor, p_priority_max, p_labels, p_types, p_apex_id, p_unassigned);
    v_ids     text[] := private.ready_ids(v_actor, v_filters, v_after, v_limit + 1);
    v_last    public.beads;
begin
    if cardinality(v_ids) > v_limit then
        select * into v_last from public.beads as b where b.project_id = v_actor.project_id and b.id = v_ids[v_limit];
        v_ids := v_ids[1:v_limit];
    end if;
    return jsonb_build_object(
        'beads', private.beads_json(v_actor.project_id, v_ids),
        'missing_blockers', private.missing_blockers(v_actor.project_id, v_ids),
        'next_cursor', case when v_last.id is not null then private.page_cursor(jsonb_build_object('list', 'ready',
            'own', v_last.assignee is not null, 'priority', v_last.priority, 'created_at', v_last.created_at, 'id', v_last.id)) end);
end;
$$;
comment on function private.ready_beads is 'See public.ready_beads.';

create function public.ready_beads(
    p_limit int default 50, p_priority_max int default null, p_labels text[] default null, p_types text[] default null,
    p_apex_id text default null, p_unassigned boolean default false, p_cursor text default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.ready_beads(p_project_id, p_limit, p_priority_max, p_labels, p_types, p_apex_id, p_unassigned, p_cursor);
$$;
comment on function public.ready_beads is
    'Work that can start: one''s own first, then unassigned; {beads, missing_blockers: [{bead_id, depends_on_id}], next_cursor}.';

create function private.lock_free(p_actor private.actor_info, p_filters jsonb)
returns text
language plpgsql
set search_path = ''
as $$
declare
    v_id  text;
    v_own boolean;
begin
    foreach v_own in array array[true, false] loop
        continue when v_own and p_filters ? 'unassigned';
        execute private.ready_query(p_filters, v_own, false) || ' limit 1 for no key update of b skip locked'
        into v_id using p_actor.project_id, p_actor.name, p_filters, null::jsonb;
        if v_id is not null then
            return v_id;
        end if;
    end loop;
    -- Beads that were taken while we looked are locked now, though not returned. Who goes on to wait for
    -- others must not hold them, or two such callers wait for each other: undo this block.
    raise sqlstate 'BDH00';
exception when sqlstate 'BDH00' then
    return null;
end;
$$;
comment on function private.lock_free is 'The best ready bead that nobody else has locked, locked; null when there is none.';

create function private.lock_if_ready(p_actor private.actor_info, p_filters jsonb, p_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
    v_own boolean;
    v_fit boolean;
begin
    perform 1 from public.beads as b where b.project_id = p_actor.project_id and b.id = p_id for no key update;
    -- Whoever had it may have assigned, deferred or labelled it: asked again now that it is ours to look at.
    foreach v_own in array array[true, false] loop
        continue when v_own and p_filters ? 'unassigned';
        execute format('select exists (select 1 from (%s) as q (id) where q.id = $5)', private.ready_query(p_filters, v_own, false))
        into v_fit using p_actor.project_id, p_actor.name, p_filters, null::jsonb, p_id;
        if v_fit then
            return p_id;
        end if;
    end loop;
    raise sqlstate 'BDH00'; -- taken meanwhile: give its lock back
exception when sqlstate 'BDH00' then
    return null;
end;
$$;
comment on function private.lock_if_ready is 'Wait for the bead and lock it; null, and no lock, when it is ready no more.';

create function private.lock_next(p_actor private.actor_info, p_filters jsonb)
returns text
language plpgsql
set search_path = ''
as $$
declare
    -- First past the beads that others are taking; when nothing is left, one by one those: they may roll back.
    v_id text := private.lock_free(p_actor, p_filters);
begin
    while v_id is null loop
        v_id := (private.ready_ids(p_actor, p_filters, null, 1))[1];
        exit when v_id is null;
        v_id := private.lock_if_ready(p_actor, p_filters, v_id);
    end loop;
    return v_id;
end;
$$;
comment on function private.lock_next is 'The best ready bead, locked; null when there is none. Two callers never get the same.';

create function private.claim_next(
    p_project_id uuid, p_priority_max int, p_labels text[], p_types text[], p_apex_id text, p_unassigned boolean)
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_filters jsonb := private.ready_filters(v_actor, p_priority_max, p_labels, p_types, p_apex_id, p_unassigned);
    v_id      text;
begin
    perform private.lock_graph(v_actor.project_id, true);
    v_id := private.lock_next(v_actor, v_filters);
    if v_id is null then
        return '{"claim": null}';
    end if;
    return private.claim_locked(v_actor, v_id, false, null, false, null);
end;
$$;
comment on function private.claim_next is 'See public.claim_next.';

create function public.claim_next(
    p_priority_max int default null, p_labels text[] default null, p_types text[] default null, p_apex_id text default null,
    p_unassigned boolean default false, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.claim_next(p_project_id, p_priority_max, p_labels, p_types, p_apex_id, p_unassigned);
$$;
comment on function public.claim_next is
    'Claim the first of ready_beads with these filters: as claim_bead returns it, or {claim: null}. N callers at once get N beads.';

revoke execute on function private.ready_filters(private.actor_info, int, text[], text[], text, boolean),
    private.ready_query(jsonb, boolean, boolean), private.ready_ids(private.actor_info, jsonb, jsonb, int),
    private.ready_beads(uuid, int, int, text[], text[], text, boolean, text), private.lock_free(private.actor_info, jsonb),
    private.lock_if_ready(private.actor_info, jsonb, text), private.lock_next(private.actor_info, jsonb),
    private.claim_next(uuid, int, text[], text[], text,
    boolean),
    public.ready_beads(int, int, text[], text[], text, boolean, text, uuid),
    public.claim_next(int, text[], text[], text, boolean, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.ready_beads(uuid, int, int, text[], text[], text, boolean, text),
    private.claim_next(uuid, int, text[], text[], text, boolean),
    public.ready_beads(int, int, text[], text[], text, boolean, text, uuid),
    public.claim_next(int, text[], text[], text, boolean, uuid) to authenticated;
