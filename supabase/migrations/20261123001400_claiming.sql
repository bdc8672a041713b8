-- Claiming and giving back (product.md §2, rules 1 and 2). Everything below runs with the graph lock held
-- (shared) and the bead's row locked; what is read before the row lock is read again under it.

create function private.refuse_taken(p_claim public.claims)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
    v_holder jsonb := private.holder_json(p_claim.holder_kind, p_claim.holder_id, p_claim.holder_name);
begin
    perform private.fail('claim_taken', 409,
        format('%s is being worked on by %s%s', p_claim.bead_id, v_holder ->> 'short', ' (' || (v_holder ->> 'human_name') || ')'),
        format('bdh claim %s --jump-in "why"', p_claim.bead_id),
        jsonb_build_object('bead_id', p_claim.bead_id, 'holder', v_holder, 'since', p_claim.claimed_at,
            'presence', v_holder ->> 'presence', 'epoch', p_claim.epoch));
end;
$$;
comment on function private.refuse_taken is 'Refuses claim_taken (409): who works on the bead, since when, are they there.';

create function private.refuse_stale(p_bead public.beads, p_epoch int)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if p_epoch < p_bead.claim_epoch then
        perform private.fail('stale_claim', 409,
            format('%s has changed hands: you know claim %s, the newest is %s', p_bead.id, p_epoch, p_bead.claim_epoch),
            format('bdh show %s', p_bead.id),
            jsonb_build_object('bead_id', p_bead.id, 'epoch', p_bead.claim_epoch, 'known', p_epoch));
    end if;
end;
$$;
comment on function private.refuse_stale is 'Refuses stale_claim (409) for an epoch older than the bead''s newest claim; null knows none.';

create function private.take_over_reason(p_reason text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
    if coalesce(trim(p_reason), '') = '' then
        perform private.fail('reason_required', 400, 'A jump-in needs a reason: the holder is mailed it',
            'bdh claim ID --jump-in "why"');
    end if;
    return private.scrub(private.clean_text(trim(p_reason), 2000, 'The reason'));
end;
$$;
comment on function private.take_over_reason is 'The reason of a jump-in as it is stored; reason_required (400).';

create function private.check_claimable(p_bead public.beads, p_claim public.claims, p_jump_in boolean, p_force boolean)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
    v_blockers jsonb;
begin
    if p_bead.status = 'closed' then
        perform private.fail('bead_closed', 409, format('%s is closed', p_bead.id), format('bdh reopen %s', p_bead.id),
            jsonb_build_object('bead_id', p_bead.id, 'closed_at', p_bead.closed_at, 'close_reason', p_bead.close_reason));
    elsif p_claim.id is not null and not coalesce(p_jump_in, false) then
        perform private.refuse_taken(p_claim);
    elsif p_bead.blocked and not coalesce(p_force, false) then
        v_blockers := private.blockers_of(p_bead.project_id, p_bead.id);
        perform private.fail('bead_blocked', 409,
            format('%s is blocked by %s', p_bead.id,
                (select string_agg(distinct t ->> 'id', ', ') from jsonb_array_elements(v_blockers) as t)),
            format('bdh claim %s --force', p_bead.id), jsonb_build_object('bead_id', p_bead.id, 'blockers', v_blockers));
    end if;
end;
$$;
comment on function private.check_claimable is
    'Refuses bead_closed, claim_taken (p_claim: somebody else''s) unless p_jump_in, bead_blocked unless p_force (all 409).';

create function private.take_claim(p_actor private.actor_info, p_bead public.beads, p_previous public.claims, p_reason text)
returns public.claims
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_claim public.claims;
begin
    if p_actor.is_human then
        if not exists (select 1 from public.members as m where m.id = p_actor.id) then
            perform private.fail('not_member', 403, 'You are not a member of this project any more');
        end if;
    end if;
    if p_previous.id is not null then
        update public.claims as c
        set ended_at = clock_timestamp(), ended_reason = 'jump_in', ended_by = private.actor_json(p_actor), end_note = p_reason
        where c.id = p_previous.id;
    end if;
    update public.beads as b
    set status = 'in_progress', assignee = p_actor.name, claim_epoch = b.claim_epoch + 1, updated_at = clock_timestamp()
    where b.project_id = p_bead.project_id and b.id = p_bead.id;
    insert into public.claims (project_id, bead_id, apex_id, epoch, holder_kind, holder_id, holder_name)
    values (p_bead.project_id, p_bead.id,
        case when p_bead.parent_id is null then p_bead.id else private.apex_of(p_bead.project_id, p_bead.id) end,
        p_bead.claim_epoch + 1, p_actor.kind, p_actor.id, p_actor.name)
    returning * into v_claim;
    if p_previous.id is null then
        perform private.emit(p_bead.project_id, 'claim.taken', private.actor_json(p_actor), 'bead', p_bead.id,
            jsonb_build_object('claim_id', v_claim.id, 'epoch', v_claim.epoch, 'apex_id', v_claim.apex_id, 'title', p_bead.title));
    end if;
    return v_claim;
end;
$$;
comment on function private.take_claim is
    'Write the claim of a bead that was found claimable, ending p_previous as a jump-in. One event: claim.taken, or the trigger''s '
    'claim.jumped_in.';

create function private.own_claim(p_actor private.actor_info, p_bead public.beads, p_claim public.claims)
returns jsonb
language plpgsql
stable
security definer -- reads tables of definers
set search_path = ''
as $$
declare
    v_apex_title text := p_bead.title;
    v_short      text := p_actor.name;
begin
    -- In steps, so that the common claim (a bead of its own, by an agent) runs as few queries as it can.
    if p_claim.apex_id <> p_claim.bead_id then
        select a.title into v_apex_title from public.beads as a
        where a.project_id = p_bead.project_id and a.id = p_claim.apex_id;
    end if;
    if not p_actor.is_human then
        v_short := private.short_alias(p_actor.id);
    end if;
    -- The caller is here now, so its presence need not be looked up.
    return jsonb_build_object(
        'id', p_claim.id, 'bead_id', p_claim.bead_id, 'bead_title', p_bead.title, 'apex_id', p_claim.apex_id,
        'apex_title', v_apex_title, 'epoch', p_claim.epoch, 'claimed_at', p_claim.claimed_at, 'ended_at', null,
        'ended_reason', null, 'stale', false,
        'holder', jsonb_build_object('kind', p_actor.kind, 'id', p_actor.id, 'name', p_actor.name, 'short', v_short,
            'human_name', case when not p_actor.is_human then p_actor.human_name end, 'presence', 'active', 'last_seen', now()));
end;
$$;
comment on function private.own_claim is 'The wire shape of a live claim that the caller holds.';

create function private.claim_locked(
    p_actor private.actor_info, p_id text, p_jump_in boolean, p_reason text, p_force boolean, p_epoch int)
returns jsonb
language plpgsql
security definer -- locks and writes beads and claims
set search_path = ''
as $$
declare
    v_bead   public.beads;
    v_claim  public.claims;
    v_result public.claims;
begin
    select * into v_bead from public.beads as b
    where b.project_id = p_actor.project_id and b.id = p_id for no key update;
    if not found or v_bead.status = 'tombstone' then
        perform private.refuse_bead(p_actor.project_id, p_id);
    end if;
    if p_epoch is not null then
        perform private.refuse_stale(v_bead, p_epoch);
    end if;
    if v_bead.status = 'in_progress' then
        select * into v_claim from public.claims as c
        where c.project_id = p_actor.project_id and c.bead_id = p_id and c.ended_at is null;
        if v_claim.holder_id = p_actor.id then
            return private.own_claim(p_actor, v_bead, v_claim)
                || jsonb_build_object('bead', private.bead_core(v_bead), 'already_held', true);
        end if;
    end if;
    perform private.check_claimable(v_bead, v_claim, p_jump_in, p_force);
    v_result := private.take_claim(p_actor, v_bead, v_claim,
        case when v_claim.id is not null then private.take_over_reason(p_reason) end);
    v_bead.status := 'in_progress';
    v_bead.assignee := p_actor.name;
    v_bead.updated_at := v_result.claimed_at;
    return private.own_claim(p_actor, v_bead, v_result) || jsonb_build_object(
        'bead', private.bead_core(v_bead), 'already_held', false,
        'jumped_in_over', case when v_claim.id is not null then
            private.holder_json(v_claim.holder_kind, v_claim.holder_id, v_claim.holder_name) end);
end;
$$;
comment on function private.claim_locked is
    'Claim one bead under the graph lock; the row lock decides the race. Returns claim + {bead, already_held, jumped_in_over}.';

create function private.claim_bead(
    p_project_id uuid, p_bead_id text, p_jump_in boolean, p_reason text, p_force boolean, p_epoch int)
returns jsonb
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id, true);
begin
    perform private.lock_graph(v_actor.project_id, true);
    return private.claim_locked(v_actor, p_bead_id, p_jump_in, p_reason, p_force, p_epoch);
end;
$$;
comment on function private.claim_bead is 'See public.claim_bead.';

create function public.claim_bead(
    p_bead_id text, p_jump_in boolean default false, p_reason text default null, p_force boolean default false,
    p_epoch int default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.claim_bead(p_project_id, p_bead_id, p_jump_in, p_reason, p_force, p_epoch);
$$;
comment on function public.claim_bead is
    'Claim a bead: claim + {bead, already_held, jumped_in_over}. claim_taken, bead_blocked, bead_closed, stale_claim (409), '
    'reason_required (400).';

revoke execute on function private.refuse_taken(public.claims), private.refuse_stale(public.beads, int),
    private.take_over_reason(text), private.check_claimable(public.beads, public.claims, boolean, boolean),
    private.take_claim(private.actor_info, public.beads, public.claims, text),
    private.own_claim(private.actor_info, public.beads, public.claims),
    private.claim_locked(private.actor_info, text, boolean, text, boolean, int),
    private.claim_bead(uuid, text, boolean, text, boolean, int),
    public.claim_bead(text, boolean, text, boolean, int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.claim_bead(uuid, text, boolean, text, boolean, int),
    public.claim_bead(text, boolean, text, boolean, int, uuid) to authenticated;
