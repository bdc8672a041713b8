-- Reading escalations: the list, one with its context, and what the team's status shows to all.

create function private.list_escalations(p_project_id uuid, p_status text[], p_mine boolean, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for askers and humans
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_found public.escalations[];
    v_before public.escalations;
begin
    if p_cursor is not null then
        v_before := private.find_escalation(v_actor, p_cursor);
    end if;
    select array_agg(t.e order by (t.e).created_at desc, (t.e).id desc) into v_found from (
        select e from public.escalations as e
        where e.project_id = v_actor.project_id and (v_actor.is_human or e.asker_id = v_actor.id)
          and (not coalesce(p_mine, false) or e.asker_id = v_actor.id)
          and (p_status is null or e.status = any (p_status))
          and (p_cursor is null or (e.created_at, e.id) < (v_before.created_at, v_before.id))
        order by e.created_at desc, e.id desc limit v_limit + 1) as t;
    return jsonb_build_object(
        'escalations', coalesce((select jsonb_agg(private.escalation_json(t, false) order by t.created_at desc, t.id desc)
            from unnest(v_found[1:v_limit]) as t), '[]'),
        'next_cursor', case when cardinality(v_found) > v_limit then v_found[v_limit].id end);
end;
$$;
comment on function private.list_escalations is 'See public.list_escalations.';

create function public.list_escalations(
    p_status text[] default null, p_mine boolean default false, p_cursor text default null, p_limit int default 50,
    p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_escalations(p_project_id, p_status, p_mine, p_cursor, p_limit);
$$;
comment on function public.list_escalations is
    'Escalations, newest first: a workspace''s own; for humans all of the project: {escalations, next_cursor}.';

create function private.show_escalation(p_project_id uuid, p_id text)
returns jsonb
language plpgsql
stable
security definer -- one reading path for askers and humans
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
begin
    return private.escalation_json(private.find_escalation(v_actor, p_id));
end;
$$;
comment on function private.show_escalation is 'See public.show_escalation.';

create function public.show_escalation(p_id text, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.show_escalation(p_project_id, p_id);
$$;
comment on function public.show_escalation is 'One escalation with its context, by id or its first characters.';

create or replace function private.status_escalations(p_project_id uuid)
returns jsonb
language sql
stable
security definer -- team_status shows every agent that a question is open, not what it says
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', e.id, 'subject', e.subject, 'asker', e.asker || jsonb_build_object(
            'short', coalesce(private.short_alias(e.asker_id), e.asker ->> 'name')),
        'status', e.status, 'created_at', e.created_at, 'expires_at', e.expires_at) order by e.created_at), '[]')
    from public.escalations as e
    where e.project_id = p_project_id and e.status = 'pending' and (e.expires_at is null or e.expires_at > now());
$$;
comment on function private.status_escalations is 'Pending escalations, oldest first.';

revoke execute on function private.list_escalations(uuid, text[], boolean, text, int), private.show_escalation(uuid, text),
    private.status_escalations(uuid), public.list_escalations(text[], boolean, text, int, uuid),
    public.show_escalation(text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.list_escalations(uuid, text[], boolean, text, int), private.show_escalation(uuid, text),
    public.list_escalations(text[], boolean, text, int, uuid), public.show_escalation(text, uuid) to authenticated;
