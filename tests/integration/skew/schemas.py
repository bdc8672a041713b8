"""Another version of the schema: one that has grown, one that has not got there yet."""

from __future__ import annotations

import asyncpg

# A later release adds: a column everywhere, a key in every result and in every object within, an
# argument with a default to every function, values that nobody here knows.
COLUMNS = """
do $$
declare v_table regclass;
begin
    for v_table in
        select c.oid from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    loop
        execute format('alter table %s add column from_the_future jsonb default ''{}''', v_table);
    end loop;
end $$;
"""
WIDER_OBJECTS = """
do $$
declare v_fn record; v_body text;
begin
    for v_fn in
        select p.oid, p.prosrc, pg_get_functiondef(p.oid) as def from pg_proc as p
        join pg_language as l on l.oid = p.prolang
        where p.pronamespace = 'private'::regnamespace and p.proname ~ '_json$'
          and l.lanname = 'sql' and p.prorettype = 'jsonb'::regtype and not p.proretset
    loop
        v_body := rtrim(v_fn.prosrc, E' \\n;');
        execute replace(v_fn.def, v_fn.prosrc,
            'select case jsonb_typeof(t.v) when ''object'' then t.v || ''{"from_the_future": [1]}'''
            || ' else t.v end from (' || v_body || ') as t (v)');
    end loop;
end $$;
"""
WIDER_FUNCTIONS = """
do $$
declare v_fn record; v_def text;
begin
    for v_fn in
        select p.oid, p.oid::regprocedure as name, p.prosrc, p.proname, p.pronargs,
            pg_get_functiondef(p.oid) as def, pg_get_function_arguments(p.oid) as args,
            has_function_privilege('authenticated', p.oid, 'execute') as usable,
            has_function_privilege('anon', p.oid, 'execute') as open
        from pg_proc as p join pg_language as l on l.oid = p.prolang
        where p.pronamespace = 'public'::regnamespace and l.lanname = 'sql'
          and p.prorettype = 'jsonb'::regtype and p.proname <> 'schema_version'
          and has_function_privilege('authenticated', p.oid, 'execute')
    loop
        v_def := replace(v_fn.def, v_fn.prosrc, 'select t.v || ''{"from_the_future": {}}'' from ('
            || rtrim(v_fn.prosrc, E' \\n;') || ') as t (v)');
        v_def := replace(v_def, v_fn.proname || '(' || v_fn.args || ')', v_fn.proname || '('
            || case when v_fn.pronargs > 0 then v_fn.args || ', ' else '' end
            || 'p_from_the_future jsonb DEFAULT null)');
        execute format('drop function %s', v_fn.name);
        execute v_def;
    end loop;
    revoke execute on all functions in schema public from public, anon;
    grant execute on all functions in schema public to authenticated;
    grant execute on function public.schema_version() to anon;
end $$;
"""
NEW_VALUES = """
alter table public.beads drop constraint if exists beads_status_check;
create function private.from_the_future(p_project_id uuid) returns void language sql
set search_path = '' as $$
    update public.beads set status = 'in_orbit' where id = 'bd-4' and project_id = p_project_id;
    update public.beads set issue_type = 'comet' where id = 'bd-1' and project_id = p_project_id;
    select private.emit(p_project_id, 'galaxy.opened',
        '{"kind": "robot", "id": null, "name": "r2"}', 'galaxy', '7',
        '{"stars": {"from": 1, "to": null}, "list": [{"a": 1}]}');
$$;
"""

# An earlier release had no project moves, no mailed invitations, and a shorter notices().
EARLIER = """
drop function public.begin_import, public.import_rows, public.finish_import,
    public.list_invites, public.resend_invite, public.notices;
create function public.notices(
    p_shown text[] default null, p_session text default null, p_project_id uuid default null)
returns jsonb language sql set search_path = '' as $$
    select private.notices(p_project_id, p_shown, p_session, null) - 'min_client';
$$;
revoke execute on function public.notices(text[], text, uuid) from public, anon;
grant execute on function public.notices(text[], text, uuid) to authenticated;
"""
# A release that asks for a client of its own time.
DEMANDING = """
create or replace function public.schema_version() returns jsonb language sql stable
set search_path = '' as $$ select '{"version": 99, "min_client": "99.0.0"}'::jsonb $$;
"""


async def grow(connection: asyncpg.Connection) -> None:
    """Make the database one of a later release."""
    for statements in (COLUMNS, WIDER_OBJECTS, WIDER_FUNCTIONS, NEW_VALUES):
        await connection.execute(statements)


async def shrink(connection: asyncpg.Connection) -> None:
    """Make the database one of an earlier release."""
    await connection.execute(EARLIER)
