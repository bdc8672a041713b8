-- The roles, schemas and default privileges a hosted Supabase project starts with.
-- Run as the bootstrap superuser `supabase_admin`; passwords are set by bdh/stack/migrate.py.
-- Idempotent: it runs again at every upgrade.

do $$
declare
    v_role text;
begin
    foreach v_role in array array[
        'postgres', 'authenticator', 'anon', 'authenticated', 'service_role',
        'supabase_auth_admin', 'supabase_realtime_admin', 'realtime_gateway'
    ] loop
        -- Roles belong to the cluster: databases set up side by side may both get here first.
        begin
            execute format('create role %I', v_role);
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
end;
$$;

alter role postgres with login nosuperuser createdb createrole replication bypassrls;
alter role authenticator with login noinherit nosuperuser nocreatedb nocreaterole;
alter role anon with nologin nosuperuser;
alter role authenticated with nologin nosuperuser;
alter role service_role with nologin nosuperuser bypassrls;
alter role supabase_auth_admin with login noinherit nosuperuser;
alter role supabase_realtime_admin with nologin noinherit nosuperuser;
alter role realtime_gateway with login noinherit nosuperuser bypassrls;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to realtime_gateway;
grant anon, authenticated, service_role, supabase_realtime_admin to postgres;

-- As on hosted: names of extensions resolve without their schema.
alter role postgres set search_path = "$user", public, extensions;

do $$
begin
    execute format('alter database %I owner to postgres', current_database());
    execute format('revoke all on database %I from public', current_database());
    execute format(
        'grant connect, temporary on database %I to authenticator, supabase_auth_admin, realtime_gateway',
        current_database());
end;
$$;

create schema if not exists extensions;
alter schema extensions owner to postgres;
create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists realtime authorization supabase_realtime_admin;
create schema if not exists gateway authorization supabase_admin;

alter schema public owner to postgres;
revoke create on schema public from public;
grant usage on schema public to anon, authenticated, service_role;
grant usage on schema extensions to anon, authenticated, service_role;
grant usage on schema auth to anon, authenticated, service_role, postgres;
grant usage on schema realtime to anon, authenticated, service_role, postgres, realtime_gateway;
revoke all on schema gateway from public;
grant usage on schema gateway to authenticator;

-- On hosted every new object in `public` is granted to the API's roles; migrations must revoke.
alter default privileges for role postgres in schema public
    grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on functions to anon, authenticated, service_role;
