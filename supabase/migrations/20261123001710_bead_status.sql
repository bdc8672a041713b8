-- Where a status changes: close, reopen, delete. Rows are locked together first (the beads, what waits for
-- them, what is below those), then read again, then written: claims end, beads change, flags follow.

create function private.apply_status(
    p_actor private.actor_info, p_ids text[], p_status text, p_reason text, p_waiting text[])
returns text[]
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_by  jsonb := private.actor_json(p_actor);
    v_row record;
begin
    update public.claims as c
    set ended_at = clock_timestamp(), ended_by = v_by, end_note = p_reason,
        ended_reason = case p_status when 'closed' then 'closed' when 'tombstone' then 'deleted' when 'open' then 'released' else 'status' end
    where c.project_id = p_actor.project_id and c.bead_id = any (p_ids) and c.ended_at is null;
    for v_row in
        update public.beads as b
        set status = p_status, updated_at = clock_timestamp(),
            -- An assignee that came with a claim goes with it; one that somebody chose stays.
            assignee = case when p_status <> 'open' or not exists (
                select 1 from public.claims as h
                where h.project_id = b.project_id and h.bead_id = b.id and h.holder_name = b.assignee) then b.assignee end,
            closed_at = case when p_status = 'closed' then clock_timestamp() when p_status = 'tombstone' then b.closed_at end,
            close_reason = case when p_status = 'closed' then p_reason when p_status = 'tombstone' then b.close_reason end,
            deleted_at = case when p_status = 'tombstone' then clock_timestamp() end,
            deleted_by = case when p_status = 'tombstone' then p_actor.name end,
            delete_reason = case when p_status = 'tombstone' then p_reason end,
            original_type = case when p_status = 'tombstone' then b.issue_type end
        from (
            select q.id, q.status from public.beads as q
            where q.project_id = p_actor.project_id and q.id = any (p_ids) and q.status <> p_status) as o
        where b.project_id = p_actor.project_id and b.id = o.id
        returning b.id, b.title, o.status as was
    loop
        perform private.emit(p_actor.project_id,
            case when p_status = 'closed' then 'bead.closed' when p_status = 'tombstone' then 'bead.deleted'
                when v_row.was = 'closed' then 'bead.reopened' else 'bead.updated' end,
            v_by, 'bead', v_row.id, jsonb_build_object('title', v_row.title, 'reason', p_reason,
                'status', jsonb_build_object('from', v_row.was, 'to', p_status)));
    end loop;
    return case when p_waiting is null then '{}' else private.refresh_blocked(p_actor.project_id, p_waiting) end;
end;
$$;
comment on function private.apply_status is
    'Give locked beads a status other than in_progress, with all that follows. p_waiting: locked too, their flags may change. Returns '
    'the unblocked ones.';

create function private.check_epochs(p_project_id uuid, p_ids text[], p_epoch int, p_epochs jsonb)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if p_epochs <> 'null' and (jsonb_typeof(p_epochs) <> 'object'
        or jsonb_path_exists(p_epochs, '$.* ? (@.type() != "number" || @ < 0 || @ > 2147483647 || @.floor() != @)')) then
        perform private.fail('bad_field', 400, 'Epochs are {id: number of the claim}', '{"bd-12": 3}');
    elsif p_epoch is not null or p_epochs is not null then
        perform private.refuse_stale(b, coalesce((p_epochs ->> b.id)::int, p_epoch))
        from public.beads as b where b.project_id = p_project_id and b.id = any (p_ids);
    end if;
end;
$$;
comment on function private.check_epochs is
    'Refuses stale_claim (409) if a bead''s claim is newer than p_epochs {id: epoch}, else p_epoch, knows.';

create function private.id_list(p_ids text[])
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_ids text[] := array(select distinct trim(t) from unnest(p_ids) as t where trim(t) <> '' order by 1);
begin
    if cardinality(v_ids) not between 1 and 500 then
        perform private.fail('bad_field', 400, format('Name 1 to 500 beads, not %s', cardinality(v_ids)), 'bdh list');
    end if;
    return v_ids;
end;
$$;
comment on function private.id_list is 'Distinct ids, at least one and at most 500.';

create function private.related_work(p_actor private.actor_info, p_ids text[])
returns jsonb
language sql
stable
security definer -- joins tables of definers
set search_path = ''
as $$
    select coalesce(jsonb_agg(r.item order by r.claimed_at), '[]')
    from (
        select c.claimed_at, jsonb_build_object('bead_id', c.bead_id, 'title', b.title,
            'holder', private.holder_json(c.holder_kind, c.holder_id, c.holder_name) ->> 'short') as item
        from public.claims as c
        join public.beads as b on b.project_id = c.project_id and b.id = c.bead_id
        where c.project_id = p_actor.project_id and c.ended_at is null and c.holder_id <> p_actor.id
          and not c.bead_id = any (p_ids)
          and (c.apex_id = any (array(select private.apex_of(p_actor.project_id, t) from unnest(p_ids) as t))
            or exists (
                select 1 from public.bead_labels as l
                join public.bead_labels as m on m.project_id = l.project_id and m.label = l.label and m.bead_id = any (p_ids)
                where l.project_id = c.project_id and l.bead_id = c.bead_id)
            or exists (
                select 1 from public.bead_dependencies as e where e.project_id = c.project_id
                  and (e.bead_id = c.bead_id and e.depends_on_id = any (p_ids)
                    or e.depends_on_id = c.bead_id and e.bead_id = any (p_ids))))
        order by c.claimed_at limit 20) as r;
$$;
comment on function private.related_work is
    'What others are doing in the same tree, with a shared label or a dependency: [{bead_id, title, holder}], at most 20.';

create function private.close_beads(
    p_project_id uuid, p_ids text[], p_reason text, p_jump_in boolean, p_jump_in_reason text, p_epoch int, p_epochs jsonb,
    p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_actor     private.actor_info := private.actor(p_project_id);
    v_ids       text[] := private.id_list(p_ids);
    v_reason    text := private.scrub(private.clean_text(nullif(trim(p_reason), ''), 2000, 'The reason'));
    v_done      jsonb := private.replayed(v_actor, p_idempotency_key, 'close_beads',
        jsonb_build_array(p_ids, p_reason, p_jump_in, p_jump_in_reason, p_epoch, p_epochs));
    v_waiting   text[];
    v_unblocked text[];
begin
    if v_done is not null then
        return v_done;
    end if;
    perform private.lock_graph(v_actor.project_id, true);
    v_waiting := private.waiting_for(v_actor.project_id, v_ids);
    perform private.lock_beads(v_actor.project_id, v_ids, v_waiting);
    perform private.check_epochs(v_actor.project_id, v_ids, p_epoch, p_epochs);
    perform private.take_over(v_actor, v_ids, p_jump_in, p_jump_in_reason, false);
    v_unblocked := private.apply_status(v_actor, v_ids, 'closed', v_reason, v_waiting);
    return private.remember(v_actor, p_idempotency_key, jsonb_build_object(
        'beads', private.beads_json(v_actor.project_id, v_ids),
        'unblocked', (
            select coalesce(jsonb_agg(private.bead_ref(b) order by b.priority, b.created_at, b.id), '[]')
            from public.beads as b where b.project_id = v_actor.project_id and b.id = any (v_unblocked)),
        'related', private.related_work(v_actor, v_ids)));
end;
$$;
comment on function private.close_beads is 'See public.close_beads.';

create function public.close_beads(
    p_ids text[], p_reason text default null, p_jump_in boolean default false, p_jump_in_reason text default null,
    p_epoch int default null, p_epochs jsonb default null, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.close_beads(p_project_id, p_ids, p_reason, p_jump_in, p_jump_in_reason, p_epoch, p_epochs, p_idempotency_key);
$$;
comment on function public.close_beads is
    'Close beads: {beads, unblocked, related}. claim_taken (409) for one that somebody else works on, unless p_jump_in; stale_claim (409).';

create function private.reopen_beads(p_project_id uuid, p_ids text[], p_reason text)
returns jsonb
language plpgsql
security definer -- writes beads
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_ids     text[] := private.id_list(p_ids);
    v_reason  text := private.scrub(private.clean_text(nullif(trim(p_reason), ''), 2000, 'The reason'));
    v_waiting text[];
    v_closed  text[];
begin
    perform private.lock_graph(v_actor.project_id, true);
    v_waiting := private.waiting_for(v_actor.project_id, v_ids);
    perform private.lock_beads(v_actor.project_id, v_ids, v_waiting);
    -- Work in progress stays with its holder: only what is closed reopens.
    v_closed := array(
        select b.id from public.beads as b
        where b.project_id = v_actor.project_id and b.id = any (v_ids) and b.status = 'closed');
    perform private.apply_status(v_actor, v_closed, 'open', v_reason, v_waiting);
    return jsonb_build_object('beads', private.beads_json(v_actor.project_id, v_ids));
end;
$$;
comment on function private.reopen_beads is 'See public.reopen_beads.';

create function public.reopen_beads(p_ids text[], p_reason text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.reopen_beads(p_project_id, p_ids, p_reason);
$$;
comment on function public.reopen_beads is 'Open closed beads again (others stay as they are): {beads}.';

create function private.delete_beads(p_project_id uuid, p_ids text[], p_reason text)
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_ids     text[] := private.id_list(p_ids);
    v_reason  text := private.scrub(private.clean_text(nullif(trim(p_reason), ''), 2000, 'The reason'));
    v_below   text[];
    v_touched text[];
begin
    perform private.lock_graph(v_actor.project_id, true);
    v_below := private.descendants(v_actor.project_id, v_ids);
    v_touched := v_below || coalesce(private.waiting_for(v_actor.project_id, v_ids), '{}');
    perform private.lock_beads(v_actor.project_id, v_ids, v_touched);
    perform private.apply_status(v_actor, v_ids, 'tombstone', v_reason, v_touched);
    perform private.refresh_apexes(v_actor.project_id, v_below);
    return jsonb_build_object('deleted', to_jsonb(v_ids));
end;
$$;
comment on function private.delete_beads is 'See public.delete_beads.';

create function public.delete_beads(p_ids text[], p_reason text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.delete_beads(p_project_id, p_ids, p_reason);
$$;
comment on function public.delete_beads is
    'Delete beads for good (tombstones remain for export); claims on them end, their holders are mailed. {deleted: [id]}.';

revoke execute on function private.apply_status(private.actor_info, text[], text, text, text[]),
    private.check_epochs(uuid, text[], int, jsonb), private.id_list(text[]), private.related_work(private.actor_info, text[]),
    private.close_beads(uuid, text[], text, boolean, text, int, jsonb, text),
    public.close_beads(text[], text, boolean, text, int, jsonb, text, uuid),
    private.reopen_beads(uuid, text[], text), public.reopen_beads(text[], text, uuid),
    private.delete_beads(uuid, text[], text), public.delete_beads(text[], text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.close_beads(uuid, text[], text, boolean, text, int, jsonb, text),
    public.close_beads(text[], text, boolean, text, int, jsonb, text, uuid),
    private.reopen_beads(uuid, text[], text), public.reopen_beads(text[], text, uuid),
    private.delete_beads(uuid, text[], text), public.delete_beads(text[], text, uuid) to authenticated;
