-- Maintenance that runs by the clock. The supervisor's ticker (embedded) or pg_cron (hosted) calls
-- private.run_schedules() every few seconds; each schedule says how often it wants to run.

create table private.schedules (
    name       text primary key,
    every      interval not null,
    function   text not null,
    last_run   timestamptz,
    last_error text,
    constraint schedules_function_check check (function ~ '^private\.[a-z_]+$')
);
comment on table private.schedules is 'function: a function in private without arguments. One row per piece of maintenance.';
alter table private.schedules enable row level security;
revoke all on private.schedules from public, anon, authenticated, service_role;
grant select on private.schedules to service_role;

create function private.run_schedules()
returns int
language plpgsql
security definer -- maintenance touches every project
set search_path = ''
as $$
declare
    v_schedule private.schedules;
    v_count    int := 0;
begin
    -- skip locked: of several callers one does the work, and none waits for another.
    for v_schedule in
        select * from private.schedules as s
        where s.last_run is null or s.last_run <= now() - s.every
        order by s.last_run nulls first for update skip locked
    loop
        begin
            execute format('select %s()', v_schedule.function);
            update private.schedules as s set last_run = now(), last_error = null where s.name = v_schedule.name;
            v_count := v_count + 1;
        exception when others then
            -- One broken schedule must not keep the others from running; it is tried again in time.
            update private.schedules as s set last_run = now(), last_error = sqlerrm where s.name = v_schedule.name;
            raise warning 'schedule %: %', v_schedule.name, sqlerrm;
        end;
    end loop;
    return v_count;
end;
$$;
comment on function private.run_schedules is
    'Runs what is due and returns how much that was. Harmless to call often and from several places.';

create function private.ensure_schedules()
returns boolean
language plpgsql
security definer -- talks to pg_cron where there is one
set search_path = ''
as $$
begin
    if not exists (select 1 from pg_extension as e where e.extname = 'pg_cron') then
        return false;
    end if;
    execute $cron$ select cron.schedule('bdh', '10 seconds', 'select private.run_schedules()') $cron$;
    return true;
exception when others then
    -- An old pg_cron knows no seconds; a minute late is late, not wrong.
    execute $cron$ select cron.schedule('bdh', '* * * * *', 'select private.run_schedules()') $cron$;
    return true;
end;
$$;
comment on function private.ensure_schedules is
    'On hosted: have pg_cron call run_schedules. False where pg_cron is absent (the embedded stack ticks by itself).';

create function private.sweep_chat_waits()
returns void
language sql
security definer -- ends waits of everyone
set search_path = ''
as $$
    -- They stopped counting when lease or deadline passed; this only keeps the live index small.
    update public.chat_waits as w set ended_at = now(),
        ended_reason = case when w.deadline < now() then 'timeout' else 'lapsed' end
    where w.id in (
        select q.id from public.chat_waits as q
        where q.ended_at is null
          and (q.deadline < now() - interval '1 minute' or q.lease_until < now() - interval '10 minutes')
        for no key update skip locked);
$$;
comment on function private.sweep_chat_waits is 'Ends waits whose client is long gone.';
insert into private.schedules (name, every, function) values ('sweep_chat_waits', '1 minute', 'private.sweep_chat_waits');

revoke execute on function private.run_schedules(), private.ensure_schedules(), private.sweep_chat_waits()
    from public, anon, authenticated, service_role;
grant execute on function private.run_schedules() to service_role;
select private.ensure_schedules();
