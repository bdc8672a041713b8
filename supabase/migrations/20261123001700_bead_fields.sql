-- What callers may put into a bead: fields checked and cleaned, comments, numbers; and the one place
-- where a status changes.

create function private.resolve_assignee(p_actor private.actor_info, p_text text)
returns text
language plpgsql
stable
security definer -- compares with every alias of the project
set search_path = ''
as $$
declare
    v_text text := private.clean_line(p_text, 200, 'The assignee');
begin
    if lower(v_text) in ('me', '@me') then
        return p_actor.name;
    end if;
    -- Somebody who has not joined yet may be assigned too, so an unknown name is kept.
    return coalesce(private.find_party(p_actor.project_id, v_text) ->> 'name', v_text);
end;
$$;
comment on function private.resolve_assignee is 'The whole alias or name that was meant; an unknown one as given; ambiguous_alias (409).';

create function private.read_time(p_text text, p_key text)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
    v_time timestamptz;
begin
    begin
        v_time := p_text::timestamptz;
    exception when data_exception then
        v_time := 'infinity';
    end;
    -- Infinity, and years that no client's clock knows, would break whoever reads the bead.
    if not v_time between '0001-01-02Z' and '9999-12-30Z' then
        perform private.fail('bad_field', 400, format('%s cannot be %s', p_key, left(p_text, 100)), '2026-12-24T09:00:00Z',
            jsonb_build_object('field', p_key));
    end if;
    return v_time;
end;
$$;
comment on function private.read_time is 'A time between the years 1 and 9999, null for null; bad_field (400).';

create function private.checked_labels(p_value jsonb, p_key text)
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_labels text[];
begin
    if jsonb_typeof(p_value) not in ('array', 'null') or jsonb_path_exists(p_value, '$[*] ? (@.type() != "string" && @.type() != "null")') then
        perform private.fail('bad_field', 400, format('%s are a list of texts', p_key), '["backend", "urgent"]', jsonb_build_object('field', p_key));
    end if;
    v_labels := private.label_filter(array(select jsonb_array_elements_text(coalesce(nullif(p_value, 'null'), '[]'))));
    if cardinality(v_labels) > 100 then
        perform private.fail('too_many', 400, format('%s labels in one call, at most 100', cardinality(v_labels)), 'bdh update --help');
    end if;
    perform private.clean_text(l, 200, 'A label') from unnest(v_labels) as l;
    return v_labels;
end;
$$;
comment on function private.checked_labels is 'Distinct labels of a JSON list; bad_field, too_long, too_many (400).';

create function private.checked_field(p_actor private.actor_info, p_key text, p_value jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_text text := p_value #>> '{}';
    v_clean text;
begin
    if jsonb_typeof(p_value) in ('object', 'boolean') or jsonb_typeof(p_value) = 'array' and p_key not like '%labels' then
        perform private.fail('bad_field', 400, format('%s cannot be a JSON %s', p_key, jsonb_typeof(p_value)), 'bdh update --help',
            jsonb_build_object('field', p_key));
    end if;
    case
        when p_key in ('description', 'design', 'acceptance_criteria', 'notes') then
            v_clean := private.scrub(private.clean_text(nullif(v_text, ''), 200000, 'The ' || p_key));
        when p_key = 'title' then
            v_clean := private.scrub(private.clean_line(v_text, 500, 'The title'));
        when p_key in ('status', 'issue_type', 'external_ref', 'parent_id') then
            v_clean := private.clean_line(v_text, 200, 'The ' || p_key);
        when p_key = 'assignee' then
            v_clean := private.resolve_assignee(p_actor, v_text);
        when p_key = 'defer_until' then
            return to_jsonb(private.read_time(nullif(v_text, ''), p_key));
        when p_key in ('priority', 'estimated_minutes') then
            if v_text is null and p_key = 'priority' or v_text !~ '^[0-9]{1,8}$' or v_text::int > (case p_key when 'priority' then 4 else 10000000 end) then
                perform private.fail('bad_field', 400, format('%s cannot be %s', p_key, coalesce(left(v_text, 100), 'empty')),
                    case p_key when 'priority' then '0 (most urgent) to 4' end, jsonb_build_object('field', p_key));
            end if;
            return to_jsonb(v_text::int);
        when p_key in ('labels', 'add_labels', 'remove_labels') then
            return to_jsonb(private.checked_labels(p_value, p_key));
        else
            perform private.fail('bad_field', 400, format('A bead has no field %s that could be set', p_key),
                'title, description, design, acceptance_criteria, notes, status, priority, issue_type, assignee, parent_id, labels, '
                || 'add_labels, remove_labels, estimated_minutes, external_ref, defer_until', jsonb_build_object('field', p_key));
    end case;
    if v_clean is null and p_key in ('title', 'status', 'issue_type') or v_clean = 'tombstone' and p_key = 'status' then
        perform private.fail('bad_field', 400, format('%s cannot be %s', p_key, coalesce(v_clean, 'empty')),
            case v_clean when 'tombstone' then 'bdh delete' end, jsonb_build_object('field', p_key));
    end if;
    if p_key = 'status' then
        perform private.check_statuses(p_actor.project_id, jsonb_build_array(v_clean));
    end if;
    return to_jsonb(v_clean);
end;
$$;
comment on function private.checked_field is 'One field as it is stored: cleaned, scrubbed, names resolved; bad_field, too_long (400).';

create function private.checked_fields(p_actor private.actor_info, p_fields jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_result jsonb;
begin
    if jsonb_typeof(p_fields) is distinct from 'object' then
        perform private.fail('bad_field', 400, 'Fields come as one JSON object', '{"priority": 1}');
    end if;
    -- A label list that is absent and one that is null mean the same; any other null clears its field.
    select coalesce(jsonb_object_agg(f.key, coalesce(private.checked_field(p_actor, f.key, f.value), 'null')), '{}')
    into v_result from jsonb_each(p_fields) as f;
    return v_result;
end;
$$;
comment on function private.checked_fields is
    'Every field of a JSON object through private.checked_field; bad_field (400) for anything else.';

create function private.skip_numbers(p_project_id uuid, p_ids text[])
returns void
language sql
set search_path = ''
as $$
    update public.projects as p set next_bead = m.number + 1
    from (
        select max(substring(t.id from '-([0-9]{1,15})$')::bigint) as number
        from unnest(p_ids) as t (id)
        where t.id ~ ('^' || (select q.prefix from public.projects as q where q.id = p_project_id) || '-[0-9]{1,15}$')) as m
    where p.id = p_project_id and p.next_bead <= m.number;
$$;
comment on function private.skip_numbers is 'Move the project''s numbering past ids that came from elsewhere.';

create function private.next_bead_id(p_project_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
    v_id text;
begin
    loop
        update public.projects as p set next_bead = p.next_bead + 1
        where p.id = p_project_id returning p.prefix || '-' || (p.next_bead - 1) into v_id;
        exit when not exists (select 1 from public.beads as b where b.project_id = p_project_id and b.id = v_id);
        -- Ids that came past the functions (a restore, an operator): past all of them at once.
        perform private.skip_numbers(p_project_id,
            array(select b.id::text from public.beads as b where b.project_id = p_project_id));
    end loop;
    return v_id;
end;
$$;
comment on function private.next_bead_id is 'The next free id, bd-12; callers queue for it until the end of their transaction.';

create function private.set_labels(p_project_id uuid, p_ids text[], p_changes jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_add text[] := array(
        select jsonb_array_elements_text(coalesce(p_changes -> 'labels', '[]') || coalesce(p_changes -> 'add_labels', '[]')));
begin
    delete from public.bead_labels as l
    where l.project_id = p_project_id and l.bead_id = any (p_ids)
      and (p_changes ? 'labels' and not l.label = any (v_add) or coalesce(p_changes -> 'remove_labels', '[]') ? l.label);
    insert into public.bead_labels (project_id, bead_id, label)
    select p_project_id, i.id, l.label from unnest(p_ids) as i (id) cross join unnest(v_add) as l (label)
    on conflict do nothing;
end;
$$;
comment on function private.set_labels is 'Apply labels (all), add_labels, remove_labels to beads.';

create function private.add_comment(p_actor private.actor_info, p_bead_id text, p_body text)
returns jsonb
language plpgsql
security definer -- writes comments
set search_path = ''
as $$
declare
    v_row public.bead_comments;
begin
    insert into public.bead_comments (project_id, bead_id, author, actor, body)
    values (p_actor.project_id, p_bead_id, p_actor.name, private.actor_json(p_actor), p_body) returning * into v_row;
    update public.beads as b set updated_at = clock_timestamp() where b.project_id = p_actor.project_id and b.id = p_bead_id;
    perform private.emit(p_actor.project_id, 'bead.commented', private.actor_json(p_actor), 'bead', p_bead_id,
        jsonb_build_object('comment_id', v_row.id::text));
    return private.comment_json(v_row);
end;
$$;
comment on function private.add_comment is 'Store a comment on a bead whose row is locked; one event.';

create function private.comment_json(p_comment public.bead_comments)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('id', p_comment.id::text, 'bead_id', p_comment.bead_id, 'author', p_comment.author,
        'body', p_comment.body, 'created_at', p_comment.created_at);
$$;
comment on function private.comment_json is 'The wire shape of a comment: {id, bead_id, author, body, created_at}.';

create function private.take_over(p_actor private.actor_info, p_ids text[], p_jump_in boolean, p_reason text, p_release boolean)
returns void
language plpgsql
security definer -- writes beads and claims
set search_path = ''
as $$
declare
    v_claim public.claims;
    v_bead  public.beads;
begin
    for v_claim in
        select c.* from public.claims as c
        where c.project_id = p_actor.project_id and c.bead_id = any (p_ids) and c.ended_at is null and c.holder_id <> p_actor.id
        order by c.bead_id
    loop
        continue when p_release and p_actor.is_human;
        if not coalesce(p_jump_in, false) then
            perform private.refuse_taken(v_claim);
        end if;
        select * into v_bead from public.beads as b where b.project_id = p_actor.project_id and b.id = v_claim.bead_id;
        perform private.take_claim(p_actor, v_bead, v_claim, private.take_over_reason(p_reason));
    end loop;
end;
$$;
comment on function private.take_over is
    'Before work of others is closed or put aside: a jump-in on each claim, claim_taken (409) without p_jump_in. p_release: members '
    'need none.';

revoke execute on function private.read_time(text, text), private.checked_labels(jsonb, text),
    private.resolve_assignee(private.actor_info, text), private.checked_field(private.actor_info, text, jsonb),
    private.checked_fields(private.actor_info, jsonb), private.next_bead_id(uuid), private.skip_numbers(uuid, text[]),
    private.set_labels(uuid, text[], jsonb), private.add_comment(private.actor_info, text, text),
    private.comment_json(public.bead_comments), private.take_over(private.actor_info, text[], boolean, text, boolean)
    from public, anon, authenticated, service_role;
