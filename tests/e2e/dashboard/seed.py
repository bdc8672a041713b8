"""A large project, made by SQL in seconds: 500 agents, 10,000 beads, 50,000 events."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg

from bdh.stack.address import stack_address
from bdh.stack.paths import StackPaths

AGENTS = 500
BEADS = 10_000
EVENTS = 50_000
# What the functions would do beside (search documents, hints) is not what is measured here.
QUIETLY = "set local session_replication_role = replica"
WORKSPACES = """
    insert into public.workspaces (id, project_id, repo_id, alias, role, human_name, branch, hostname, path, created_at)
    select gen_random_uuid(), $1, (select r.id from public.repos as r where r.project_id = $1 limit 1),
        'agent' || n || '-' || (array['backend', 'frontend', 'reviewer', 'tester'])[1 + n % 4],
        (array['backend', 'frontend', 'reviewer', 'tester'])[1 + n % 4], 'Human ' || n % 40, 'topic/' || n,
        'host' || n % 60, '/src/checkout-' || n, now() - interval '3 days'
    from generate_series(1, $2::int) as n"""
PRESENCE = """
    insert into public.presence (workspace_id, last_seen)
    select w.id, now() - case when random() < 0.6 then random() * interval '4 minutes' else random() * interval '9 hours' end
    from public.workspaces as w where w.project_id = $1
    on conflict (workspace_id) do nothing"""
TITLE = """(array['Retry', 'Document', 'Speed up', 'Rename', 'Test', 'Remove', 'Move', 'Cache'])[1 + n % 8] || ' the '
        || (array['token', 'invoice', 'search', 'export', 'login', 'report', 'upload'])[1 + (n / 8) % 7] || ' '
        || (array['endpoint', 'page', 'job', 'table', 'form'])[1 + (n / 56) % 5] || ' (' || n || ')'"""
BEADS_SQL = f"""
    insert into public.beads (project_id, id, title, description, status, priority, issue_type, parent_id, assignee,
        created_at, updated_at, closed_at, blocked)
    select $1, 'bd-' || (100000 + n), {TITLE}, 'Number ' || n || ' of many. ' || repeat('Lorem ipsum dolor. ', 20),
        s.status, n % 5, case when n % 100 = 1 then 'epic' when n % 3 = 0 then 'bug' else 'task' end,
        case when n % 100 <> 1 then 'bd-' || (100001 + (n - 1) / 100 * 100) end, null,
        now() - (n % 3000) * interval '10 minutes', now() - (n % 500) * interval '3 minutes',
        case when s.status = 'closed' then now() - (n % 500) * interval '3 minutes' end,
        s.status = 'open' and n % 7 = 0
    from generate_series(1, $2::int) as n
    cross join lateral (select case when n % 2 = 0 and n % 100 <> 1 then 'closed' else 'open' end as status) as s"""
EDGES = """
    insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type)
    select b.project_id, b.id, b.parent_id, 'parent-child' from public.beads as b
    where b.project_id = $1 and b.parent_id is not null and b.id like 'bd-1_____'
    union all
    select $1, 'bd-' || (100000 + n), 'bd-' || (100000 + n - 1 - n % 5), 'blocks' from generate_series(10, $2::int) as n where n % 7 = 0"""
LABELS = """
    insert into public.bead_labels (project_id, bead_id, label)
    select $1, 'bd-' || (100000 + n), 'area-' || n % 12 from generate_series(1, $2::int) as n where n % 2 = 1"""
CLAIMS = """
    with held as (
        select w.id, w.alias, row_number() over (order by w.id) as n from public.workspaces as w where w.project_id = $1 and w.alias like 'agent%'
    ), taken as (
        update public.beads as b set status = 'in_progress', assignee = h.alias, blocked = false
        from held as h where b.project_id = $1 and b.id = 'bd-' || (100000 + h.n * 4 + 3) returning b.id, b.parent_id, h.id as holder, h.alias
    )
    insert into public.claims (project_id, bead_id, apex_id, epoch, holder_kind, holder_id, holder_name, claimed_at)
    select $1, t.id, coalesce(t.parent_id, t.id), 1, 'workspace', t.holder, t.alias, now() - random() * interval '5 hours' from taken as t"""
LOCKS = """
    insert into public.reservations (project_id, repo_id, workspace_id, path, key, is_directory, automatic, reason, ttl_seconds, expires_at)
    select $1, w.repo_id, w.id, p.path, p.path, false, k > 1, 'working on it', 900, now() + interval '15 minutes'
    from (select *, row_number() over (order by alias) as n from public.workspaces where project_id = $1 and alias like 'agent%') as w
    cross join generate_series(1, 3) as k
    cross join lateral (select format('src/%s/part%s/file%s.py', (array['api', 'web', 'jobs', 'db'])[1 + w.n % 4], w.n % 25, w.n * 3 + k) as path) as p"""
EVENTS_SQL = """
    with who as (
        select array_agg(jsonb_build_object('kind', 'workspace', 'id', w.id, 'name', w.alias)) as actors
        from public.workspaces as w where w.project_id = $1 and w.alias like 'agent%'
    )
    insert into public.events (project_id, xid, type, at, actor, entity_type, entity_id, data)
    select $1, '5', (array['bead.updated', 'claim.taken', 'bead.commented', 'bead.closed', 'claim.released'])[1 + n % 5],
        now() - ($2 - n) * interval '1 second', who.actors[1 + (n * 7) % cardinality(who.actors)], 'bead',
        'bd-' || (100001 + (n * 13) % $3), '{}'
    from generate_series(1, $2::int) as n cross join who"""


async def seed(
    connection: asyncpg.Connection, project_id: str, *, agents: int = AGENTS, beads: int = BEADS, events: int = EVENTS
) -> None:
    """Fill a project that has one repository; the connection is a superuser's."""
    async with connection.transaction():
        await connection.execute(QUIETLY)
        await connection.execute(WORKSPACES, project_id, agents)
        await connection.execute(PRESENCE, project_id)
        await connection.execute(BEADS_SQL, project_id, beads)
        await connection.execute(EDGES, project_id, beads)
        await connection.execute(LABELS, project_id, beads)
        await connection.execute(CLAIMS, project_id)
        await connection.execute(LOCKS, project_id)
        await connection.execute(EVENTS_SQL, project_id, events, beads)
    for table in ("workspaces", "presence", "beads", "claims", "reservations", "events", "bead_dependencies", "bead_labels"):
        await connection.execute(f"analyze public.{table}")


async def main(stack_dir: str) -> None:
    address = stack_address(StackPaths(Path(stack_dir)))
    connection = await asyncpg.connect(address.dsn("supabase_admin"))
    try:
        project_id = await connection.fetchval("select p.id from public.projects as p order by p.created_at limit 1")
        await seed(connection, str(project_id))
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
