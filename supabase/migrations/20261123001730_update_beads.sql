-- Updating beads and commenting on them.

create function private.set_fields(p_actor private.actor_info, p_ids text[], p_changes jsonb)
returns void
language plpgsql
security definer -- writes beads
set search_path = ''
as $$
declare
    v_plain jsonb := p_changes - array['status', 'parent_id', 'labels', 'add_labels', 'remove_labels'];
begin
    update public.beads as b
    set (title, description, design, acceptance_criteria, notes, priority, issue_type, assignee, estimated_minutes,
        external_ref, defer_until, updated_at) = (
        select r.title, r.description, r.design, r.acceptance_criteria, r.notes, r.priority, r.issue_type, r.assignee,
            r.estimated_minutes, r.external_ref, r.defer_until, clock_timestamp()
        from jsonb_populate_record(b, v_plain) as r)
    where b.project_id = p_actor.project_id and b.id = any (p_ids);
    if p_changes ?| array['labels', 'add_labels', 'remove_labels'] then
        perform private.set_labels(p_actor.project_id, p_ids, p_changes);
    end if;
    if p_changes ? 'parent_id' then
        perform private.set_parent(p_actor, p_ids, p_changes ->> 'parent_id');
    end if;
    perform private.emit(p_actor.project_id, 'bead.updated', private.actor_json(p_actor), 'bead', t.id,
        jsonb_build_object('fields', array(select jsonb_object_keys(p_changes - 'status'))))
    from unnest(p_ids) as t (id);
end;
$$;
comment on function private.set_fields is 'Give locked beads checked fields other than status; one event each.';

create function private.set_status(
    p_actor private.actor_info, p_ids text[], p_status text, p_jump_in boolean, p_reason text, p_force boolean, p_waiting text[])
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
begin
    if p_status = 'in_progress' then
        return (
            select jsonb_agg(private.claim_locked(p_actor, t.id, p_jump_in, p_reason, p_force, null) - 'bead' order by t.id)
            from unnest(p_ids) as t (id));
    end if;
    perform private.take_over(p_actor, p_ids, p_jump_in, p_reason, p_status <> 'closed');
    perform private.apply_status(p_actor, p_ids, p_status,
        private.scrub(private.clean_text(nullif(trim(p_reason), ''), 2000, 'The reason')), p_waiting);
    return '[]';
end;
$$;
comment on function private.set_status is 'A status given by update: in_progress claims and returns the claims, any other ends them.';

create function private.update_beads(
    p_project_id uuid, p_ids text[], p_changes jsonb, p_jump_in boolean, p_reason text, p_force boolean, p_epoch int,
    p_epochs jsonb, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_ids     text[] := private.id_list(p_ids);
    v_changes jsonb := private.checked_fields(v_actor, p_changes);
    v_status  text := v_changes ->> 'status';
    v_done    jsonb := private.replayed(v_actor, p_idempotency_key, 'update_beads',
        jsonb_build_array(p_ids, p_changes, p_jump_in, p_reason, p_force, p_epoch, p_epochs));
    v_waiting text[];
    v_claims  jsonb := '[]';
begin
    if v_done is not null then
        return v_done;
    end if;
    perform private.lock_graph(v_actor.project_id, not v_changes ? 'parent_id');
    if v_status <> 'in_progress' then
        v_waiting := private.waiting_for(v_actor.project_id, v_ids);
    end if;
    perform private.lock_beads(v_actor.project_id, v_ids, v_waiting || case when v_changes ? 'parent_id' then
        private.descendants(v_actor.project_id, v_ids) end);
    perform private.check_epochs(v_actor.project_id, v_ids, p_epoch, p_epochs);
    if v_status is not null then
        v_claims := private.set_status(v_actor, v_ids, v_status, p_jump_in, p_reason, p_force, v_waiting);
    end if;
    if v_changes - 'status' <> '{}' then
        perform private.set_fields(v_actor, v_ids, v_changes);
    end if;
    return private.remember(v_actor, p_idempotency_key, jsonb_build_object(
        'beads', private.beads_json(v_actor.project_id, v_ids), 'claims', v_claims));
end;
$$;
comment on function private.update_beads is 'See public.update_beads.';

create function public.update_beads(
    p_ids text[], p_changes jsonb, p_jump_in boolean default false, p_reason text default null, p_force boolean default false,
    p_epoch int default null, p_epochs jsonb default null, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.update_beads(p_project_id, p_ids, p_changes, p_jump_in, p_reason, p_force, p_epoch, p_epochs, p_idempotency_key);
$$;
comment on function public.update_beads is
    'Change fields of beads, all or none: {beads, claims}. status in_progress claims; null clears a field. Refusals as claim_bead, and '
    'bad_field (400).';

create function private.comment_bead(p_project_id uuid, p_id text, p_body text, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes comments
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id, true);
    v_body  text := private.scrub(private.clean_text(nullif(trim(p_body), ''), 200000, 'The comment'));
    v_done  jsonb := private.replayed(v_actor, p_idempotency_key, 'comment_bead',
        jsonb_build_array(p_id, p_body));
begin
    if v_done is not null then
        return v_done;
    end if;
    if v_body is null then
        perform private.fail('bad_field', 400, 'A comment needs words', format('bdh comment %s "…"', p_id));
    end if;
    perform private.lock_graph(v_actor.project_id, true);
    perform private.lock_beads(v_actor.project_id, array[p_id]);
    return private.remember(v_actor, p_idempotency_key, private.add_comment(v_actor, p_id, v_body));
end;
$$;
comment on function private.comment_bead is 'See public.comment_bead.';

create function public.comment_bead(p_id text, p_body text, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.comment_bead(p_project_id, p_id, p_body, p_idempotency_key);
$$;
comment on function public.comment_bead is 'Comment on a bead: {id, bead_id, author, body, created_at}.';

revoke execute on function private.set_fields(private.actor_info, text[], jsonb),
    private.set_status(private.actor_info, text[], text, boolean, text, boolean, text[]),
    private.update_beads(uuid, text[], jsonb, boolean, text, boolean, int, jsonb, text),
    public.update_beads(text[], jsonb, boolean, text, boolean, int, jsonb, text, uuid),
    private.comment_bead(uuid, text, text, text), public.comment_bead(text, text, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.update_beads(uuid, text[], jsonb, boolean, text, boolean, int, jsonb, text),
    public.update_beads(text[], jsonb, boolean, text, boolean, int, jsonb, text, uuid),
    private.comment_bead(uuid, text, text, text), public.comment_bead(text, text, text, uuid) to authenticated;
