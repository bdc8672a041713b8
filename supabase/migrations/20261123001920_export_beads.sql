-- Exporting beads as issues of bd: the same fields that came in, times as they were written.

create function private.export_time(p_time timestamptz, p_written text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select to_jsonb(case when p_written::timestamptz = p_time then p_written else to_jsonb(p_time) #>> '{}' end);
$$;
comment on function private.export_time is 'A time as the import wrote it, offset and digits included, while it is still that instant.';

create function private.export_edges(p_project_id uuid, p_id text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_agg(coalesce(e.source, jsonb_strip_nulls(jsonb_build_object('issue_id', e.bead_id, 'depends_on_id', e.depends_on_id,
        'type', e.type, 'created_at', e.created_at, 'created_by', e.created_by))) order by e.seq)
    from public.bead_dependencies as e where e.project_id = p_project_id and e.bead_id = p_id;
$$;
comment on function private.export_edges is 'The dependencies of a bead as bd writes them; null for none.';

create function private.export_comments(p_project_id uuid, p_id text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_agg(case when c.source is not null then c.source || jsonb_build_object('text', c.body)
        else jsonb_build_object('id', c.id, 'issue_id', c.bead_id, 'author', c.author, 'text', c.body, 'created_at', c.created_at) end
        order by c.id)
    from public.bead_comments as c where c.project_id = p_project_id and c.bead_id = p_id;
$$;
comment on function private.export_comments is 'The comments of a bead as bd writes them; null for none.';

create function private.export_lists(p_project_id uuid, p_id text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(t.key, t.list) filter (where t.list is not null), '{}')
    from (values
        ('labels', (
            select jsonb_agg(l.label order by l.label) from public.bead_labels as l
            where l.project_id = p_project_id and l.bead_id = p_id)),
        ('dependencies', private.export_edges(p_project_id, p_id)),
        ('comments', private.export_comments(p_project_id, p_id))) as t (key, list);
$$;
comment on function private.export_lists is 'Labels, dependencies and comments of a bead, empty ones left out.';

create function private.export_bead(p_bead public.beads)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'id', p_bead.id, 'title', p_bead.title, 'description', p_bead.description, 'design', p_bead.design,
        'acceptance_criteria', p_bead.acceptance_criteria, 'notes', p_bead.notes, 'status', p_bead.status,
        'priority', p_bead.priority, 'issue_type', p_bead.issue_type, 'assignee', p_bead.assignee,
        'estimated_minutes', p_bead.estimated_minutes, 'external_ref', p_bead.external_ref,
        'defer_until', private.export_time(p_bead.defer_until, t.times ->> 'defer_until'),
        'created_at', private.export_time(p_bead.created_at, t.times ->> 'created_at'), 'created_by', p_bead.created_by,
        'updated_at', private.export_time(p_bead.updated_at, t.times ->> 'updated_at'),
        'closed_at', private.export_time(p_bead.closed_at, t.times ->> 'closed_at'), 'close_reason', p_bead.close_reason,
        'deleted_at', private.export_time(p_bead.deleted_at, t.times ->> 'deleted_at'), 'deleted_by', p_bead.deleted_by,
        'delete_reason', p_bead.delete_reason, 'original_type', p_bead.original_type))
        || p_bead.extra -- not stripped: what bdh does not know it does not touch
        || private.export_lists(p_bead.project_id, p_bead.id)
    from (
        select (select i.times from private.bead_imports as i
            where i.project_id = p_bead.project_id and i.bead_id = p_bead.id) as times) as t;
$$;
comment on function private.export_bead is 'A bead as one issue of bd''s JSONL.';

create function private.export_beads(p_project_id uuid, p_cursor text, p_limit int, p_since timestamptz)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
set plan_cache_mode = force_custom_plan -- the length of a page decides the plan
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_after jsonb := private.read_page_cursor(p_cursor, 'export');
    v_limit int := private.page_limit(p_limit, 500, 1000);
    v_ids   text[];
begin
    v_ids := array(
        select b.id::text from public.beads as b
        where b.project_id = v_actor.project_id and (v_after is null or b.id > v_after ->> 'id')
          and (p_since is null or b.updated_at > p_since)
        order by b.id limit v_limit + 1);
    return jsonb_build_object(
        'beads', (
            select coalesce(jsonb_agg(private.export_bead(b) order by b.id), '[]') from public.beads as b
            where b.project_id = v_actor.project_id and b.id = any (v_ids[1:v_limit])),
        'next_cursor', case when cardinality(v_ids) > v_limit then
            private.page_cursor(jsonb_build_object('list', 'export', 'id', v_ids[v_limit])) end);
end;
$$;
comment on function private.export_beads is 'See public.export_beads.';

create function public.export_beads(
    p_cursor text default null, p_limit int default 500, p_since timestamptz default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.export_beads(p_project_id, p_cursor, p_limit, p_since);
$$;
comment on function public.export_beads is
    'Every bead, deleted ones too, as issues of bd''s JSONL in id order, at most 1000 a page: {beads, next_cursor}. p_since: changed '
    'after.';

revoke execute on function private.export_time(timestamptz, text), private.export_edges(uuid, text), private.export_comments(uuid, text),
    private.export_lists(uuid, text), private.export_bead(public.beads), private.export_beads(uuid, text, int, timestamptz),
    public.export_beads(text, int, timestamptz, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.export_beads(uuid, text, int, timestamptz), public.export_beads(text, int, timestamptz,
    uuid) to authenticated;
