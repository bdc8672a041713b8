-- Who wants to be told when a bead's status changes (product.md §2.5). The telling is the outbox's.

create table public.subscriptions (
    project_id      uuid not null,
    bead_id         text collate "C" not null,
    subscriber_id   uuid not null,
    subscriber_kind text not null,
    created_at      timestamptz not null default now(),
    constraint subscriptions_pkey primary key (project_id, bead_id, subscriber_id),
    constraint subscriptions_bead_fkey foreign key (project_id, bead_id)
    references public.beads (project_id, id) on delete cascade,
    constraint subscriptions_kind_check check (subscriber_kind in ('workspace', 'member'))
);
create index subscriptions_subscriber_idx on public.subscriptions (subscriber_id, created_at, bead_id);
comment on table public.subscriptions is 'A workspace or member that is told when the bead''s status changes; gone with either.';

alter table public.subscriptions enable row level security;
revoke all on public.subscriptions from public, anon, authenticated, service_role;
grant select on public.subscriptions to authenticated;
grant all on public.subscriptions to service_role;
create policy subscriptions_select_member on public.subscriptions for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create function private.subscriptions_json(p_actor private.actor_info, p_ids text[])
returns jsonb
language sql
stable
security definer -- joins tables of definers
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'bead_id', b.id, 'title', b.title, 'status', b.status, 'created_at', s.created_at)
        order by s.created_at, s.bead_id), '[]')
    from public.subscriptions as s
    join public.beads as b on b.project_id = s.project_id and b.id = s.bead_id
    where s.project_id = p_actor.project_id and s.subscriber_id = p_actor.id and s.bead_id = any (p_ids);
$$;
comment on function private.subscriptions_json is 'The actor''s subscriptions to these beads: [{bead_id, title, status, created_at}].';

create function private.subscribe(p_project_id uuid, p_bead_ids text[])
returns jsonb
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_ids     text[] := private.id_list(p_bead_ids);
    v_unknown text[];
begin
    -- Whoever is removed or deleted meanwhile is so before or after, not in between.
    perform private.lock_graph(v_actor.project_id, true);
    v_unknown := array(
        select t from unnest(v_ids) as t
        where not exists (
            select 1 from public.beads as b
            where b.project_id = v_actor.project_id and b.id = t and b.status <> 'tombstone'));
    if cardinality(v_unknown) > 0 then
        perform private.fail('not_found', 404, format('There is no bead %s', array_to_string(v_unknown, ', ')), 'bdh list',
            jsonb_build_object('ids', v_unknown));
    end if;
    insert into public.subscriptions (project_id, bead_id, subscriber_id, subscriber_kind)
    select v_actor.project_id, t, v_actor.id, v_actor.kind from unnest(v_ids) as t
    on conflict do nothing;
    return jsonb_build_object('subscriptions', private.subscriptions_json(v_actor, v_ids), 'next_cursor', null);
end;
$$;
comment on function private.subscribe is 'See public.subscribe.';

create function public.subscribe(p_bead_ids text[], p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.subscribe(p_project_id, p_bead_ids);
$$;
comment on function public.subscribe is
    'Be told when the status of these beads changes (not by one''s own doing): {subscriptions, next_cursor}; not_found (404).';

create function private.unsubscribe(p_project_id uuid, p_bead_ids text[])
returns jsonb
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_ids   text[] := case when p_bead_ids is not null then private.id_list(p_bead_ids) end;
    v_gone  text[];
begin
    with gone as (
        delete from public.subscriptions as s
        where s.project_id = v_actor.project_id and s.subscriber_id = v_actor.id
          and (v_ids is null or s.bead_id = any (v_ids))
        returning s.bead_id
    )
    select array_agg(g.bead_id::text order by g.bead_id) into v_gone from gone as g;
    return jsonb_build_object('unsubscribed', coalesce(to_jsonb(v_gone), '[]'));
end;
$$;
comment on function private.unsubscribe is 'See public.unsubscribe.';

create function public.unsubscribe(p_bead_ids text[] default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.unsubscribe(p_project_id, p_bead_ids);
$$;
comment on function public.unsubscribe is 'No longer be told about these beads, null for all: {unsubscribed: [id]}.';

create function private.list_subscriptions(p_project_id uuid, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_ids   text[];
begin
    v_ids := array(
        select s.bead_id from public.subscriptions as s
        where s.subscriber_id = v_actor.id and s.project_id = v_actor.project_id
          and (p_cursor is null or (s.created_at, s.bead_id) > (
              select c.created_at, c.bead_id from public.subscriptions as c
              where c.project_id = v_actor.project_id and c.bead_id = p_cursor and c.subscriber_id = v_actor.id))
        order by s.created_at, s.bead_id limit v_limit + 1);
    return jsonb_build_object(
        'subscriptions', private.subscriptions_json(v_actor, v_ids[1:v_limit]),
        'next_cursor', case when cardinality(v_ids) > v_limit then v_ids[v_limit] end);
end;
$$;
comment on function private.list_subscriptions is 'See public.list_subscriptions.';

create function public.list_subscriptions(p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_subscriptions(p_project_id, p_cursor, p_limit);
$$;
comment on function public.list_subscriptions is 'The caller''s subscriptions, oldest first: {subscriptions, next_cursor}.';

create function private.forget_subscriber()
returns trigger
language plpgsql
security definer -- fires for whoever removes a workspace or member
set search_path = ''
as $$
begin
    delete from public.subscriptions as s where s.subscriber_id = old.id;
    return null;
end;
$$;
comment on function private.forget_subscriber is 'Trigger: who is gone is told nothing.';
create trigger workspaces_forget_subscriber after update of removed_at on public.workspaces
    for each row when (old.removed_at is null and new.removed_at is not null)
    execute function private.forget_subscriber();
create trigger members_forget_subscriber after delete on public.members
    for each row execute function private.forget_subscriber();

revoke execute on function private.subscriptions_json(private.actor_info, text[]), private.forget_subscriber(),
    private.subscribe(uuid, text[]), public.subscribe(text[], uuid),
    private.unsubscribe(uuid, text[]), public.unsubscribe(text[], uuid),
    private.list_subscriptions(uuid, text, int), public.list_subscriptions(text, int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.subscribe(uuid, text[]), public.subscribe(text[], uuid),
    private.unsubscribe(uuid, text[]), public.unsubscribe(text[], uuid),
    private.list_subscriptions(uuid, text, int), public.list_subscriptions(text, int, uuid) to authenticated;
