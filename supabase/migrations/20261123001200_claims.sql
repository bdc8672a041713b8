-- Claims: who works on which bead, now and before. The bead's row lock decides every race; here is the
-- backstop (one live claim per bead), the history, and what must happen whenever a claim ends.

create table public.claims (
    id           uuid not null default gen_random_uuid(),
    project_id   uuid not null,
    bead_id      text collate "C" not null,
    apex_id      text collate "C" not null,
    epoch        int not null,
    holder_kind  text not null,
    holder_id    uuid not null,
    holder_name  text not null,
    claimed_at   timestamptz not null default clock_timestamp(),
    ended_at     timestamptz,
    ended_reason text,
    ended_by     jsonb,
    end_note     text,
    constraint claims_pkey primary key (id),
    constraint claims_bead_epoch_key unique (project_id, bead_id, epoch),
    constraint claims_bead_fkey foreign key (project_id, bead_id) references public.beads (project_id, id) on delete cascade,
    constraint claims_holder_check check (holder_kind in ('workspace', 'member')),
    constraint claims_ended_check check ((ended_at is null) = (ended_reason is null)),
    constraint claims_reason_check check (ended_reason in
        ('released', 'jump_in', 'closed', 'deleted', 'status', 'import', 'workspace_removed', 'member_removed'))
);
create unique index claims_live_idx on public.claims (project_id, bead_id) where ended_at is null;
create index claims_live_holder_idx on public.claims (project_id, holder_id) where ended_at is null;
create index claims_live_apex_idx on public.claims (project_id, apex_id) where ended_at is null;
create index claims_history_idx on public.claims (project_id, claimed_at, id);
comment on table public.claims is
    'Claims, live (ended_at is null) and past. A live claim''s bead is in_progress. holder_name: its name at the time.';

alter table public.claims enable row level security;
revoke all on public.claims from public, anon, authenticated, service_role;
grant select on public.claims to authenticated;
grant all on public.claims to service_role;
create policy claims_select_member on public.claims for select to authenticated
    using (project_id = any (array(select private.current_project_ids())));

create function private.holder_json(p_kind text, p_id uuid, p_name text)
returns jsonb
language sql
stable
security definer -- presence and names of people, for definers only
set search_path = ''
as $$
    select coalesce(
        case when p_kind = 'workspace' then (
            select jsonb_build_object('kind', p_kind, 'id', p_id, 'name', p_name,
                'short', case when w.removed_at is null then private.short_alias(w.id) else p_name end,
                'human_name', w.human_name, 'presence', private.presence_of(p.last_seen), 'last_seen', p.last_seen)
            from public.workspaces as w left join public.presence as p on p.workspace_id = w.id
            where w.id = p_id)
        else (
            select jsonb_build_object('kind', p_kind, 'id', p_id, 'name', p_name, 'short', m.name, 'human_name', null,
                'presence', private.presence_of(m.last_seen), 'last_seen', m.last_seen)
            from public.members as m where m.id = p_id) end,
        jsonb_build_object('kind', p_kind, 'id', p_id, 'name', p_name, 'short', p_name, 'human_name', null,
            'presence', 'offline', 'last_seen', null));
$$;
comment on function private.holder_json is 'A holder of a claim or lock: {kind, id, name, short, human_name, presence, last_seen}.';

create function private.stale_after(p_project_id uuid)
returns interval
language sql
stable
security definer -- project settings, for definers only
set search_path = ''
as $$
    select make_interval(secs => (private.project_setting(p_project_id, 'stale_claim_after_seconds') #>> '{}')::double precision);
$$;
comment on function private.stale_after is 'How long a holder may be away before its claims are marked stale (default 4 h).';

create function private.claim_json(p_claim public.claims)
returns jsonb
language sql
stable
security definer -- joins tables of definers
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_claim.id, 'bead_id', p_claim.bead_id, 'bead_title', b.title, 'apex_id', p_claim.apex_id, 'apex_title', a.title,
        'epoch', p_claim.epoch, 'claimed_at', p_claim.claimed_at, 'ended_at', p_claim.ended_at,
        'ended_reason', p_claim.ended_reason, 'ended_by', p_claim.ended_by, 'note', p_claim.end_note,
        'stale', p_claim.ended_at is null
            and coalesce((h.holder ->> 'last_seen')::timestamptz, p_claim.claimed_at) < now() - private.stale_after(p_claim.project_id),
        'holder', h.holder)
    from public.beads as b
    cross join lateral private.holder_json(p_claim.holder_kind, p_claim.holder_id, p_claim.holder_name) as h (holder)
    left join public.beads as a on a.project_id = b.project_id and a.id = p_claim.apex_id
    where b.project_id = p_claim.project_id and b.id = p_claim.bead_id;
$$;
comment on function private.claim_json is 'The wire shape of a claim; stale: its holder has been away for longer than the project allows.';

create function private.refresh_apexes(p_project_id uuid, p_ids text[])
returns void
language sql
set search_path = ''
as $$
    update public.claims as c set apex_id = private.apex_of(c.project_id, c.bead_id)
    where c.project_id = p_project_id and c.bead_id = any (p_ids) and c.ended_at is null
      and c.apex_id is distinct from private.apex_of(c.project_id, c.bead_id);
$$;
comment on function private.refresh_apexes is 'Give live claims on these beads (locked) their apex again, after parents changed.';

create function private.after_claim_ended()
returns trigger
language plpgsql
security definer -- writes mail and events for whoever ends a claim, by whatever path
set search_path = ''
as $$
declare
    v_by    jsonb := coalesce(new.ended_by, private.system_actor());
    v_short text := coalesce(private.short_alias((v_by ->> 'id')::uuid), v_by ->> 'name');
    v_title text := (select b.title from public.beads as b where b.project_id = new.project_id and b.id = new.bead_id);
    v_verb  text := case new.ended_reason when 'jump_in' then 'took over' when 'closed' then 'closed'
        when 'deleted' then 'deleted' else 'released' end;
begin
    perform private.emit(new.project_id, case when new.ended_reason = 'jump_in' then 'claim.jumped_in' else 'claim.released' end,
        v_by, 'bead', new.bead_id, jsonb_build_object('claim_id', new.id, 'epoch', new.epoch, 'reason', new.ended_reason,
            'note', new.end_note, 'holder', jsonb_build_object('kind', new.holder_kind, 'id', new.holder_id, 'name', new.holder_name)));
    if new.ended_reason not in ('workspace_removed', 'member_removed') and (v_by ->> 'id')::uuid is distinct from new.holder_id then
        perform private.deliver_mail(new.project_id, v_by,
            jsonb_build_array(jsonb_build_object('kind', new.holder_kind, 'id', new.holder_id)),
            format('%s %s %s', v_short, v_verb, new.bead_id),
            format(E'%s %s %s (%s), which you were working on.\n\n%s', v_by ->> 'name', v_verb, new.bead_id, v_title,
                coalesce('Reason: ' || new.end_note, 'No reason was given.')),
            'high');
    end if;
    return null;
end;
$$;
comment on function private.after_claim_ended is
    'Trigger: logs the end of a claim (claim.jumped_in or claim.released) and mails the holder when somebody else ended it.';

create function private.after_bead_left_progress()
returns trigger
language plpgsql
security definer -- ends claims for whoever changes a bead's status, by whatever path
set search_path = ''
as $$
begin
    -- The functions have ended it already, knowing who and why; this is for every other path.
    update public.claims as c
    set ended_at = clock_timestamp(), ended_by = private.system_actor(),
        ended_reason = case new.status when 'closed' then 'closed' when 'tombstone' then 'deleted'
            when 'open' then 'released' else 'status' end
    where c.project_id = new.project_id and c.bead_id = new.id and c.ended_at is null;
    return null;
end;
$$;
comment on function private.after_bead_left_progress is 'Trigger: a bead that is not in_progress has no live claim.';

create function private.end_claims_of(p_project_id uuid, p_holder_id uuid, p_reason text, p_by jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_ids text[];
begin
    -- Alone on the graph: a claim of this holder is either here already or refused by still_there().
    perform private.lock_graph(p_project_id, false);
    select array_agg(c.bead_id::text) into v_ids from public.claims as c
    where c.project_id = p_project_id and c.holder_id = p_holder_id and c.ended_at is null;
    if v_ids is null then
        return;
    end if;
    perform private.lock_beads(p_project_id, v_ids);
    update public.claims as c set ended_at = clock_timestamp(), ended_reason = p_reason, ended_by = p_by
    where c.project_id = p_project_id and c.holder_id = p_holder_id and c.ended_at is null;
    update public.beads as b set status = 'open', assignee = null, updated_at = clock_timestamp()
    where b.project_id = p_project_id and b.id = any (v_ids);
end;
$$;
comment on function private.end_claims_of is 'Give back everything that a leaving workspace or member holds.';

create function private.after_workspace_removed()
returns trigger
language plpgsql
security definer -- ends claims whatever path removed the workspace
set search_path = ''
as $$
begin
    perform private.end_claims_of(new.project_id, new.id, 'workspace_removed', new.removed_by);
    return null;
end;
$$;
comment on function private.after_workspace_removed is 'Trigger: a removed workspace holds no claim.';

create function private.after_member_removed()
returns trigger
language plpgsql
security definer -- ends claims whatever path removed the member
set search_path = ''
as $$
begin
    -- Not when the whole project goes: there is no log left to write to.
    if exists (select 1 from public.projects as p where p.id = old.project_id) then
        perform private.end_claims_of(old.project_id, old.id, 'member_removed', null);
    end if;
    return null;
end;
$$;
comment on function private.after_member_removed is 'Trigger: a removed member holds no claim.';

revoke execute on function private.holder_json(text, uuid, text), private.stale_after(uuid), private.claim_json(public.claims),
    private.refresh_apexes(uuid, text[]), private.after_claim_ended(), private.after_bead_left_progress(),
    private.end_claims_of(uuid, uuid, text, jsonb), private.after_workspace_removed(), private.after_member_removed()
    from public, anon, authenticated, service_role;

create trigger claims_ended after update of ended_at on public.claims
    for each row when (old.ended_at is null and new.ended_at is not null) execute function private.after_claim_ended();
create trigger beads_left_progress after update of status on public.beads
    for each row when (old.status = 'in_progress' and new.status <> 'in_progress')
    execute function private.after_bead_left_progress();
create trigger workspaces_removed_claims after update of removed_at on public.workspaces
    for each row when (old.removed_at is null and new.removed_at is not null) execute function private.after_workspace_removed();
create trigger members_removed_claims after delete on public.members
    for each row execute function private.after_member_removed();
