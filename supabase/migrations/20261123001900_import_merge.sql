-- Importing issues of bd, first half: what is new, unchanged, changed here, changed there, or both. Against
-- the state of the last import every field is merged three ways, so an edit on one side alone always wins.

create table private.bead_imports (
    project_id  uuid not null,
    bead_id     text collate "C" not null,
    hash        text,
    marks       jsonb not null,
    times       jsonb not null,
    imported_at timestamptz not null default now(),
    constraint bead_imports_pkey primary key (project_id, bead_id),
    constraint bead_imports_bead_fkey foreign key (project_id, bead_id) references public.beads (project_id, id) on delete cascade
);
comment on table private.bead_imports is
    'The last import of a bead. hash: of the whole object, null after a conflict; marks: of each field; times: as they were written.';
alter table private.bead_imports enable row level security;
revoke all on private.bead_imports from public, anon, authenticated, service_role;

create type private.import_item as (
    id       text,
    incoming jsonb,
    hash     text,
    state    text,
    merged   jsonb,
    fields   text[],
    reason   text,
    kept     text
);
comment on type private.import_item is
    'One bead of an import. state: new, changed, unchanged, refused; merged: what to store; fields, reason, kept (local, import): the '
    'conflict, if any.';

create function private.known_fields(p_bead jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(p_bead) as f
    where f.key = any ('{id, title, description, design, acceptance_criteria, notes, status, priority, issue_type, assignee,
        estimated_minutes, external_ref, defer_until, created_at, created_by, updated_at, closed_at, close_reason, deleted_at,
        deleted_by, delete_reason, original_type}'::text[]);
$$;
comment on function private.known_fields is 'The fields of an issue that have a column of the same name here.';

create function private.unknown_fields(p_bead jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(p_bead) as f
    where not private.known_fields(p_bead) ? f.key and f.key not in ('labels', 'dependencies', 'comments');
$$;
comment on function private.unknown_fields is 'The fields of an issue that bdh only keeps.';

create function private.list_of(p_bead jsonb, p_key text)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select case when jsonb_typeof(p_bead -> p_key) = 'array' then p_bead -> p_key else '[]' end;
$$;
comment on function private.list_of is 'A list of an issue; empty when it is absent or null.';

create function private.import_problem(p_bead jsonb)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
    v_row public.beads;
begin
    if jsonb_typeof(p_bead) <> 'object' or jsonb_typeof(p_bead -> 'id') is distinct from 'string' then
        return 'not an issue: no id';
    elsif p_bead ->> 'id' !~ '^[^[:space:][:cntrl:]]{1,200}$' then
        return 'not a usable id';
    elsif jsonb_typeof(p_bead -> 'title') is distinct from 'string' or p_bead ->> 'title' = '' then
        return 'no title';
    elsif exists (
        select 1 from jsonb_each(p_bead) as f
        where f.key in ('labels', 'dependencies', 'comments') and jsonb_typeof(f.value) not in ('array', 'null')) then
        return 'labels, dependencies and comments must be lists';
    elsif exists (
        select 1 from jsonb_array_elements(private.list_of(p_bead, 'dependencies')) as d
        where d ->> 'depends_on_id' is null or d ->> 'depends_on_id' !~ '^[^[:space:][:cntrl:]]{1,200}$'
          or length(coalesce(d ->> 'type', 'blocks')) not between 1 and 100) then
        return 'a dependency names no usable id or type';
    elsif exists (select 1 from jsonb_array_elements(private.list_of(p_bead, 'comments')) as c where jsonb_typeof(c) <> 'object')
        or exists (select 1 from jsonb_array_elements_text(private.list_of(p_bead, 'labels')) as l where length(l) > 200) then
        return 'a comment or a label is not one';
    end if;
    begin
        v_row := jsonb_populate_record(null::public.beads, private.known_fields(p_bead));
        if exists (
            select 1 from (
                select unnest(array[v_row.created_at, v_row.updated_at, v_row.closed_at, v_row.deleted_at, v_row.defer_until])
                union all
                select (e ->> 'created_at')::timestamptz
                from jsonb_array_elements(private.list_of(p_bead, 'comments') || private.list_of(p_bead, 'dependencies')) as e) as t (at)
            where not t.at between '0001-01-02Z' and '9999-12-30Z') then
            return 'a time that no clock shows';
        end if;
    exception when data_exception then
        return sqlerrm;
    end;
    return case when coalesce(v_row.status, 'open') = '' then 'an empty status'
        -- Assignees are in an index, whose entries are small.
        when length(v_row.assignee) > 200 or length(v_row.status) > 200 or length(v_row.issue_type) > 200 then
            'an assignee, status or type of more than 200 characters' end;
end;
$$;
comment on function private.import_problem is 'Why an issue cannot be stored at all; null when it can.';

create function private.field_marks(p_bead jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $$
    -- A status and what came with it are one fact. Times compare as instants, lists as sets.
    select coalesce(jsonb_object_agg(m.unit, left(md5(m.content), 12)), '{}')
    from (
        select case when f.key in ('closed_at', 'close_reason', 'deleted_at', 'deleted_by', 'delete_reason', 'original_type')
                then 'status' else f.key end as unit,
            string_agg(f.key || case
                when f.key in ('created_at', 'closed_at', 'deleted_at', 'defer_until')
                    then extract(epoch from (f.value #>> '{}')::timestamptz)::text
                when f.key = 'labels' then (select string_agg(distinct l, ',' order by l) from jsonb_array_elements_text(f.value) as l)
                when f.key = 'dependencies' then (
                    select string_agg(distinct k, ',' order by k) from (
                        select concat(d ->> 'depends_on_id', ' ', coalesce(d ->> 'type', 'blocks')) as k
                        from jsonb_array_elements(f.value) as d) as t)
                else f.value::text end, ';' order by f.key) as content
        from jsonb_each(p_bead) as f
        where f.key not in ('id', 'updated_at', 'comments') and f.value not in ('null', '[]')
        group by 1) as m;
$$;
comment on function private.field_marks is 'A short hash of each field of an issue, to tell which changed.';

create function private.take_field(p_onto jsonb, p_from jsonb, p_unit text)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select p_onto - k.keys || coalesce((select jsonb_object_agg(f.key, f.value) from jsonb_each(p_from) as f where f.key = any (k.keys)), '{}')
    from (select case when p_unit = 'status'
        then '{status, closed_at, close_reason, deleted_at, deleted_by, delete_reason, original_type}'::text[]
        else array[p_unit] end as keys) as k;
$$;
comment on function private.take_field is 'p_onto with one field (for status: all that belongs to it) as p_from has it.';

create function private.merge_import(p_local jsonb, p_incoming jsonb, p_base jsonb, p_keep_local boolean)
returns private.import_item
language plpgsql
stable
set search_path = ''
as $$
declare
    v_local jsonb := private.field_marks(p_local);
    v_there jsonb := private.field_marks(p_incoming);
    v_item  private.import_item;
    v_unit  text;
begin
    v_item.merged := p_local || jsonb_build_object('comments', p_incoming -> 'comments');
    for v_unit in select k from jsonb_object_keys(v_local || v_there) as k order by k loop
        continue when v_local -> v_unit is not distinct from v_there -> v_unit
            or p_base is not null and v_there -> v_unit is not distinct from p_base -> v_unit;
        if p_base is null or v_local -> v_unit is distinct from p_base -> v_unit then
            v_item.fields := v_item.fields || v_unit;
            v_item.kept := case when p_keep_local then 'local' else 'import' end;
            continue when p_keep_local;
        end if;
        v_item.merged := private.take_field(v_item.merged, p_incoming, v_unit);
    end loop;
    if (p_incoming ->> 'updated_at')::timestamptz > (p_local ->> 'updated_at')::timestamptz then
        v_item.merged := v_item.merged || jsonb_build_object('updated_at', p_incoming -> 'updated_at');
    end if;
    return v_item;
end;
$$;
comment on function private.merge_import is
    'Three ways: what changed on one side since p_base (marks) is taken; fields changed on both are listed, the local value kept if '
    'p_keep_local.';

create function private.refused_import(p_reason text)
returns private.import_item
language sql
immutable
set search_path = ''
as $$
    select row (null, null, null, 'refused', null, null, p_reason, 'local')::private.import_item;
$$;
comment on function private.refused_import is 'An issue that is left as it is here, and listed.';

create function private.plan_import(p_project_id uuid, p_incoming jsonb, p_theirs boolean)
returns private.import_item
language plpgsql
stable
set search_path = ''
as $$
declare
    v_item  private.import_item;
    v_last  private.bead_imports;
    v_bead  public.beads;
    v_local jsonb;
begin
    select * into v_last from private.bead_imports as i where i.project_id = p_project_id and i.bead_id = p_incoming ->> 'id';
    select * into v_bead from public.beads as b where b.project_id = p_project_id and b.id = p_incoming ->> 'id';
    if v_last.hash = md5(p_incoming::text) then
        v_item.state := 'unchanged';
    elsif v_bead.id is null then
        v_item.state := 'new';
        v_item.merged := p_incoming;
    elsif v_bead.status = 'tombstone' and p_incoming ->> 'status' is distinct from 'tombstone' then
        v_item := private.refused_import('deleted here');
    elsif v_last.bead_id is null and v_bead.created_at <> (p_incoming ->> 'created_at')::timestamptz then
        v_item := private.refused_import('another bead has this id here');
    elsif not p_theirs and (p_incoming ->> 'updated_at')::timestamptz < (v_last.times ->> 'updated_at')::timestamptz then
        v_item := private.refused_import('older than what was imported before');
    else
        v_local := private.export_bead(v_bead);
        v_item := private.merge_import(v_local, p_incoming, v_last.marks, not p_theirs
            and coalesce(v_bead.updated_at > (p_incoming ->> 'updated_at')::timestamptz, false));
        v_item.reason := case when v_item.fields is not null then 'changed here and there' end;
        v_item.state := case when v_item.merged = v_local || jsonb_build_object('comments', p_incoming -> 'comments')
            and private.list_of(p_incoming, 'comments') <@ private.list_of(v_local, 'comments') then 'unchanged' else 'changed' end;
    end if;
    v_item.id := p_incoming ->> 'id';
    v_item.incoming := p_incoming;
    v_item.hash := md5(p_incoming::text);
    return v_item;
end;
$$;
comment on function private.plan_import is
    'What an import does with one issue. p_theirs: fields changed on both sides take the imported value.';

revoke execute on function private.known_fields(jsonb), private.unknown_fields(jsonb), private.list_of(jsonb, text),
    private.import_problem(jsonb), private.refused_import(text), private.field_marks(jsonb), private.take_field(jsonb, jsonb, text),
    private.merge_import(jsonb, jsonb, jsonb, boolean),
    private.plan_import(uuid, jsonb, boolean)
    from public, anon, authenticated, service_role;
