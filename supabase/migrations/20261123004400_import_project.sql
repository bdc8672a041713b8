-- A project that comes from another backend (`:stack export`, `:project import`): same ids, whole history,
-- in batches. Only its importer may add to it, only until it is finished, and nothing in it may refer to
-- rows of other projects.

create table private.imports (
    project_id  uuid primary key references public.projects (id) on delete cascade,
    next_batch  int not null default 0,
    started_at  timestamptz not null default now(),
    finished_at timestamptz
);
comment on table private.imports is 'Projects that are or were imported; rows are taken in until finished_at.';
alter table private.imports enable row level security;
revoke all on private.imports from public, anon, authenticated, service_role;

create function private.import_tables()
returns text[]
language sql
immutable
set search_path = ''
as $$
    select array['repos', 'workspaces', 'beads', 'bead_labels', 'bead_dependencies', 'bead_comments', 'claims',
        'subscriptions', 'mail', 'mail_recipients', 'chat_sessions', 'chat_participants', 'chat_messages', 'escalations',
        'policies', 'events'];
$$;
comment on function private.import_tables is 'What a project consists of, in the order in which rows refer to each other.';

create function private.checked_project(p_project jsonb, p_slug text)
returns public.projects
language plpgsql
stable
set search_path = ''
as $$
declare
    v_row public.projects;
    v_bad text;
begin
    begin
        v_row := jsonb_populate_record(null::public.projects, p_project - 'settings');
        perform m.id from jsonb_to_recordset(private.list_of(p_project, 'members')) as m (id uuid, email text);
    exception when data_exception then
        v_bad := sqlerrm;
    end;
    v_row.slug := coalesce(p_slug, v_row.slug);
    v_row.name := private.clean_line(coalesce(v_row.name, v_row.slug), 200, 'The name');
    if v_bad is not null or v_row.id is null or v_row.name is null or not coalesce(v_row.next_bead, 0) between 1 and 1000000000000000
        or not coalesce(v_row.created_at between '0001-01-02Z' and '9999-12-30Z', false)
        or coalesce(v_row.slug, '') !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' or coalesce(v_row.prefix, '') !~ '^[a-z][a-z0-9]{0,15}$' then
        perform private.fail('bad_import', 400, 'This describes no project' || coalesce(': ' || v_bad, ''),
            'id, slug, name, prefix, next_bead, created_at, settings and members, as bdh :stack export writes them');
    end if;
    return v_row;
end;
$$;
comment on function private.checked_project is 'The project that an export describes; bad_import, too_long (400).';

create function private.begin_import(p_project jsonb, p_slug text)
returns jsonb
language plpgsql
security definer -- makes a project and its first member
set search_path = ''
as $$
declare
    v_human  private.human_info := private.signed_in_human('import a project');
    v_plan   text := private.setting('default_plan') #>> '{}';
    v_row    public.projects := private.checked_project(p_project, p_slug);
    v_id     uuid := v_row.id;
    v_member uuid;
begin
    if exists (select 1 from public.projects as p where p.id = v_id) then
        perform private.fail('conflict', 409, 'This project is on this backend already', 'bdh :whoami');
    end if;
    insert into public.projects (id, slug, name, prefix, plan, settings, next_bead, created_at, created_by)
    values (v_id, v_row.slug, v_row.name, v_row.prefix, v_plan,
        private.checked_settings('{}', coalesce(nullif(p_project -> 'settings', 'null'), '{}')),
        v_row.next_bead, v_row.created_at, v_human.user_id)
    on conflict (slug) do nothing;
    if not found then
        perform private.fail('slug_taken', 409, 'There is already a project of this name', 'bdh :project import FILE --slug OTHER');
    end if;
    perform private.check_project_limit(v_human.user_id, v_plan);
    -- Who was a member there under this address keeps the id, and with it mail and answers.
    select m.id into v_member from jsonb_to_recordset(private.list_of(p_project, 'members')) as m (id uuid, email text)
    where lower(m.email) = v_human.email
      and not exists (select 1 from public.members as o where o.id = m.id)
      and not exists (select 1 from public.workspaces as o where o.id = m.id)
    limit 1;
    insert into public.members (id, project_id, user_id, role, name, email)
    values (coalesce(v_member, gen_random_uuid()), v_id, v_human.user_id, 'owner', v_human.name, v_human.email);
    insert into private.imports (project_id) values (v_id);
    return private.project_json(v_id, 'owner') || jsonb_build_object('tables', private.import_tables());
end;
$$;
comment on function private.begin_import is 'See public.begin_import.';

create function public.begin_import(p_project jsonb, p_slug text default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.begin_import(p_project, p_slug);
$$;
comment on function public.begin_import is
    'An empty project with the id it had elsewhere, owned by the caller; import_rows fills it. conflict, slug_taken (409).';

create function private.check_import(p_project_id uuid, p_table regclass, p_rows jsonb)
returns void
language plpgsql
stable
security definer -- looks at every project
set search_path = ''
as $$
declare
    v_ids uuid[];
begin
    select array_agg(distinct e.v::uuid) into v_ids
    from jsonb_array_elements(p_rows) as r
    cross join pg_catalog.pg_attribute as a
    cross join lateral jsonb_array_elements_text(case jsonb_typeof(r -> a.attname::text)
        when 'array' then r -> a.attname::text when 'string' then jsonb_build_array(r -> a.attname::text) else '[]' end) as e (v)
    where a.attrelid = p_table and a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype) and a.attname <> 'project_id';
    -- A recipient, a participant, a thread of another project: its people would read what is put in here.
    if exists (
        select 1 from public.workspaces as t where t.id = any (v_ids) and t.project_id <> p_project_id
        union all select 1 from public.members as t where t.id = any (v_ids) and t.project_id <> p_project_id
        union all select 1 from public.repos as t where t.id = any (v_ids) and t.project_id <> p_project_id
        union all select 1 from public.mail as t where t.id = any (v_ids) and t.project_id <> p_project_id
        union all select 1 from public.chat_sessions as t where t.id = any (v_ids) and t.project_id <> p_project_id) then
        perform private.fail('conflict', 409, format('Rows of %s belong to another project of this backend', p_table));
    end if;
end;
$$;
comment on function private.check_import is 'Refuses conflict (409) for rows that refer to another project.';

create function private.insert_import(p_project_id uuid, p_name text, p_rows jsonb)
returns void
language plpgsql
security definer -- writes tables nobody may write, for the importer of this project
set search_path = ''
as $$
declare
    v_table   regclass := format('public.%I', p_name);
    v_columns text;
begin
    -- Identities and transaction ids are this database's; columns the export did not know keep their defaults.
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_table and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
      and a.atttypid <> 'xid8'::regtype
      and (a.attname = 'project_id' or exists (select 1 from jsonb_array_elements(p_rows) as r where r ? a.attname::text));
    -- Triggers that tell people of news stand aside (their conditions ask for this).
    perform set_config('bdh.importing', 'on', true);
    execute format('insert into %s (%s) select %s from jsonb_populate_recordset(null::%s, $1)', v_table, v_columns, v_columns, v_table)
    using (
        select jsonb_agg(r || jsonb_build_object('project_id', p_project_id)
            || case p_name when 'workspaces' then '{"user_id": null, "member_id": null, "joined_via": null}'::jsonb else '{}' end
            order by n)
        from jsonb_array_elements(p_rows) with ordinality as e (r, n));
    perform set_config('bdh.importing', '', true);
    if p_name = 'workspaces' then
        insert into public.presence (workspace_id, last_seen)
        select (r ->> 'id')::uuid, now() - interval '1 day' from jsonb_array_elements(p_rows) as r;
    elsif p_name = 'mail_recipients' then
        update public.mail_recipients as c set seq = m.seq from public.mail as m
        where c.mail_id = m.id and m.id in (select (r ->> 'mail_id')::uuid from jsonb_array_elements(p_rows) as r);
    end if;
end;
$$;
comment on function private.insert_import is 'Insert checked rows of one table, in their order.';

create function private.import_rows(p_project_id uuid, p_batch int, p_table text, p_rows jsonb)
returns jsonb
language plpgsql
security definer -- writes tables nobody may write
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_next  int;
begin
    perform private.require_human(v_actor, 'import a project', array['owner']);
    -- The row lock lets one batch in at a time; one that is sent again after a lost answer changes nothing.
    select i.next_batch into v_next from private.imports as i
    where i.project_id = v_actor.project_id and i.finished_at is null for update;
    if not found then
        perform private.fail('conflict', 409, 'This project is not being imported');
    elsif p_batch < v_next then
        return jsonb_build_object('next_batch', v_next, 'replayed', true);
    elsif p_batch <> v_next then
        perform private.fail('conflict', 409, format('Batch %s is expected, not %s', v_next, p_batch));
    elsif not coalesce(p_table = any (private.import_tables()), false) or coalesce(jsonb_typeof(p_rows), 'null') <> 'array'
        or jsonb_array_length(p_rows) not between 1 and 500 or jsonb_path_exists(p_rows, '$[*] ? (@.type() != "object")') then
        perform private.fail('bad_import', 400, 'A batch is 1 to 500 rows of one of the tables of a project', 'bdh :project import FILE');
    end if;
    if p_table in ('repos', 'workspaces') then
        perform private.check_limit(v_actor.project_id, p_table, (
            select count(*)::int from jsonb_array_elements(p_rows) as r where r ->> 'removed_at' is null));
    end if;
    begin
        perform private.check_import(v_actor.project_id, format('public.%I', p_table), p_rows);
        perform private.insert_import(v_actor.project_id, p_table, p_rows);
    exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
        perform private.fail('bad_import', 400, format('Rows of %s cannot be stored: %s', p_table, sqlerrm), 'bdh :stack export');
    end;
    update private.imports as i set next_batch = v_next + 1 where i.project_id = v_actor.project_id;
    return jsonb_build_object('next_batch', v_next + 1, 'replayed', false);
end;
$$;
comment on function private.import_rows is 'See public.import_rows.';

create function public.import_rows(p_batch int, p_table text, p_rows jsonb, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.import_rows(p_project_id, p_batch, p_table, p_rows);
$$;
comment on function public.import_rows is
    'The next batch (from 0) of an import, 1 to 500 rows of one table: {next_batch, replayed}. By its owner until finish_import.';

create function private.finish_import(p_project_id uuid)
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'import a project', array['owner']);
    update private.imports as i set finished_at = coalesce(i.finished_at, now()) where i.project_id = v_actor.project_id;
    if not found then
        perform private.fail('conflict', 409, 'This project is not being imported');
    end if;
    return private.project_json(v_actor.project_id, v_actor.role) || jsonb_build_object(
        'beads', (select count(*) from public.beads as b where b.project_id = v_actor.project_id),
        'events', (select count(*) from public.events as e where e.project_id = v_actor.project_id),
        'workspaces', (
            select coalesce(jsonb_agg(w.alias order by w.alias), '[]') from public.workspaces as w
            where w.project_id = v_actor.project_id and w.removed_at is null and w.user_id is null));
end;
$$;
comment on function private.finish_import is 'See public.finish_import.';

create function public.finish_import(p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.finish_import(p_project_id);
$$;
comment on function public.finish_import is
    'Close an import for ever: the project with {beads, events, workspaces: aliases that have to be re-attached}.';

do $$
declare
    v_fn     regprocedure;
    v_public text[] := array['begin_import', 'import_rows', 'finish_import'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace)
          and p.proname = any (v_public || array['import_tables', 'checked_project', 'check_import', 'insert_import'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_public)
    loop
        execute format('grant execute on function %s to authenticated', v_fn);
    end loop;
end;
$$;
