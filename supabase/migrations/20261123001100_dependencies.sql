-- Dependencies of beads, of every type bd knows and unknown ones; parents are edges too. What hangs on
-- them: which beads wait (blocked), whose parent is whose, which edge would close a cycle.

create table public.bead_dependencies (
    project_id    uuid not null,
    bead_id       text collate "C" not null,
    depends_on_id text collate "C" not null, -- may name a bead that is not here (yet)
    type          text collate "C" not null default 'blocks',
    seq           bigint generated always as identity,
    created_at    timestamptz not null default now(),
    created_by    text,
    source        jsonb,
    constraint bead_dependencies_pkey primary key (project_id, bead_id, depends_on_id, type),
    constraint bead_dependencies_bead_fkey foreign key (project_id, bead_id)
        references public.beads (project_id, id) on delete cascade,
    constraint bead_dependencies_type_check check (type <> '' and length(type) <= 100),
    constraint bead_dependencies_target_check check (depends_on_id ~ '^[^[:space:][:cntrl:]]{1,200}$')
);
create index bead_dependencies_target_idx on public.bead_dependencies (project_id, depends_on_id, type, bead_id);
comment on table public.bead_dependencies is
    'bead_id depends on depends_on_id. blocks and parent-child hold work back, other types only tell. source: the imported edge.';

alter table public.bead_dependencies enable row level security;
revoke all on sequence public.bead_dependencies_seq_seq from public, anon, authenticated, service_role;
revoke all on public.bead_dependencies from public, anon, authenticated, service_role;
grant select on public.bead_dependencies to authenticated;
grant all on public.bead_dependencies to service_role;
create policy bead_dependencies_select_member on public.bead_dependencies for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create function private.descendants(p_project_id uuid, p_ids text[])
returns text[]
language sql
stable
set search_path = ''
as $$
    with recursive down (id) as (
        select t.id collate "C" from unnest(p_ids) as t (id)
        union
        select e.bead_id from down as d
        join public.bead_dependencies as e
            on e.project_id = p_project_id and e.depends_on_id = d.id and e.type = 'parent-child'
    )
    select coalesce(array_agg(d.id::text), '{}') from down as d;
$$;
comment on function private.descendants is 'The beads given and everything below them.';

create function private.waiting_for(p_project_id uuid, p_ids text[])
returns text[]
language sql
stable
set search_path = ''
as $$
    select private.descendants(p_project_id, array_agg(e.bead_id::text))
    from public.bead_dependencies as e
    where e.project_id = p_project_id and e.depends_on_id = any (p_ids) and e.type = 'blocks'
    having count(*) > 0;
$$;
comment on function private.waiting_for is
    'Every bead whose blocked flag may change when one of p_ids opens or closes: dependents and all below them. Null for none.';

create function private.lock_beads(p_project_id uuid, p_ids text[], p_more text[] default null)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_live text[];
    v_id   text;
begin
    -- One statement, in id order, for all that the call may write: no two calls can wait for each other
    -- in a circle. The graph lock is held, so p_more is still complete when the rows are ours.
    select array_agg(b.id) filter (where b.status <> 'tombstone') into v_live
    from (
        select c.id, c.status from public.beads as c
        where c.project_id = p_project_id and c.id = any (p_ids || coalesce(p_more, '{}'))
        order by c.id for no key update) as b;
    foreach v_id in array p_ids loop
        if not v_id = any (coalesce(v_live, '{}')) then
            perform private.refuse_bead(p_project_id, v_id);
        end if;
    end loop;
end;
$$;
comment on function private.lock_beads is
    'Lock beads in id order until the end of the transaction; not_found (404) when one of p_ids is missing or deleted.';

create function private.refuse_bead(p_project_id uuid, p_id text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if exists (select 1 from public.beads as b where b.project_id = p_project_id and b.id = p_id) then
        perform private.fail('not_found', 404, format('%s was deleted', p_id), 'bdh list',
            jsonb_build_object('bead_id', p_id, 'deleted', true));
    end if;
    perform private.fail('not_found', 404, format('There is no bead %s', coalesce(p_id, '(null)')), 'bdh list',
        jsonb_build_object('bead_id', p_id));
end;
$$;
comment on function private.refuse_bead is 'Refuses not_found (404), saying whether the bead was deleted or never there.';

create function private.refresh_blocked(p_project_id uuid, p_ids text[])
returns text[]
language sql
set search_path = ''
as $$
    -- A deleted bead neither blocks nor hands on that it was blocked; a missing one counts as satisfied.
    with recursive up (bead_id, id) as (
        select t.id collate "C", t.id collate "C" from unnest(p_ids) as t (id)
        union
        select u.bead_id, e.depends_on_id from up as u
        join public.beads as a on a.project_id = p_project_id and a.id = u.id and a.status <> 'tombstone'
        join public.bead_dependencies as e
            on e.project_id = p_project_id and e.bead_id = u.id and e.type = 'parent-child'
    ),
    held as (
        select distinct u.bead_id from up as u
        join public.beads as a on a.project_id = p_project_id and a.id = u.id and a.status <> 'tombstone'
        join public.bead_dependencies as e
            on e.project_id = p_project_id and e.bead_id = u.id and e.type = 'blocks'
        join public.beads as b
            on b.project_id = p_project_id and b.id = e.depends_on_id and b.status not in ('closed', 'tombstone')
    ),
    changed as (
        update public.beads as b set blocked = not b.blocked
        from unnest(p_ids) as t (id) left join held as h on h.bead_id = t.id collate "C"
        where b.project_id = p_project_id and b.id = t.id collate "C" and b.blocked <> (h.bead_id is not null)
        returning b.id, b.blocked, b.status
    )
    select coalesce(array_agg(c.id::text order by c.id), '{}') from changed as c
    where not c.blocked and c.status not in ('closed', 'tombstone');
$$;
comment on function private.refresh_blocked is
    'Recompute the flag of beads that the caller has locked. Returns the open ones that are no longer blocked.';

create function private.sync_parents(p_project_id uuid, p_ids text[])
returns void
language sql
set search_path = ''
as $$
    update public.beads as b set parent_id = f.parent_id
    from (
        select t.id, (
            select e.depends_on_id from public.bead_dependencies as e
            where e.project_id = p_project_id and e.bead_id = t.id and e.type = 'parent-child'
            order by e.seq limit 1) as parent_id
        from unnest(p_ids) as t (id)) as f
    where b.project_id = p_project_id and b.id = f.id and b.parent_id is distinct from f.parent_id;
$$;
comment on function private.sync_parents is 'Make parent_id the first parent-child edge again, after edges were edited.';

create function private.apex_of(p_project_id uuid, p_id text)
returns text
language sql
stable
set search_path = ''
as $$
    with recursive up (id, parent_id) as (
        select b.id, b.parent_id from public.beads as b where b.project_id = p_project_id and b.id = p_id
        union all
        select b.id, b.parent_id from up as u
        join public.beads as b on b.project_id = p_project_id and b.id = u.parent_id and b.status <> 'tombstone'
    ) cycle id set looped using path -- imported parents may run in a circle
    select u.id from up as u where not u.looped order by array_length(u.path, 1) desc limit 1;
$$;
comment on function private.apex_of is 'The topmost ancestor that is here, the bead itself without one.';

create function private.cycle_path(p_project_id uuid, p_from text, p_to text)
returns text[]
language plpgsql
stable
set search_path = ''
as $$
declare
    v_via  jsonb := jsonb_build_object(p_to, null);
    v_next jsonb;
    v_edge text[] := array[p_to];
    v_path text[] := array[p_from];
    v_at   text := p_from;
begin
    while not v_via ? p_from and cardinality(v_edge) > 0 loop
        select jsonb_object_agg(e.depends_on_id, e.bead_id), array_agg(distinct e.depends_on_id::text)
        into v_next, v_edge
        from public.bead_dependencies as e
        join public.beads as b on b.project_id = p_project_id and b.id = e.bead_id and b.status <> 'tombstone'
        where e.project_id = p_project_id and e.bead_id = any (v_edge) and e.type in ('blocks', 'parent-child')
          and not v_via ? e.depends_on_id;
        v_via := v_via || coalesce(v_next, '{}');
    end loop;
    while v_via ->> v_at is not null loop
        v_at := v_via ->> v_at;
        v_path := v_at || v_path;
    end loop;
    return p_from || v_path;
end;
$$;
comment on function private.cycle_path is
    'The shortest circle that an edge p_from → p_to closes, p_from first and last. Only for an edge that closes one.';

create function private.refuse_cycle(p_project_id uuid, p_from text, p_to text)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
    v_path text[];
begin
    if p_from <> p_to and not exists (
        with recursive reach (id) as (
            select p_to collate "C"
            union
            select e.depends_on_id from reach as r
            join public.beads as b on b.project_id = p_project_id and b.id = r.id and b.status <> 'tombstone'
            join public.bead_dependencies as e
                on e.project_id = p_project_id and e.bead_id = r.id and e.type in ('blocks', 'parent-child')
        )
        select 1 from reach as r where r.id = p_from) then
        return;
    end if;
    v_path := case when p_from = p_to then array[p_from, p_to] else private.cycle_path(p_project_id, p_from, p_to) end;
    perform private.fail('cycle', 409,
        format('%s cannot depend on %s: that would be a cycle, %s', p_from, p_to, array_to_string(
            case when cardinality(v_path) > 20 then v_path[:10] || '…'::text || v_path[cardinality(v_path) - 8:] else v_path end, ' → ')),
        format('bdh dep tree %s', p_to), jsonb_build_object('cycle', v_path));
end;
$$;
comment on function private.refuse_cycle is
    'Refuses cycle (409), naming it, if p_from → p_to closed a circle of blocks and parent-child edges. Under the exclusive graph lock.';

revoke execute on function private.descendants(uuid, text[]), private.waiting_for(uuid, text[]),
    private.lock_beads(uuid, text[], text[]), private.refuse_bead(uuid, text), private.refresh_blocked(uuid, text[]),
    private.sync_parents(uuid, text[]), private.apex_of(uuid, text), private.cycle_path(uuid, text, text),
    private.refuse_cycle(uuid, text, text)
    from public, anon, authenticated, service_role;
