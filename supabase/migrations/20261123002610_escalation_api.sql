-- Asking the humans, and answering.

create function private.escalation_json(p_row public.escalations, p_context boolean default true)
returns jsonb
language sql
stable
security definer -- looks up the asker's short alias
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_row.id, 'asker', p_row.asker || jsonb_build_object(
            'short', coalesce(private.short_alias(p_row.asker_id), p_row.asker ->> 'name')),
        'subject', p_row.subject, 'situation', p_row.situation, 'options', to_jsonb(p_row.options),
        -- Expired counts from the moment, not from when the ticker comes by.
        'status', case when p_row.status = 'pending' and p_row.expires_at <= now() then 'expired' else p_row.status end,
        'created_at', p_row.created_at, 'expires_at', p_row.expires_at,
        'answer', p_row.answer, 'option', p_row.option, 'note', p_row.note,
        'closed_by', p_row.closed_by, 'closed_at', p_row.closed_at, 'shown_at', p_row.shown_at)
        || case when p_context then jsonb_build_object('context', p_row.context) else '{}' end;
$$;
comment on function private.escalation_json is 'Wire shape of an escalation, with or without the attached context.';

create function private.find_escalation(p_actor private.actor_info, p_id text)
returns public.escalations
language plpgsql
stable
security definer -- refuses a stranger's escalation like none at all
set search_path = ''
as $$
declare
    v_rows public.escalations[];
begin
    if p_id ~ '^[0-9a-fA-F-]{4,36}$' then
        select array_agg(t.q) into v_rows from (
            select q from public.escalations as q
            where q.id between private.first_id(p_id, '0') and private.first_id(p_id, 'f')
              and q.project_id = p_actor.project_id and left(q.id::text, length(p_id)) = lower(p_id)
              and (p_actor.is_human or q.asker_id = p_actor.id)
            limit 2) as t;
    end if;
    if cardinality(v_rows) > 1 then
        perform private.fail('ambiguous_id', 409, format('Several escalations begin with %s', p_id), 'Type more of the id');
    elsif v_rows is null then
        perform private.fail('not_found', 404, format('There is no escalation %s for you', p_id), 'bdh :escalations');
    end if;
    return v_rows[1];
end;
$$;
comment on function private.find_escalation is
    'The escalation with this id or its first characters: one''s own, for humans any of the project.';

create function private.escalate(
    p_project_id uuid, p_subject text, p_situation text, p_options text[], p_expires_seconds int, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes for the actor
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id, true);
    v_result jsonb := private.replayed(v_actor, p_idempotency_key, 'escalate',
        jsonb_build_array(p_subject, p_situation, p_options, p_expires_seconds));
    v_id     uuid;
begin
    if v_result is not null then
        return v_result;
    end if;
    if coalesce(trim(p_subject), '') = '' or coalesce(trim(p_situation), '') = '' then
        perform private.fail('empty_message', 400, 'An escalation needs a subject and a situation');
    elsif cardinality(p_options) > 20 then
        perform private.fail('too_many', 400, 'An escalation has at most 20 options');
    elsif p_expires_seconds not between 1 and 31536000 then
        perform private.fail('bad_time', 400, 'An escalation expires after one second to one year');
    end if;
    perform private.hold_place(v_actor);
    v_id := private.open_escalation(v_actor.project_id, private.actor_json(v_actor), p_subject, p_situation,
        coalesce(p_options, '{}'), make_interval(secs => p_expires_seconds), private.escalation_context(v_actor));
    return private.remember(v_actor, p_idempotency_key, (
        select private.escalation_json(e) || jsonb_build_object('wake', private.wakes((
            select jsonb_agg(jsonb_build_object('kind', 'member', 'id', m.id, 'name', m.name))
            from public.members as m where m.project_id = v_actor.project_id and m.id <> v_actor.id)))
        from public.escalations as e where e.id = v_id));
end;
$$;
comment on function private.escalate is 'See public.escalate.';

create function public.escalate(
    p_subject text, p_situation text, p_options text[] default null, p_expires_seconds int default null,
    p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.escalate(p_project_id, p_subject, p_situation, p_options, p_expires_seconds, p_idempotency_key);
$$;
comment on function public.escalate is
    'Ask the humans of the project; claims, locks, branch and the last messages are attached. Returns the escalation and how the '
    'humans will learn of it (wake).';

create function private.answer_as(p_actor private.actor_info, p_id text, p_answer text, p_option int, p_note text)
returns jsonb
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_row    public.escalations;
    v_option int := p_option;
begin
    perform private.require_human(p_actor, 'answer an escalation');
    v_row := private.find_escalation(p_actor, p_id);
    if p_option is not null and p_option not between 1 and cardinality(v_row.options) then
        perform private.fail('bad_option', 400, format('There is no option %s', p_option),
            format('bdh :escalations show %s', left(v_row.id::text, 8)));
    end if;
    v_option := coalesce(p_option, array_position(array(
        select lower(t.o) from unnest(v_row.options) with ordinality as t (o, n) order by t.n), lower(trim(p_answer))));
    if coalesce(trim(p_answer), v_row.options[v_option], '') = '' then
        perform private.fail('empty_message', 400, 'An answer needs a text or an option');
    end if;
    -- Late by the clock is late, whether or not the ticker has come by.
    if v_row.status = 'pending' and v_row.expires_at <= now() then
        perform private.fail('escalation_closed', 409, 'This escalation has expired', 'bdh :escalations');
    end if;
    if not private.close_escalation(v_row.id, 'answered', private.actor_json(p_actor),
        private.clean_text(private.scrub(coalesce(v_row.options[v_option], p_answer)), 200000, 'The answer'),
        v_option, private.clean_text(private.scrub(p_note), 2000, 'The note')) then
        perform private.refuse_closed_escalation(v_row.id);
    end if;
    return (select private.escalation_json(e) from public.escalations as e where e.id = v_row.id);
end;
$$;
comment on function private.answer_as is 'Answer as p_actor, whom the caller has established; the refusals of public.answer_escalation.';

create function private.answer_escalation(p_project_id uuid, p_id text, p_answer text, p_option int, p_note text)
returns jsonb
language sql
security definer -- writes a table nobody may write
set search_path = ''
as $$
    select private.answer_as(private.actor(p_project_id), p_id, p_answer, p_option, p_note);
$$;
comment on function private.answer_escalation is 'See public.answer_escalation.';

create function private.refuse_closed_escalation(p_id uuid)
returns void
language plpgsql
security definer -- reads the row its caller has checked
set search_path = ''
as $$
declare
    v_row public.escalations;
begin
    select * into v_row from public.escalations as e where e.id = p_id;
    if v_row.status = 'answered' then
        perform private.fail('already_answered', 409,
            format('%s answered this escalation already: %s', v_row.closed_by ->> 'name', private.first_line(v_row.answer)),
            format('bdh :escalations show %s', left(p_id::text, 8)),
            jsonb_build_object('answered_by', v_row.closed_by, 'answered_at', v_row.closed_at, 'answer', v_row.answer));
    end if;
    perform private.fail('escalation_closed', 409,
        case v_row.status when 'expired' then 'This escalation has expired' else 'This escalation was withdrawn' end,
        'bdh :escalations', jsonb_build_object('status', v_row.status, 'at', v_row.closed_at));
end;
$$;
comment on function private.refuse_closed_escalation is 'Refuses already_answered (409, with who and when) or escalation_closed (409).';

create function public.answer_escalation(
    p_id text, p_answer text default null, p_option int default null, p_note text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.answer_escalation(p_project_id, p_id, p_answer, p_option, p_note);
$$;
comment on function public.answer_escalation is
    'Answer by text or by option (its text, or its number from 1); humans only; a later answer gets already_answered (409).';

create function private.withdraw_escalation(p_project_id uuid, p_id text)
returns jsonb
language plpgsql
security definer -- writes a table nobody may write
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_row   public.escalations := private.find_escalation(v_actor, p_id);
begin
    if not private.close_escalation(v_row.id, 'withdrawn', private.actor_json(v_actor)) then
        perform private.refuse_closed_escalation(v_row.id);
    end if;
    return (select private.escalation_json(e) from public.escalations as e where e.id = v_row.id);
end;
$$;
comment on function private.withdraw_escalation is 'See public.withdraw_escalation.';

create function public.withdraw_escalation(p_id text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.withdraw_escalation(p_project_id, p_id);
$$;
comment on function public.withdraw_escalation is 'Take back a pending escalation: the asker its own, a human any of the project.';

do $$
declare
    v_fn     regprocedure;
    v_public text[] := array['escalate', 'answer_escalation', 'withdraw_escalation'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_public || array[
            'escalation_json', 'find_escalation', 'answer_as', 'refuse_closed_escalation', 'status_escalations'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_public)
    loop
        execute format('grant execute on function %s to authenticated', v_fn);
    end loop;
end;
$$;
