-- Counting billed calls without a hot row, refusing over the limit, showing and changing plans
-- (product.md §2.11). Limits on projects, repos, workspaces, members: private.check_limit.

create table private.usage (
    project_id uuid not null references public.projects (id) on delete cascade,
    month      date not null,
    calls      bigint not null,
    constraint usage_pkey primary key (project_id, month)
);
comment on table private.usage is 'Billed calls by month (UTC). Written by the roll-up alone; what came since is in private.api_calls.';
alter table private.usage enable row level security;
revoke all on private.usage from public, anon, authenticated, service_role;
grant select on private.usage to service_role;

create function private.this_month()
returns date
language sql
stable
set search_path = ''
as $$
    select date_trunc('month', now() at time zone 'UTC')::date;
$$;
comment on function private.this_month is 'The first day of the month that calls are billed to.';

create function private.calls_used(p_project_id uuid)
returns bigint
language sql
stable
security definer -- counts private rows
set search_path = ''
as $$
    -- One statement, one snapshot: a roll-up meanwhile moves calls from one summand to the other.
    select coalesce((
        select u.calls from private.usage as u where u.project_id = p_project_id and u.month = private.this_month()), 0)
        + (select count(*) from private.api_calls as c
        where c.project_id = p_project_id and c.at >= private.this_month()::timestamp at time zone 'UTC');
$$;
comment on function private.calls_used is 'Billed calls of this month, those not rolled up yet included.';

create function private.bill(p_project_id uuid)
returns void
language plpgsql
security definer -- counts private rows
set search_path = ''
as $$
declare
    v_limit bigint;
    v_plan  text;
    v_known bigint;
    v_used  bigint;
begin
    select l.max_calls_per_month, l.name into v_limit, v_plan
    from public.projects as p join public.plans as l on l.name = p.plan where p.id = p_project_id;
    if v_limit is not null then
        select u.calls into v_known from private.usage as u
        where u.project_id = p_project_id and u.month = private.this_month();
        -- Far from the limit nobody counts; near it everybody does, and the last ones queue.
        if coalesce(v_known, 0) >= v_limit - greatest(v_limit / 10, 1000) then
            v_used := private.calls_used(p_project_id);
            if v_used >= v_limit - 64 then
                perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 7));
                v_used := private.calls_used(p_project_id);
            end if;
            if v_used >= v_limit then
                perform private.refuse_limit(v_plan, 'calls a month', v_limit, v_used);
            end if;
        end if;
    end if;
    insert into private.api_calls (project_id) values (p_project_id);
end;
$$;
comment on function private.bill is
    'Counts one call, or refuses limit_exceeded (402). Called by actor() before any other lock is taken; appending makes nobody wait.';

create function private.roll_up_usage()
returns void
language sql
security definer -- maintenance of every project
set search_path = ''
as $$
    with taken as (
        delete from private.api_calls returning project_id, at
    )
    insert into private.usage as u (project_id, month, calls)
    select t.project_id, date_trunc('month', t.at at time zone 'UTC')::date, count(*)
    from taken as t where exists (select 1 from public.projects as p where p.id = t.project_id)
    group by 1, 2
    on conflict (project_id, month) do update set calls = u.calls + excluded.calls;
$$;
comment on function private.roll_up_usage is 'Moves counted calls into the month''s sum.';
insert into private.schedules (name, every, function) values ('roll_up_usage', '10 seconds', 'private.roll_up_usage');

create function private.plan_usage(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- counts rows of the whole project
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_plan  public.plans;
    v_owner uuid := (select m.user_id from public.members as m where m.project_id = v_actor.project_id and m.role = 'owner');
begin
    select l.* into strict v_plan from public.plans as l
    join public.projects as p on p.plan = l.name where p.id = v_actor.project_id;
    return jsonb_build_object(
        'plan', v_plan.name, 'title', v_plan.title, 'price_cents', v_plan.price_cents, 'history_days', v_plan.history_days,
        'public_repos_only', v_plan.public_repos_only, 'month', private.this_month(),
        'resets_at', (private.this_month() + interval '1 month') at time zone 'UTC',
        'usage', jsonb_build_array(
            jsonb_build_object('what', 'projects', 'limit', v_plan.max_projects, 'used', (
                select count(*) from public.members as m join public.projects as p on p.id = m.project_id
                where m.user_id = v_owner and m.role = 'owner' and p.plan = v_plan.name)),
            jsonb_build_object('what', 'repos', 'limit', v_plan.max_repos, 'used', (
                select count(*) from public.repos as r where r.project_id = v_actor.project_id)),
            jsonb_build_object('what', 'workspaces', 'limit', v_plan.max_workspaces, 'used', (
                select count(*) from public.workspaces as w
                where w.project_id = v_actor.project_id and w.removed_at is null)),
            jsonb_build_object('what', 'members', 'limit', v_plan.max_members, 'used', (
                select count(*) from public.members as m where m.project_id = v_actor.project_id)),
            jsonb_build_object('what', 'calls', 'limit', v_plan.max_calls_per_month, 'used',
                private.calls_used(v_actor.project_id))));
end;
$$;
comment on function private.plan_usage is 'See public.plan_usage.';

create function public.plan_usage(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.plan_usage(p_project_id);
$$;
comment on function public.plan_usage is
    'The project''s plan, and what of it is used: {plan, title, …, usage: [{what, limit (null: unlimited), used}]}.';

create function private.change_plan(p_project_id uuid, p_plan text)
returns jsonb
language plpgsql
security definer -- for the service role only; writes projects
set search_path = ''
as $$
declare
    v_plan public.plans;
    v_old  text;
begin
    select * into v_plan from public.plans as l where l.name = p_plan;
    if not found then
        perform private.fail('bad_plan', 400, format('There is no plan %s', p_plan), (
            select string_agg(l.name, ', ' order by l.price_cents, l.name) from public.plans as l));
    end if;
    select p.plan into v_old from public.projects as p where p.id = p_project_id for no key update;
    if not found then
        perform private.fail('not_found', 404, 'There is no such project');
    elsif v_plan.public_repos_only and exists (
        select 1 from public.repos as r where r.project_id = p_project_id and r.visibility <> 'public') then
        perform private.fail('repos_not_public', 409, format('The plan %s is for public repositories', p_plan), 'Verify each repository first',
            jsonb_build_object('repos', (
                select jsonb_agg(r.origin order by r.origin) from public.repos as r
                where r.project_id = p_project_id and r.visibility <> 'public')));
    end if;
    if v_old <> p_plan then
        update public.projects as p set plan = p_plan where p.id = p_project_id;
        perform private.emit(p_project_id, 'plan.changed', private.system_actor(), 'project', p_project_id::text,
            jsonb_build_object('from', v_old, 'to', p_plan));
    end if;
    return private.project_json(p_project_id, null);
end;
$$;
comment on function private.change_plan is 'See public.change_plan.';

create function public.change_plan(p_project_id uuid, p_plan text)
returns jsonb
language sql
set search_path = ''
as $$
    select private.change_plan(p_project_id, p_plan);
$$;
comment on function public.change_plan is
    'For the operator''s billing (service role): put a project on a plan. What is over a new limit stays; only adding is refused.';

create function private.check_visibility()
returns trigger
language plpgsql
security definer -- reads plans and repos whoever adds the workspace
set search_path = ''
as $$
begin
    -- Unknown is let in: verify-repo looks at it soon.
    if exists (
        select 1 from public.repos as r
        join public.projects as p on p.id = r.project_id
        join public.plans as l on l.name = p.plan
        where r.id = new.repo_id and r.visibility = 'private' and l.public_repos_only) then
        perform private.fail('limit_exceeded', 402, 'This project''s plan is for public repositories only', 'bdh :plan',
            jsonb_build_object('what', 'private repos', 'limit', 0, 'used', 1));
    end if;
    return new;
end;
$$;
comment on function private.check_visibility is 'Trigger: no new workspace of a private repository on a plan for public ones.';
create trigger workspaces_check_visibility before insert on public.workspaces
    for each row execute function private.check_visibility();

revoke execute on function private.this_month(), private.calls_used(uuid), private.bill(uuid), private.roll_up_usage(),
    private.check_visibility(), private.plan_usage(uuid), public.plan_usage(uuid),
    private.change_plan(uuid, text), public.change_plan(uuid, text)
    from public, anon, authenticated, service_role;
grant execute on function private.plan_usage(uuid), public.plan_usage(uuid) to authenticated;
grant execute on function private.change_plan(uuid, text), public.change_plan(uuid, text) to service_role;
