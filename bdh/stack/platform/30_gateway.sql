-- What the gateway needs inside the database: one statement per REST request, the schema cache
-- it plans with, and the notice that tells it to read that cache again.
-- Only `authenticator`, the role the gateway logs in as, may use any of it.

-- Dropped first: `create or replace` cannot change what an older version returned.
drop function if exists gateway.run_request;

-- Run one planned statement as `p_role`, with the request's context, in the caller's transaction.
--
-- The statement arrives as text made of catalog identifiers only; every value of the request is
-- in `p_body` ($1) or `p_args` ($2). It returns (body text, row_count bigint, total bigint).
-- Setting the role here, before the inner `execute` is planned, makes privileges and row level
-- security those of `p_role`. The session user stays `authenticator`, which owns nothing: that
-- is all that code can fall back to with `reset role`.
create or replace function gateway.run_request(
    p_role text,
    p_claims text,
    p_headers text,
    p_method text,
    p_path text,
    p_read_only boolean,
    p_singular boolean,
    p_sql text,
    p_body text,
    p_args text[],
    p_explain_sql text,
    p_explain_above bigint,
    out body bytea,
    out row_count bigint,
    out total bigint,
    out response_status text,
    out response_headers text,
    out sent text
)
language plpgsql
volatile
security invoker
set search_path = public, extensions
as $$
declare
    v_ignored text;
    v_body    text;
    v_plan    json;
begin
    -- One expression, so that plpgsql evaluates it without a query of its own. The read-only
    -- switch can only be turned on; off is how every transaction starts.
    v_ignored := concat(
        set_config('request.jwt.claims', p_claims, true),
        set_config('request.headers', p_headers, true),
        set_config('request.method', p_method, true),
        set_config('request.path', p_path, true),
        set_config('response.status', '', true),
        set_config('response.headers', '', true),
        set_config('bdh.gateway', 'on', true),
        set_config('bdh.sent', '', true),
        set_config('bdh.revoked', '', true),
        case when p_read_only then set_config('transaction_read_only', 'on', true) end,
        set_config('role', p_role, true)
    );

    execute p_sql into v_body, row_count, total using p_body, p_args;

    if p_singular and row_count is distinct from 1 then
        raise sqlstate 'PGRST' using
            message = json_build_object(
                'code', 'PGRST116',
                'message', 'Cannot coerce the result to a single JSON object',
                'details', format('The result contains %s rows', coalesce(row_count, 0))
            )::text,
            detail = '{"status": 406, "headers": {}}';
    end if;

    if p_explain_sql is not null and coalesce(total > p_explain_above, true) then
        execute p_explain_sql into v_plan using p_body, p_args;
        total := greatest(total, (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint);
    end if;

    body := convert_to(v_body, 'UTF8');
    response_status := current_setting('response.status', true);
    response_headers := current_setting('response.headers', true);
    -- Users whose Realtime channels must be checked again travel with the ids of messages.
    sent := concat_ws(
        ',',
        nullif(current_setting('bdh.sent', true), ''),
        'revoke:' || replace(nullif(current_setting('bdh.revoked', true), ''), ',', ',revoke:')
    );
end;
$$;

comment on function gateway.run_request is
    'Run one planned statement of a REST request as the given role; one call is one transaction.';
revoke execute on function gateway.run_request from public, anon, authenticated, service_role;
grant execute on function gateway.run_request to authenticator;

create or replace function gateway.column_names(p_table oid, p_numbers smallint[])
returns json
language sql
stable
security invoker
set search_path = ''
as $$
    select json_agg(a.attname order by n.place)
    from unnest(p_numbers) with ordinality as n (number, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = p_table and a.attnum = n.number;
$$;

comment on function gateway.column_names is 'The names of a key''s columns, in the order of the key.';

create or replace function gateway.base_type(p_type oid)
returns oid
language sql
stable
security invoker
set search_path = ''
as $$
    with recursive chain (oid, base) as (
        select t.oid, t.typbasetype from pg_catalog.pg_type as t where t.oid = p_type
        union all
        select t.oid, t.typbasetype
        from chain as c
        inner join pg_catalog.pg_type as t on t.oid = c.base
    )
    select c.oid from chain as c where c.base = 0;
$$;

comment on function gateway.base_type is 'The type under a domain, or the type itself.';

-- Everything the planner may name, as one document: tables, columns, keys and functions of a schema.
create or replace function gateway.catalog(p_schema text)
returns json
language sql
stable
security invoker
set search_path = ''
as $$
    with tables as (
        select c.oid, c.relname as name
        from pg_catalog.pg_class as c
        where c.relnamespace = p_schema::regnamespace
          and c.relkind in ('r', 'v', 'm', 'f', 'p')
          and not c.relispartition
    ),
    -- Every type that has columns, whether a table or made by `create type`.
    composites as (
        select c.oid, c.reltype
        from pg_catalog.pg_class as c
        where c.relkind in ('r', 'v', 'm', 'f', 'p', 'c')
          and (
              c.oid in (select t.oid from tables as t)
              or c.reltype in (
                  select p.prorettype from pg_catalog.pg_proc as p
                  where p.pronamespace = p_schema::regnamespace
              )
          )
    ),
    columns as (
        select
            k.oid as owner,
            json_agg(
                json_build_object(
                    'name', a.attname,
                    'type', a.atttypid,
                    'declared', pg_catalog.format_type(a.atttypid, a.atttypmod)
                )
                order by a.attnum
            ) as list
        from composites as k
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.oid
        where a.attnum > 0 and not a.attisdropped
        group by k.oid
    ),
    keys as (
        select
            x.conrelid as owner,
            json_agg(
                json_build_object(
                    'name', x.conname,
                    'kind', x.contype,
                    'columns', gateway.column_names(x.conrelid, x.conkey),
                    'references', case when x.contype = 'f' then x.confrelid end,
                    'referenced', gateway.column_names(x.confrelid, x.confkey)
                )
                order by x.conname
            ) as list
        from pg_catalog.pg_constraint as x
        where x.contype in ('p', 'u', 'f')
          and x.conparentid = 0
          and x.conrelid in (select t.oid from tables as t)
        group by x.conrelid
    ),
    functions as (
        select
            p.oid,
            p.proname as name,
            p.provolatile as volatility,
            p.proretset as returns_set,
            p.prorettype as return_type,
            coalesce(k.oid, bk.oid) as return_table,
            coalesce(p.proargmodes::text[] && '{t,b,o}', false) as has_out,
            p.pronargdefaults as default_count,
            coalesce(p.proargnames, array_fill(''::text, array[p.pronargs])) as argument_names,
            coalesce(p.proargmodes::text[], array_fill('i'::text, array[p.pronargs])) as argument_modes,
            coalesce(p.proallargtypes, p.proargtypes::oid[])::text[] as argument_types
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_type as r on r.oid = p.prorettype
        left join composites as k on k.reltype = r.oid
        left join composites as bk on bk.reltype = nullif(r.typbasetype, 0)
        where p.pronamespace = p_schema::regnamespace
          and p.prokind = 'f'
          and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    ),
    used_types as (
        select a.atttypid as oid
        from composites as k
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.oid
        where a.attnum > 0 and not a.attisdropped
        union
        select f.return_type from functions as f
        union
        select u.t::oid from functions as f, unnest(f.argument_types) as u (t)
    )
    select json_build_object(
        'tables', (
            select coalesce(json_agg(json_build_object('id', t.oid, 'name', t.name)), '[]')
            from tables as t
        ),
        'columns', (select coalesce(json_object_agg(c.owner, c.list), '{}') from columns as c),
        'keys', (select coalesce(json_object_agg(k.owner, k.list), '{}') from keys as k),
        'functions', (select coalesce(json_agg(f order by f.oid), '[]') from functions as f),
        'types', (
            select coalesce(
                json_object_agg(
                    t.oid,
                    json_build_object(
                        'name', pg_catalog.format_type(t.oid, -1),
                        'base', pg_catalog.format_type(b.oid, -1),
                        'array', case when b.typarray <> 0 then pg_catalog.format_type(b.typarray, -1) end,
                        'kind', t.typtype
                    )
                ),
                '{}'
            )
            from (select distinct u.oid from used_types as u) as d
            inner join pg_catalog.pg_type as t on t.oid = d.oid
            inner join pg_catalog.pg_type as b on b.oid = gateway.base_type(t.oid)
        )
    );
$$;

comment on function gateway.catalog is
    'The tables, columns, keys, types and functions of a schema, for the gateway''s schema cache.';

revoke execute on function gateway.catalog(text), gateway.column_names(oid, smallint[]), gateway.base_type(oid)
from public, anon, authenticated, service_role;
grant execute on function gateway.catalog(text), gateway.column_names(oid, smallint[]), gateway.base_type(oid)
to authenticator;

-- The schema cache follows DDL: PostgREST's channel and payload, so that hosted habits work here.
create or replace function gateway.announce_ddl()
returns event_trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
    -- Temporary tables come and go with their session and are never exposed.
    if tg_event = 'sql_drop' then
        perform from pg_catalog.pg_event_trigger_dropped_objects() as o where not o.is_temporary;
    else
        perform from pg_catalog.pg_event_trigger_ddl_commands() as c
        where c.schema_name is distinct from 'pg_temp';
    end if;
    if found then
        notify pgrst, 'reload schema';
    end if;
end;
$$;

comment on function gateway.announce_ddl is 'Tell the gateway to read its schema cache again.';
revoke execute on function gateway.announce_ddl() from public, anon, authenticated, service_role;

drop event trigger if exists gateway_ddl;
create event trigger gateway_ddl on ddl_command_end
    when tag in (
        'ALTER DOMAIN', 'ALTER FUNCTION', 'ALTER MATERIALIZED VIEW', 'ALTER SCHEMA', 'ALTER TABLE',
        'ALTER TYPE', 'ALTER VIEW', 'CREATE DOMAIN', 'CREATE FOREIGN TABLE',
        'CREATE FUNCTION', 'CREATE MATERIALIZED VIEW', 'CREATE TABLE', 'CREATE TABLE AS',
        'CREATE TYPE', 'CREATE VIEW', 'IMPORT FOREIGN SCHEMA', 'SELECT INTO'
    )
    execute function gateway.announce_ddl();
drop event trigger if exists gateway_drop;
create event trigger gateway_drop on sql_drop execute function gateway.announce_ddl();
