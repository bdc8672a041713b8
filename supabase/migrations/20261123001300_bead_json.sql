-- How beads and claims look on the wire, and the cursors of their lists.

create function private.bead_ref(p_bead public.beads)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('id', p_bead.id, 'title', p_bead.title, 'status', p_bead.status, 'priority', p_bead.priority,
        'issue_type', p_bead.issue_type, 'assignee', p_bead.assignee);
$$;
comment on function private.bead_ref is 'A bead named by another: {id, title, status, priority, issue_type, assignee}.';

create function private.bead_core(p_bead public.beads)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_bead.id, 'title', p_bead.title, 'description', p_bead.description, 'design', p_bead.design,
        'acceptance_criteria', p_bead.acceptance_criteria, 'notes', p_bead.notes, 'status', p_bead.status,
        'priority', p_bead.priority, 'issue_type', p_bead.issue_type, 'parent_id', p_bead.parent_id,
        'labels', array(select l.label from public.bead_labels as l
            where l.project_id = p_bead.project_id and l.bead_id = p_bead.id order by l.label),
        'assignee', p_bead.assignee, 'created_at', p_bead.created_at, 'updated_at', p_bead.updated_at,
        'closed_at', p_bead.closed_at, 'close_reason', p_bead.close_reason, 'defer_until', p_bead.defer_until,
        'estimated_minutes', p_bead.estimated_minutes, 'external_ref', p_bead.external_ref, 'created_by', p_bead.created_by,
        -- Kept for closed beads too (they may reopen), but nobody waits with finished work.
        'blocked', p_bead.blocked and p_bead.status not in ('closed', 'tombstone'));
$$;
comment on function private.bead_core is 'The wire shape of a bead without its claim.';

create function private.bead_json(p_bead public.beads)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.bead_core(p_bead) || jsonb_build_object('claim',
        case when p_bead.status = 'in_progress' then (
            select private.claim_json(c) from public.claims as c
            where c.project_id = p_bead.project_id and c.bead_id = p_bead.id and c.ended_at is null) end);
$$;
comment on function private.bead_json is 'The wire shape of a bead: its fields, labels and live claim.';

create function private.beads_json(p_project_id uuid, p_ids text[])
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(private.bead_json(b) order by t.n), '[]')
    from unnest(p_ids) with ordinality as t (id, n)
    join public.beads as b on b.project_id = p_project_id and b.id = t.id;
$$;
comment on function private.beads_json is 'Beads by id, in the order given.';

create function private.blockers_of(p_project_id uuid, p_id text)
returns jsonb
language sql
stable
set search_path = ''
as $$
    with recursive up (id) as (
        select p_id collate "C"
        union
        select e.depends_on_id from up as u
        join public.beads as a on a.project_id = p_project_id and a.id = u.id and a.status <> 'tombstone'
        join public.bead_dependencies as e
            on e.project_id = p_project_id and e.bead_id = u.id and e.type = 'parent-child'
    )
    select coalesce(jsonb_agg(private.bead_ref(b) || jsonb_build_object('through', nullif(u.id, p_id)) order by b.id), '[]')
    from up as u
    join public.beads as a on a.project_id = p_project_id and a.id = u.id and a.status <> 'tombstone'
    join public.bead_dependencies as e on e.project_id = p_project_id and e.bead_id = u.id and e.type = 'blocks'
    join public.beads as b
        on b.project_id = p_project_id and b.id = e.depends_on_id and b.status not in ('closed', 'tombstone');
$$;
comment on function private.blockers_of is
    'The open beads that hold this one back; through: the blocked ancestor, null for its own blockers.';

create function private.missing_blockers(p_project_id uuid, p_ids text[])
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object('bead_id', e.bead_id, 'depends_on_id', e.depends_on_id) order by e.bead_id, e.seq), '[]')
    from public.bead_dependencies as e
    where e.project_id = p_project_id and e.bead_id = any (p_ids) and e.type = 'blocks'
      and not exists (select 1 from public.beads as b where b.project_id = p_project_id and b.id = e.depends_on_id);
$$;
comment on function private.missing_blockers is 'Blockers that are not here and therefore count as satisfied: [{bead_id, depends_on_id}].';

create function private.label_filter(p_labels text[])
returns text[]
language sql
immutable
set search_path = ''
as $$
    select array(select distinct trim(t) from unnest(p_labels) as t where trim(t) <> '');
$$;
comment on function private.label_filter is 'Distinct labels without surrounding space or empty ones.';

create or replace function private.status_claims(p_project_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(h.holder_id, h.claims), '{}')
    from (
        select c.holder_id, jsonb_agg(jsonb_build_object(
            'id', c.id, 'bead_id', c.bead_id, 'bead_title', b.title, 'apex_id', c.apex_id, 'apex_title', a.title,
            'epoch', c.epoch, 'claimed_at', c.claimed_at, 'ended_at', null, 'ended_reason', null,
            'stale', p.last_seen < now() - s.after) order by c.claimed_at desc) as claims
        from public.claims as c
        join public.beads as b on b.project_id = c.project_id and b.id = c.bead_id
        left join public.beads as a on a.project_id = c.project_id and a.id = c.apex_id
        join public.presence as p on p.workspace_id = c.holder_id
        cross join private.stale_after(p_project_id) as s (after)
        where c.project_id = p_project_id and c.ended_at is null
        group by c.holder_id) as h;
$$;
comment on function private.status_claims is
    'Live claims by workspace id, the newest first: {id: [claim]}, without holder, which is the key.';

create or replace function private.status_counts(p_project_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object('claims', count(*)) from public.claims as c
    where c.project_id = p_project_id and c.ended_at is null;
$$;
comment on function private.status_counts is 'Further counts for the team''s status: {claims}.';

create function private.page_cursor(p_place jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
    select translate(encode(convert_to(p_place::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
$$;
comment on function private.page_cursor is 'The opaque token for a place in a list.';

create function private.read_page_cursor(p_cursor text, p_list text)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_place jsonb;
begin
    if p_cursor is null then
        return null;
    end if;
    begin
        v_place := convert_from(decode(
            translate(p_cursor, '-_', '+/') || repeat('=', (4 - length(p_cursor) % 4) % 4), 'base64'), 'UTF8')::jsonb;
        -- Whoever makes one up shall hear that it is none, not which cast failed.
        perform (v_place ->> k)::timestamptz from unnest(array['at', 'created_at', 'updated_at']) as k;
        perform (v_place ->> k)::int from unnest(array['priority', 'version']) as k;
        perform (v_place ->> 'own')::boolean, case when p_list in ('claims', 'locks') then (v_place ->> 'id')::uuid end;
    exception when data_exception then
        v_place := null;
    end;
    if v_place ->> 'list' is distinct from p_list then
        perform private.fail('bad_cursor', 400, 'This cursor was not made by bdh for this list', 'Leave the cursor out to start again');
    end if;
    return v_place;
end;
$$;
comment on function private.read_page_cursor is
    'The place that private.page_cursor encoded for this list; null for null; bad_cursor (400).';

create function private.page_limit(p_limit int, p_default int default 50, p_max int default 500)
returns int
language sql
immutable
set search_path = ''
as $$
    select least(greatest(coalesce(p_limit, p_default), 1), p_max);
$$;
comment on function private.page_limit is 'A page''s length within its bounds.';

revoke execute on function private.bead_ref(public.beads), private.bead_core(public.beads), private.bead_json(public.beads),
    private.beads_json(uuid, text[]), private.blockers_of(uuid, text), private.missing_blockers(uuid, text[]),
    private.label_filter(text[]), private.status_claims(uuid), private.status_counts(uuid), private.page_cursor(jsonb),
    private.read_page_cursor(text, text), private.page_limit(int, int, int)
    from public, anon, authenticated, service_role;
