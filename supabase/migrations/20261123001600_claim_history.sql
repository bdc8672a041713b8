-- Giving a claim back, and listing claims.

create function private.check_release(
    p_actor private.actor_info, p_claim public.claims, p_for_alias text, p_reason text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if p_for_alias is not null and p_claim.holder_name is distinct from coalesce(
        private.find_party(p_actor.project_id, p_for_alias) ->> 'name', p_for_alias) then
        perform private.refuse_taken(p_claim);
    end if;
    if p_claim.holder_id = p_actor.id then
        return;
    end if;
    perform private.require_human(p_actor, 'release another''s claim');
    if coalesce(trim(p_reason), '') = '' then
        perform private.fail('reason_required', 400,
            format('Releasing the claim of %s needs a reason: its holder is mailed it', p_claim.holder_name),
            format('bdh release %s --for %s --reason "why"', p_claim.bead_id, p_claim.holder_name));
    end if;
end;
$$;
comment on function private.check_release is
    'Refuses human_only (403) for another''s claim, reason_required (400) for members without one, claim_taken (409) when p_for_alias '
    'is not the holder.';

create function private.release_bead(
    p_project_id uuid, p_bead_id text, p_note text, p_for_alias text, p_reason text, p_epoch int, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes beads, claims, comments
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_note   text := private.scrub(private.clean_text(nullif(trim(p_note), ''), 20000, 'The note'));
    v_reason text := private.scrub(private.clean_text(nullif(trim(p_reason), ''), 2000, 'The reason'));
    v_done   jsonb := private.replayed(v_actor, p_idempotency_key, 'release_bead',
        jsonb_build_array(p_bead_id, p_note, p_for_alias, p_reason, p_epoch));
    v_bead   public.beads;
    v_claim  public.claims;
begin
    if v_done is not null then
        return v_done;
    end if;
    perform private.lock_graph(v_actor.project_id, true);
    perform private.lock_beads(v_actor.project_id, array[p_bead_id]);
    select * into v_bead from public.beads as b where b.project_id = v_actor.project_id and b.id = p_bead_id;
    perform private.refuse_stale(v_bead, p_epoch);
    select * into v_claim from public.claims as c
    where c.project_id = v_actor.project_id and c.bead_id = p_bead_id and c.ended_at is null;
    if found then
        perform private.check_release(v_actor, v_claim, p_for_alias, p_reason);
        update public.claims as c
        set ended_at = clock_timestamp(), ended_reason = 'released', ended_by = private.actor_json(v_actor),
            end_note = coalesce(v_reason, v_note)
        where c.id = v_claim.id returning * into v_claim;
    end if;
    if v_bead.status = 'in_progress' then -- without a claim too: imported work that nobody here does
        update public.beads as b set status = 'open', assignee = null, updated_at = clock_timestamp()
        where b.project_id = v_actor.project_id and b.id = p_bead_id returning * into v_bead;
    end if;
    if v_note is not null then
        perform private.add_comment(v_actor, p_bead_id, v_note);
    end if;
    return private.remember(v_actor, p_idempotency_key, jsonb_build_object(
        'released', v_claim.id is not null, 'bead_id', p_bead_id, 'bead', private.bead_json(v_bead),
        'claim', case when v_claim.id is not null then private.claim_json(v_claim) end));
end;
$$;
comment on function private.release_bead is 'See public.release_bead.';

create function public.release_bead(
    p_bead_id text, p_note text default null, p_for_alias text default null, p_reason text default null,
    p_epoch int default null, p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.release_bead(p_project_id, p_bead_id, p_note, p_for_alias, p_reason, p_epoch, p_idempotency_key);
$$;
comment on function public.release_bead is
    'Give a bead back (open, unassigned); p_note becomes a comment. Members may release another''s (p_for_alias, p_reason). {released, '
    'bead_id, bead, claim}.';

create function private.list_claims(
    p_project_id uuid, p_mine boolean, p_holder text, p_bead_id text, p_stale boolean, p_include_ended boolean,
    p_limit int, p_cursor text)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
set plan_cache_mode = force_custom_plan -- every combination of filters wants its own plan
as $$
declare
    v_actor  private.actor_info := private.viewer(p_project_id);
    v_after  jsonb := private.read_page_cursor(p_cursor, 'claims');
    v_limit  int := private.page_limit(p_limit);
    v_holder uuid := case when p_mine then v_actor.id end;
    v_stale  timestamptz := now() - private.stale_after(v_actor.project_id);
    v_ids    uuid[];
    v_last   public.claims;
begin
    if p_holder is not null then
        v_holder := coalesce((private.find_party(v_actor.project_id, p_holder) ->> 'id')::uuid,
            (private.resolve_alias(v_actor.project_id, p_holder)).id);
    end if;
    v_ids := array(
        select c.id from public.claims as c
        where c.project_id = v_actor.project_id
          and (coalesce(p_include_ended, false) or c.ended_at is null)
          and (v_holder is null or c.holder_id = v_holder)
          and (p_bead_id is null or c.bead_id = p_bead_id)
          -- As claim_json has it, which would be too dear for every claim there ever was.
          and (p_stale is null or p_stale = (c.ended_at is null and coalesce(
              case c.holder_kind when 'workspace' then (select p.last_seen from public.presence as p where p.workspace_id = c.holder_id)
                  else (select m.last_seen from public.members as m where m.id = c.holder_id) end, c.claimed_at) < v_stale))
          and (v_after is null or (c.claimed_at, c.id) < ((v_after ->> 'at')::timestamptz, (v_after ->> 'id')::uuid))
        order by c.claimed_at desc, c.id desc limit v_limit + 1);
    if cardinality(v_ids) > v_limit then
        select * into v_last from public.claims as c where c.id = v_ids[v_limit];
    end if;
    return jsonb_build_object(
        'claims', (
            select coalesce(jsonb_agg(private.claim_json(c) order by t.n), '[]')
            from unnest(v_ids[1:v_limit]) with ordinality as t (id, n) join public.claims as c on c.id = t.id),
        'next_cursor', case when v_last.id is not null then
            private.page_cursor(jsonb_build_object('list', 'claims', 'at', v_last.claimed_at, 'id', v_last.id)) end);
end;
$$;
comment on function private.list_claims is 'See public.list_claims.';

create function public.list_claims(
    p_mine boolean default false, p_holder text default null, p_bead_id text default null, p_stale boolean default null,
    p_include_ended boolean default false, p_limit int default 50, p_cursor text default null, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_claims(p_project_id, p_mine, p_holder, p_bead_id, p_stale, p_include_ended, p_limit, p_cursor);
$$;
comment on function public.list_claims is
    'Claims, the newest first: {claims, next_cursor}; live ones unless p_include_ended. not_found (404) for an unknown holder.';

revoke execute on function private.check_release(private.actor_info, public.claims, text, text),
    private.release_bead(uuid, text, text, text, text, int, text), public.release_bead(text, text, text, text, int, text, uuid),
    private.list_claims(uuid, boolean, text, text, boolean, boolean, int, text),
    public.list_claims(boolean, text, text, boolean, boolean, int, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.release_bead(uuid, text, text, text, text, int, text),
    public.release_bead(text, text, text, text, int, text, uuid),
    private.list_claims(uuid, boolean, text, text, boolean, boolean, int, text),
    public.list_claims(boolean, text, text, boolean, boolean, int, text, uuid) to authenticated;
