-- When a member may be reached outside: quiet hours, and how often an unanswered question is repeated.

create function private.notify_preferences(p_member_id uuid)
returns jsonb
language sql
stable
security definer -- a member's settings, for definers only
set search_path = ''
as $$
    select '{"quiet_from": null, "quiet_to": null, "time_zone": "UTC", "urgent_breaks_quiet": false,
             "remind_after_minutes": 60, "reminders": 3}'::jsonb
        || coalesce((select m.settings -> 'notify' from public.members as m where m.id = p_member_id), '{}');
$$;
comment on function private.notify_preferences is
    'A member''s preferences over the defaults: no quiet hours, three reminders an hour apart.';

create function private.quiet_until(p_member_id uuid, p_urgent boolean, p_at timestamptz)
returns timestamptz
language plpgsql
stable
security definer -- a member's settings, for definers only
set search_path = ''
as $$
declare
    v_prefs jsonb := private.notify_preferences(p_member_id);
    v_zone  text := v_prefs ->> 'time_zone';
    v_from  time := (v_prefs ->> 'quiet_from')::time;
    v_to    time := (v_prefs ->> 'quiet_to')::time;
    v_local timestamp := p_at at time zone v_zone;
    v_end   timestamp := v_local::date + v_to;
begin
    if v_from is null or v_to is null or v_from = v_to or (p_urgent and (v_prefs -> 'urgent_breaks_quiet')::boolean) then
        return p_at;
    elsif v_from < v_to and not (v_local::time >= v_from and v_local::time < v_to)
        or v_from > v_to and v_local::time < v_from and v_local::time >= v_to then
        return p_at;
    end if;
    -- From ten in the evening to seven: before midnight the end is tomorrow's.
    return (case when v_end <= v_local then v_end + interval '1 day' else v_end end) at time zone v_zone;
end;
$$;
comment on function private.quiet_until is 'p_at, or the end of the member''s quiet hours when p_at falls into them.';

create function private.checked_preferences(p_stored jsonb, p_changes jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_key   text;
    v_value jsonb;
    v_text  text;
begin
    if jsonb_typeof(p_changes) <> 'object' then
        perform private.fail('bad_setting', 400, 'Preferences are a JSON object of names and values');
    end if;
    for v_key, v_value in select e.key, e.value from jsonb_each(p_changes) as e loop
        v_text := v_value #>> '{}';
        if v_value = 'null' then
            p_stored := p_stored - v_key;
            continue;
        elsif not coalesce(case v_key
            when 'quiet_from' then v_text ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
            when 'quiet_to' then v_text ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
            when 'time_zone' then exists (select 1 from pg_timezone_names as z where z.name = v_text)
            when 'urgent_breaks_quiet' then jsonb_typeof(v_value) = 'boolean'
            when 'remind_after_minutes' then v_text ~ '^[0-9]{1,5}$' and v_text::int between 5 and 10080
            when 'reminders' then v_text ~ '^[0-9]{1,2}$' and v_text::int between 0 and 20 end, false) then
            perform private.fail('bad_setting', 400, format('The preference %s cannot be %s', v_key, v_value),
                'quiet_from and quiet_to HH:MM, time_zone, urgent_breaks_quiet, remind_after_minutes, reminders',
                jsonb_build_object('key', v_key));
        end if;
        p_stored := p_stored || jsonb_build_object(v_key, v_value);
    end loop;
    return p_stored;
end;
$$;
comment on function private.checked_preferences is 'p_stored with the changes, null meaning the default; bad_setting (400).';

create function private.notify_settings(p_project_id uuid, p_changes jsonb)
returns jsonb
language plpgsql
security definer -- writes members
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'say when to be reached');
    if p_changes is not null then
        update public.members as m set settings = m.settings || jsonb_build_object(
            'notify', private.checked_preferences(coalesce(m.settings -> 'notify', '{}'), p_changes))
        where m.id = v_actor.id;
    end if;
    return private.notify_preferences(v_actor.id);
end;
$$;
comment on function private.notify_settings is 'See public.notify_settings.';

create function public.notify_settings(p_changes jsonb default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.notify_settings(p_project_id, p_changes);
$$;
comment on function public.notify_settings is
    'When the calling member may be reached outside, after p_changes {name: value|null}: quiet hours, time zone, reminders; human_only.';

revoke execute on function private.notify_preferences(uuid), private.quiet_until(uuid, boolean, timestamptz),
    private.checked_preferences(jsonb, jsonb), private.notify_settings(uuid, jsonb), public.notify_settings(jsonb, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.notify_settings(uuid, jsonb), public.notify_settings(jsonb, uuid) to authenticated;
