"""What must be true of beads and claims after any history; each query lists offences."""

from __future__ import annotations

from tests.support.sql import Sql

OFFENCES = {
    "more than one live claim": """
        select bead_id from public.claims where ended_at is null
        group by project_id, bead_id having count(*) > 1""",
    "in progress without a claim, or the other way round": """
        select b.id from public.beads as b
        left join public.claims as c
            on c.project_id = b.project_id and c.bead_id = b.id and c.ended_at is null
        where (b.status = 'in_progress') <> (c.id is not null)""",
    "assignee is not the holder": """
        select b.id from public.beads as b
        join public.claims as c
            on c.project_id = b.project_id and c.bead_id = b.id and c.ended_at is null
        where b.assignee is distinct from c.holder_name""",
    "epoch is not the number of claims": """
        select b.id from public.beads as b
        where b.claim_epoch <> (
            select count(*) from public.claims as c
            where c.project_id = b.project_id and c.bead_id = b.id)""",
    "claims overlap": """
        select c.bead_id from public.claims as c
        join public.claims as d
            on d.project_id = c.project_id and d.bead_id = c.bead_id and d.epoch = c.epoch + 1
        where c.ended_at is null or c.ended_at > d.claimed_at""",
    "blocked flag is wrong": """
        with recursive held (project_id, id) as (
            select b.project_id, b.id from public.beads as b
            where b.status <> 'tombstone' and exists (
                select 1 from public.bead_dependencies as e
                join public.beads as t on t.project_id = e.project_id and t.id = e.depends_on_id
                where e.project_id = b.project_id and e.bead_id = b.id and e.type = 'blocks'
                  and t.status not in ('closed', 'tombstone'))
            union
            select b.project_id, b.id from held as h
            join public.bead_dependencies as e
                on e.project_id = h.project_id and e.depends_on_id = h.id
                and e.type = 'parent-child'
            join public.beads as b
                on b.project_id = e.project_id and b.id = e.bead_id and b.status <> 'tombstone')
        select b.id from public.beads as b
        left join held as h on h.project_id = b.project_id and h.id = b.id
        where b.blocked <> (h.id is not null)""",
    "parent is not the first edge": """
        select b.id from public.beads as b
        where b.parent_id is distinct from (
            select e.depends_on_id from public.bead_dependencies as e
            where e.project_id = b.project_id and e.bead_id = b.id and e.type = 'parent-child'
            order by e.seq limit 1)""",
    "apex is stale": """
        with recursive up (claim_id, project_id, id, parent_id, apex_id) as (
            select c.id, b.project_id, b.id, b.parent_id, c.apex_id from public.claims as c
            join public.beads as b on b.project_id = c.project_id and b.id = c.bead_id
            where c.ended_at is null
            union all
            select u.claim_id, b.project_id, b.id, b.parent_id, u.apex_id from up as u
            join public.beads as b on b.project_id = u.project_id and b.id = u.parent_id
            where b.status <> 'tombstone')
        select u.claim_id::text from up as u
        left join public.beads as p
            on p.project_id = u.project_id and p.id = u.parent_id and p.status <> 'tombstone'
        where p.id is null and u.id <> u.apex_id""",
    "the graph has a cycle": """
        with recursive walk (project_id, start, id) as (
            select e.project_id, e.bead_id, e.depends_on_id from public.bead_dependencies as e
            join public.beads as b
                on b.project_id = e.project_id and b.id = e.bead_id and b.status <> 'tombstone'
            where e.type in ('blocks', 'parent-child')
            union
            select w.project_id, w.start, e.depends_on_id from walk as w
            join public.beads as b
                on b.project_id = w.project_id and b.id = w.id and b.status <> 'tombstone'
            join public.bead_dependencies as e
                on e.project_id = w.project_id and e.bead_id = w.id
                and e.type in ('blocks', 'parent-child'))
        select w.start from walk as w where w.start = w.id""",
    "a claim without its event": """
        select c.bead_id from public.claims as c
        group by c.project_id, c.bead_id
        having count(*) <> (
            select count(*) from public.events as e
            where e.project_id = c.project_id and e.entity_id = c.bead_id
              and e.type in ('claim.taken', 'claim.jumped_in'))""",
}


async def assert_sound(sql: Sql) -> None:
    """Fail with every broken invariant and the beads that break it."""
    broken = {}
    for name, query in OFFENCES.items():
        rows = await sql.fetch(query)
        if rows:
            broken[name] = [row[0] for row in rows]
    assert broken == {}
