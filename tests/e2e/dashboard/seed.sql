-- A large project at once: {agents} agents, {beads} beads, {events} events, in project {project}.
-- What functions and triggers would do beside (search documents, hints) is not what is measured.
set local session_replication_role = replica;

insert into public.workspaces
    (id, project_id, repo_id, alias, role, human_name, branch, hostname, path, created_at)
select
    gen_random_uuid(), '{project}',
    (select r.id from public.repos as r where r.project_id = '{project}' limit 1),
    'agent' || n || '-' || k.role, k.role, 'Human ' || n % 40, 'topic/' || n,
    'host' || n % 60, '/src/checkout-' || n, now() - interval '3 days'
from generate_series(1, {agents}) as n
cross join lateral (
    select (array['backend', 'frontend', 'reviewer', 'tester'])[1 + n % 4] as role) as k;

insert into public.presence (workspace_id, last_seen)
select w.id, now() - random() * case
    when random() < 0.6 then interval '4 minutes' else interval '9 hours' end
from public.workspaces as w where w.project_id = '{project}'
on conflict (workspace_id) do nothing;

insert into public.beads
    (project_id, id, title, description, status, priority, issue_type, parent_id,
    created_at, updated_at, closed_at, blocked)
select
    '{project}', 'bd-' || (100000 + n),
    (array['Retry', 'Document', 'Speed up', 'Rename', 'Test', 'Remove', 'Move', 'Cache'])[1 + n % 8]
    || ' the '
    || (array['token', 'invoice', 'search', 'export', 'login', 'report', 'upload'])[1 + n / 8 % 7]
    || (array[' endpoint', ' page', ' job', ' table', ' form'])[1 + n / 56 % 5] || ' (' || n || ')',
    'Number ' || n || ' of many. ' || repeat('Lorem ipsum dolor. ', 20), s.status, n % 5,
    case when n % 100 = 1 then 'epic' when n % 3 = 0 then 'bug' else 'task' end,
    case when n % 100 <> 1 then 'bd-' || (100001 + (n - 1) / 100 * 100) end,
    now() - (n % 3000) * interval '10 minutes', now() - (n % 500) * interval '3 minutes',
    case when s.status = 'closed' then now() - (n % 500) * interval '3 minutes' end,
    s.status = 'open' and n % 7 = 0
from generate_series(1, {beads}) as n
cross join lateral (
    select case when n % 2 = 0 and n % 100 <> 1 then 'closed' else 'open' end as status) as s;

insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type)
select b.project_id, b.id, b.parent_id, 'parent-child' from public.beads as b
where b.project_id = '{project}' and b.parent_id is not null and b.id like 'bd-1_____'
union all
select '{project}', 'bd-' || (100000 + n), 'bd-' || (100000 + n - 1 - n % 5), 'blocks'
from generate_series(10, {beads}) as n where n % 7 = 0;

insert into public.bead_labels (project_id, bead_id, label)
select '{project}', 'bd-' || (100000 + n), 'area-' || n % 12
from generate_series(1, {beads}) as n where n % 2 = 1;

with held as (
    select w.id, w.alias, row_number() over (order by w.id) as n
    from public.workspaces as w where w.project_id = '{project}' and w.alias like 'agent%'
), taken as (
    update public.beads as b set status = 'in_progress', assignee = h.alias, blocked = false
    from held as h
    where b.project_id = '{project}' and b.id = 'bd-' || (100000 + h.n * 4 + 3)
    returning b.id, b.parent_id, h.id as holder, h.alias
)
insert into public.claims
    (project_id, bead_id, apex_id, epoch, holder_kind, holder_id, holder_name, claimed_at)
select
    '{project}', t.id, coalesce(t.parent_id, t.id), 1, 'workspace', t.holder, t.alias,
    now() - random() * interval '5 hours'
from taken as t;

insert into public.reservations
    (project_id, repo_id, workspace_id, path, key, is_directory, automatic, reason, ttl_seconds,
    expires_at)
select
    '{project}', w.repo_id, w.id, p.path, p.path, false, k > 1, 'working on it', 900,
    now() + interval '15 minutes'
from (
    select *, row_number() over (order by alias) as n
    from public.workspaces where project_id = '{project}' and alias like 'agent%') as w
cross join generate_series(1, 3) as k
cross join lateral (
    select format('src/%s/part%s/file%s.py', (array['api', 'web', 'jobs', 'db'])[1 + w.n % 4],
        w.n % 25, w.n * 3 + k) as path) as p;

-- xid 5: older than every snapshot to come, as a restore leaves events behind.
with who as (
    select array_agg(jsonb_build_object('kind', 'workspace', 'id', w.id, 'name', w.alias)) as actors
    from public.workspaces as w where w.project_id = '{project}' and w.alias like 'agent%'
)
insert into public.events (project_id, xid, type, at, actor, entity_type, entity_id, data)
select
    '{project}', '5', 'bead.' || (array['updated', 'commented', 'closed', 'created'])[1 + n % 4],
    now() - ({events} - n) * interval '1 second', w.actors[1 + n * 7 % cardinality(w.actors)],
    'bead', 'bd-' || (100001 + n * 13 % {beads}), '{}'
from generate_series(1, {events}) as n cross join who as w;
