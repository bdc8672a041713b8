-- Importing issues of bd, second half: storing a planned batch set by set, alone on the project's graph.

create function private.store_beads(p_project_id uuid, p_items private.import_item[])
returns void
language sql
set search_path = ''
as $$
    insert into public.beads as b (project_id, id, title, description, design, acceptance_criteria, notes, status, priority, issue_type,
        assignee, estimated_minutes, external_ref, defer_until, created_at, created_by, updated_at, closed_at, close_reason,
        deleted_at, deleted_by, delete_reason, original_type, extra)
    select p_project_id, r.id, r.title, r.description, r.design, r.acceptance_criteria, r.notes, coalesce(r.status, 'open'),
        coalesce(r.priority, 2), coalesce(r.issue_type, 'task'), r.assignee, r.estimated_minutes, r.external_ref, r.defer_until,
        coalesce(r.created_at, now()), r.created_by, coalesce(r.updated_at, r.created_at, now()), r.closed_at, r.close_reason,
        case when r.status = 'tombstone' then coalesce(r.deleted_at, r.updated_at, now()) else r.deleted_at end,
        r.deleted_by, r.delete_reason, r.original_type, private.unknown_fields(i.merged)
    from unnest(p_items) as i
    cross join lateral jsonb_populate_record(null::public.beads, private.known_fields(i.merged)) as r
    order by r.id
    on conflict (project_id, id) do update
    set (title, description, design, acceptance_criteria, notes, status, priority, issue_type, assignee, estimated_minutes,
        external_ref, defer_until, created_at, created_by, updated_at, closed_at, close_reason, deleted_at, deleted_by,
        delete_reason, original_type, extra) = row (
        excluded.title, excluded.description, excluded.design, excluded.acceptance_criteria, excluded.notes, excluded.status,
        excluded.priority, excluded.issue_type, excluded.assignee, excluded.estimated_minutes, excluded.external_ref,
        excluded.defer_until, excluded.created_at, excluded.created_by, excluded.updated_at, excluded.closed_at,
        excluded.close_reason, excluded.deleted_at, excluded.deleted_by, excluded.delete_reason, excluded.original_type, excluded.extra);
$$;
comment on function private.store_beads is 'Insert or overwrite the beads of an import.';

create function private.store_labels(p_project_id uuid, p_items private.import_item[])
returns void
language sql
set search_path = ''
as $$
    delete from public.bead_labels as l using unnest(p_items) as i
    where l.project_id = p_project_id and l.bead_id = i.id and not private.list_of(i.merged, 'labels') ? l.label;
    insert into public.bead_labels (project_id, bead_id, label)
    select p_project_id, i.id, t.label from unnest(p_items) as i
    cross join lateral jsonb_array_elements_text(private.list_of(i.merged, 'labels')) as t (label)
    where t.label <> ''
    on conflict do nothing;
$$;
comment on function private.store_labels is 'Make the labels those of the import.';

create function private.store_edges(p_project_id uuid, p_items private.import_item[])
returns void
language sql
set search_path = ''
as $$
    delete from public.bead_dependencies as e using unnest(p_items) as i
    where e.project_id = p_project_id and e.bead_id = i.id and not exists (
        select 1 from jsonb_array_elements(private.list_of(i.merged, 'dependencies')) as d
        where d ->> 'depends_on_id' = e.depends_on_id and coalesce(d ->> 'type', 'blocks') = e.type);
    insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type, created_at, created_by, source)
    select p_project_id, i.id, d.edge ->> 'depends_on_id', coalesce(d.edge ->> 'type', 'blocks'),
        coalesce((d.edge ->> 'created_at')::timestamptz, now()), d.edge ->> 'created_by', d.edge
    from unnest(p_items) with ordinality as i (id, incoming, hash, state, merged, fields, reason, kept, n)
    cross join lateral jsonb_array_elements(private.list_of(i.merged, 'dependencies')) with ordinality as d (edge, m)
    order by i.n, d.m
    on conflict do nothing;
$$;
comment on function private.store_edges is 'Make the dependencies those of the import, in its order; targets may be missing.';

create function private.store_comments(p_project_id uuid, p_items private.import_item[])
returns void
language sql
set search_path = ''
as $$
    insert into public.bead_comments (project_id, bead_id, author, body, created_at, source)
    select p_project_id, i.id, coalesce(c.comment ->> 'author', 'unknown'), coalesce(c.comment ->> 'text', ''),
        coalesce((c.comment ->> 'created_at')::timestamptz, now()), c.comment - 'text'
    from unnest(p_items) with ordinality as i (id, incoming, hash, state, merged, fields, reason, kept, n)
    cross join lateral jsonb_array_elements(private.list_of(i.incoming, 'comments')) with ordinality as c (comment, m)
    where not exists (
        select 1 from public.bead_comments as k
        where k.project_id = p_project_id and k.bead_id = i.id and k.body = coalesce(c.comment ->> 'text', '')
          and k.author = coalesce(c.comment ->> 'author', 'unknown')
          and (k.source ->> 'id' = c.comment ->> 'id' or k.created_at is not distinct from (c.comment ->> 'created_at')::timestamptz))
    order by i.n, c.m;
$$;
comment on function private.store_comments is 'Add comments that are not here yet; none is ever removed.';

create function private.remember_import(p_project_id uuid, p_items private.import_item[])
returns void
language sql
set search_path = ''
as $$
    -- While a local value was kept, the next import has to look again, against the same base.
    insert into private.bead_imports as l (project_id, bead_id, hash, marks, times)
    select p_project_id, i.id, case when i.kept is distinct from 'local' then i.hash end, private.field_marks(i.incoming),
        (select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(i.incoming) as f
        where f.key in ('created_at', 'updated_at', 'closed_at', 'deleted_at', 'defer_until') and f.value <> 'null')
    from unnest(p_items) as i
    on conflict (project_id, bead_id) do update
    set hash = excluded.hash, times = excluded.times, imported_at = now(),
        marks = case when excluded.hash is null then (
            select excluded.marks - i.fields || coalesce((
                select jsonb_object_agg(m.key, m.value) from jsonb_each(l.marks) as m where m.key = any (i.fields)), '{}')
            from unnest(p_items) as i where i.id = l.bead_id) else excluded.marks end;
$$;
comment on function private.remember_import is 'Remember what was imported, to merge the next import against.';

create function private.emit_imported(p_actor private.actor_info, p_items private.import_item[], p_source text)
returns void
language plpgsql
security definer -- appends to the log
set search_path = ''
as $$
declare
    v_last public.events;
begin
    with added as (
        insert into public.events (project_id, type, actor, entity_type, entity_id, data)
        select p_actor.project_id, case when i.state = 'new' then 'bead.created' else 'bead.updated' end, private.actor_json(p_actor),
            'bead', i.id, jsonb_build_object('title', i.merged -> 'title', 'imported', true, 'source', p_source)
        from unnest(p_items) as i where i.merged ->> 'status' is distinct from 'tombstone' or i.state <> 'new'
        returning *)
    select * into v_last from added as a order by a.seq desc limit 1;
    if found then
        -- One event per bead, but one hint for all: it says "read on", and 500 would say nothing else.
        perform private.topic_hint('project:' || p_actor.project_id, 'event',
            private.event_json(v_last) - array['at', 'actor', 'data']);
    end if;
end;
$$;
comment on function private.emit_imported is 'Log every bead of an import.';

create function private.store_import(p_actor private.actor_info, p_items private.import_item[], p_source text)
returns void
language plpgsql
security definer -- writes beads, claims, dependencies, comments
set search_path = ''
as $$
declare
    v_project uuid := p_actor.project_id;
    v_ids     text[] := array(select i.id from unnest(p_items) as i);
    v_below   text[];
begin
    perform private.skip_numbers(v_project, v_ids);
    perform private.lock_beads(v_project, '{}', v_ids);
    update public.claims as c
    set ended_at = clock_timestamp(), ended_reason = 'import', ended_by = private.actor_json(p_actor)
    from unnest(p_items) as i
    where c.project_id = v_project and c.bead_id = i.id and c.ended_at is null and i.merged ->> 'status' is distinct from 'in_progress';
    perform private.store_beads(v_project, p_items);
    perform private.store_labels(v_project, p_items);
    perform private.store_edges(v_project, p_items);
    perform private.store_comments(v_project, p_items);
    perform private.remember_import(v_project, p_items);
    perform private.sync_parents(v_project, v_ids);
    v_below := private.descendants(v_project, v_ids);
    perform private.refresh_blocked(v_project, v_below || coalesce(private.waiting_for(v_project, v_ids), '{}'));
    perform private.refresh_apexes(v_project, v_below);
    perform private.emit_imported(p_actor, p_items, p_source);
end;
$$;
comment on function private.store_import is 'Store planned items (new, changed) with all that follows from them.';

create function private.import_beads(p_project_id uuid, p_beads jsonb, p_mode text, p_source text)
returns jsonb
language plpgsql
security definer -- writes beads, claims, dependencies, comments
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_theirs  boolean := p_mode = 'theirs';
    v_items   private.import_item[];
    v_store   private.import_item[];
    v_invalid jsonb;
begin
    if jsonb_typeof(p_beads) is distinct from 'array' or jsonb_array_length(p_beads) > 500
        or p_mode not in ('merge', 'theirs', 'dry_run') then
        perform private.fail('bad_field', 400, 'An import is a list of at most 500 issues; mode merge, theirs or dry_run');
    end if;
    perform private.lock_graph(v_actor.project_id, false);
    select jsonb_agg(jsonb_build_object('id', t.bead -> 'id', 'fields', '[]'::jsonb, 'reason', 'invalid: ' || t.problem, 'kept', 'none')
        order by t.n) filter (where t.problem is not null),
        array_agg(private.plan_import(v_actor.project_id, t.bead, v_theirs) order by t.n) filter (where t.problem is null and t.last)
    into v_invalid, v_items
    from (
        select e.bead, e.n, private.import_problem(e.bead) as problem, e.n = max(e.n) over (partition by e.bead ->> 'id') as last
        from jsonb_array_elements(p_beads) with ordinality as e (bead, n)) as t;
    v_store := array(select i from unnest(v_items) as i where i.state in ('new', 'changed'));
    if p_mode <> 'dry_run' and cardinality(v_store) > 0 then
        perform private.store_import(v_actor, v_store, p_source);
    end if;
    if p_mode <> 'dry_run' then
        -- Compared and found equal: known by its hash from now on.
        perform private.remember_import(v_actor.project_id,
            array(select i from unnest(v_items) as i where i.state = 'unchanged' and i.merged is not null));
    end if;
    return jsonb_build_object(
        'created', (select count(*) from unnest(v_items) as i where i.state = 'new'),
        'updated', (select count(*) from unnest(v_items) as i where i.state = 'changed'),
        'unchanged', (select count(*) from unnest(v_items) as i where i.state = 'unchanged'),
        'conflicts', coalesce(v_invalid, '[]') || (
            select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'fields', coalesce(to_jsonb(i.fields), '[]'), 'reason', i.reason, 'kept', i.kept)), '[]')
            from unnest(v_items) as i where i.reason is not null));
end;
$$;
comment on function private.import_beads is 'See public.import_beads.';

create function public.import_beads(
    p_beads jsonb, p_mode text default 'merge', p_source text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.import_beads(p_project_id, p_beads, p_mode, p_source);
$$;
comment on function public.import_beads is
    'Import up to 500 issues of bd: {created, updated, unchanged, conflicts: [{id, fields, reason, kept}]}. p_mode: merge, theirs, '
    'dry_run.';

revoke execute on function private.store_beads(uuid, private.import_item[]), private.store_labels(uuid, private.import_item[]),
    private.store_edges(uuid, private.import_item[]), private.store_comments(uuid, private.import_item[]),
    private.remember_import(uuid, private.import_item[]), private.emit_imported(private.actor_info, private.import_item[], text),
    private.store_import(private.actor_info, private.import_item[], text), private.import_beads(uuid, jsonb, text, text),
    public.import_beads(jsonb, text, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.import_beads(uuid, jsonb, text, text), public.import_beads(jsonb, text, text, uuid) to authenticated;
