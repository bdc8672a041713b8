-- Creating a bead; edges of one bead and what is derived from edges.

create function private.add_edges(p_actor private.actor_info, p_id text, p_edges jsonb)
returns void
language plpgsql
security definer -- writes dependencies
set search_path = ''
as $$
declare
    v_edge   jsonb;
    v_target text;
    v_type   text;
begin
    for v_edge in select e from jsonb_array_elements(p_edges) as e loop
        v_target := case jsonb_typeof(v_edge) when 'string' then v_edge #>> '{}'
            else coalesce(v_edge ->> 'id', v_edge ->> 'depends_on_id') end;
        v_type := coalesce(private.clean_line(case jsonb_typeof(v_edge) when 'object' then v_edge ->> 'type' end, 100, 'The type'), 'blocks');
        if not exists (
            select 1 from public.beads as b
            where b.project_id = p_actor.project_id and b.id = v_target and b.status <> 'tombstone') then
            perform private.refuse_bead(p_actor.project_id, v_target);
        end if;
        if v_type in ('blocks', 'parent-child') or v_target = p_id then
            perform private.refuse_cycle(p_actor.project_id, p_id, v_target);
        end if;
        insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type, created_by)
        values (p_actor.project_id, p_id, v_target, v_type, p_actor.name)
        on conflict do nothing;
    end loop;
end;
$$;
comment on function private.add_edges is
    'Add dependencies of one bead, [id] or [{id, type}], under the exclusive graph lock; not_found (404), cycle (409).';

create function private.edges_changed(p_project_id uuid, p_ids text[])
returns text[]
language plpgsql
security definer -- writes what is derived from edges
set search_path = ''
as $$
declare
    v_below text[];
begin
    perform private.sync_parents(p_project_id, p_ids);
    v_below := private.descendants(p_project_id, p_ids);
    perform private.refresh_apexes(p_project_id, v_below);
    return private.refresh_blocked(p_project_id, v_below);
end;
$$;
comment on function private.edges_changed is
    'After edges of these beads were edited (exclusive graph lock): parents, claims'' apexes, blocked flags. Returns what is no longer '
    'blocked.';

create function private.set_parent(p_actor private.actor_info, p_ids text[], p_parent_id text)
returns void
language plpgsql
security definer -- writes dependencies
set search_path = ''
as $$
declare
    v_id text;
begin
    delete from public.bead_dependencies as e
    where e.project_id = p_actor.project_id and e.bead_id = any (p_ids) and e.type = 'parent-child'
      and e.depends_on_id is distinct from p_parent_id;
    if p_parent_id is not null then
        foreach v_id in array p_ids loop
            perform private.add_edges(p_actor, v_id,
                jsonb_build_array(jsonb_build_object('id', p_parent_id, 'type', 'parent-child')));
        end loop;
    end if;
    perform private.edges_changed(p_actor.project_id, p_ids);
end;
$$;
comment on function private.set_parent is
    'Put beads below p_parent_id, below nothing for null; exclusive graph lock, rows and subtrees locked.';

create function private.insert_bead(p_actor private.actor_info, p_id text, p_fields jsonb)
returns text
language plpgsql
security definer -- writes beads
set search_path = ''
as $$
declare
    v_id text := coalesce(p_id, private.next_bead_id(p_actor.project_id));
begin
    if p_id is not null then
        -- Before the insert: the project's row is always locked before a bead.
        perform private.skip_numbers(p_actor.project_id, array[p_id]);
    end if;
    insert into public.beads (project_id, id, title, description, design, acceptance_criteria, notes, status, priority,
        issue_type, assignee, estimated_minutes, external_ref, defer_until, created_by, closed_at)
    select p_actor.project_id, v_id, r.title, r.description, r.design, r.acceptance_criteria, r.notes,
        coalesce(nullif(r.status, 'in_progress'), 'open'), coalesce(r.priority, 2), coalesce(r.issue_type, 'task'), r.assignee,
        r.estimated_minutes, r.external_ref, r.defer_until, p_actor.name, case when r.status = 'closed' then now() end
    from jsonb_populate_record(null::public.beads, p_fields) as r
    on conflict do nothing;
    if not found then
        perform private.fail('conflict', 409, format('%s exists already', v_id), format('bdh show %s', v_id),
            jsonb_build_object('bead_id', v_id));
    end if;
    return v_id;
end;
$$;
comment on function private.insert_bead is
    'Insert a bead from checked fields, numbered unless p_id is given; conflict (409) for an id in use.';

create function private.create_bead(p_project_id uuid, p_fields jsonb, p_depends_on jsonb, p_id text, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes beads
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_fields  jsonb := private.checked_fields(v_actor, p_fields);
    v_done    jsonb := private.replayed(v_actor, p_idempotency_key, 'create_bead',
        jsonb_build_array(p_fields, p_depends_on, p_id));
    v_edges   jsonb := coalesce(nullif(p_depends_on, 'null'), '[]');
    v_id      text := private.clean_line(p_id, 200, 'The id');
    v_touched text[];
    v_bead    public.beads;
begin
    if v_done is not null then
        return v_done;
    end if;
    if v_id !~ '^[^[:space:][:cntrl:]]+$' then
        perform private.fail('bad_field', 400, 'An id has no spaces', 'bdh create TITLE --id bd-12', jsonb_build_object('field', 'id'));
    elsif jsonb_typeof(v_edges) <> 'array' or jsonb_array_length(v_edges) > 500 then
        perform private.fail('bad_field', 400, 'Dependencies are a list of at most 500, of ids or {id, type}', '["bd-12"]',
            jsonb_build_object('field', 'depends_on'));
    end if;
    if v_fields ->> 'parent_id' is not null then
        v_edges := jsonb_build_array(jsonb_build_object('id', v_fields -> 'parent_id', 'type', 'parent-child')) || v_edges;
    end if;
    perform private.lock_graph(v_actor.project_id, v_edges = '[]');
    v_id := private.insert_bead(v_actor, v_id, v_fields);
    perform private.set_labels(v_actor.project_id, array[v_id], v_fields);
    -- Dangling edges of imported beads may have waited for this very id.
    v_touched := private.descendants(v_actor.project_id, array[v_id])
        || coalesce(private.waiting_for(v_actor.project_id, array[v_id]), '{}');
    if v_edges <> '[]' or cardinality(v_touched) > 1 then
        perform private.lock_beads(v_actor.project_id, array[v_id], v_touched);
        perform private.add_edges(v_actor, v_id, v_edges);
        perform private.edges_changed(v_actor.project_id, array[v_id]);
        perform private.refresh_blocked(v_actor.project_id, v_touched);
    end if;
    perform private.emit(v_actor.project_id, 'bead.created', private.actor_json(v_actor), 'bead', v_id, jsonb_build_object(
        'title', v_fields -> 'title', 'priority', coalesce(v_fields -> 'priority', '2'), 'parent_id', v_fields -> 'parent_id'));
    if v_fields ->> 'status' = 'in_progress' then
        perform private.claim_locked(v_actor, v_id, false, null, false, null);
    end if;
    select * into v_bead from public.beads as b where b.project_id = v_actor.project_id and b.id = v_id;
    return private.remember(v_actor, p_idempotency_key, private.bead_json(v_bead));
end;
$$;
comment on function private.create_bead is 'See public.create_bead.';

create function public.create_bead(
    p_title text, p_description text default null, p_issue_type text default null, p_priority int default null,
    p_parent_id text default null, p_labels text[] default null, p_assignee text default null, p_design text default null,
    p_acceptance_criteria text default null, p_notes text default null, p_depends_on jsonb default null,
    p_estimated_minutes int default null, p_external_ref text default null, p_defer_until timestamptz default null,
    p_status text default null, p_id text default null, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.create_bead(p_project_id,
        jsonb_build_object('title', p_title) || jsonb_strip_nulls(jsonb_build_object(
            'description', p_description, 'issue_type', p_issue_type, 'priority', p_priority, 'parent_id', p_parent_id,
            'labels', p_labels, 'assignee', p_assignee, 'design', p_design, 'acceptance_criteria', p_acceptance_criteria,
            'notes', p_notes, 'estimated_minutes', p_estimated_minutes, 'external_ref', p_external_ref,
            'defer_until', p_defer_until, 'status', p_status)),
        p_depends_on, p_id, p_idempotency_key);
$$;
comment on function public.create_bead is
    'Create a bead (task, priority 2 unless said; p_depends_on: [id] or [{id, type}]). status in_progress claims it. Returns the bead.';

revoke execute on function private.add_edges(private.actor_info, text, jsonb), private.edges_changed(uuid, text[]),
    private.set_parent(private.actor_info, text[], text), private.insert_bead(private.actor_info, text, jsonb),
    private.create_bead(uuid, jsonb, jsonb, text, text),
    public.create_bead(text, text, text, int, text, text[], text, text, text, text, jsonb, int, text, timestamptz, text, text, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.create_bead(uuid, jsonb, jsonb, text, text),
    public.create_bead(text, text, text, int, text, text[], text, text, text, text, jsonb, int, text, timestamptz, text, text, text, uuid)
    to authenticated;
