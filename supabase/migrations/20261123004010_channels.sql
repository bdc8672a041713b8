-- Ways to reach a human outside of bdh, and when it may be done (product.md §2.5).

create table private.channels (
    id                uuid primary key default gen_random_uuid(),
    project_id        uuid not null references public.projects (id) on delete cascade,
    member_id         uuid not null references public.members (id) on delete cascade,
    type              text not null,
    address           text not null,
    secret            text,
    config            jsonb not null default '{}',
    kinds             text[] not null,
    enabled           boolean not null default true,
    created_at        timestamptz not null default now(),
    last_delivered_at timestamptz,
    last_error        text,
    constraint channels_type_check check (type in ('email', 'slack', 'discord', 'webhook', 'web_push', 'ntfy')),
    constraint channels_kinds_check check (kinds <@ array['escalation', 'answer', 'mail', 'bead_status']),
    constraint channels_address_key unique (member_id, type, address)
);
create index channels_project_id_idx on private.channels (project_id);
comment on table private.channels is
    'address: an e-mail or URL. secret: signs a webhook''s requests. config: the keys of a browser''s push subscription.';
alter table private.channels enable row level security;
revoke all on private.channels from public, anon, authenticated, service_role;

create function private.channel_json(p_channel private.channels)
returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object('id', p_channel.id, 'type', p_channel.type,
        -- Whoever knows the URL of a chat's webhook may write to it: only its beginning is shown.
        'address', case when p_channel.type in ('email', 'ntfy') then p_channel.address
            else coalesce(substring(p_channel.address from '^https?://[^/]+'), '') || '/…' end,
        'kinds', to_jsonb(p_channel.kinds), 'enabled', p_channel.enabled, 'created_at', p_channel.created_at,
        'last_delivered_at', p_channel.last_delivered_at, 'last_error', p_channel.last_error);
$$;
comment on function private.channel_json is 'The wire shape of a channel: no secret, of a webhook''s URL only the host.';

create function private.checked_address(p_actor private.actor_info, p_type text, p_address text, p_config jsonb)
returns text
language plpgsql
stable
security definer -- reads the member's verified e-mail
set search_path = ''
as $$
declare
    v_text text := private.clean_line(p_address, 2000, 'The address');
    v_mine text := (select m.email from public.members as m where m.id = p_actor.id);
begin
    if p_type = 'email' then
        -- Only the verified one: bdh must not send mail to strangers.
        if v_text is not null and lower(v_text) <> v_mine then
            perform private.fail('bad_channel', 400, 'E-mail goes to your own verified address only', null,
                jsonb_build_object('email', v_mine));
        elsif v_mine is null then
            perform private.fail('verified_email_required', 403, 'You have no verified e-mail address', 'bdh :login EMAIL');
        end if;
        return v_mine;
    elsif coalesce(v_text, '') !~ '^https?://[^/@[:space:]]+(/[^[:space:]]*)?$' then
        perform private.fail('bad_channel', 400, 'This channel needs the URL it sends to',
            format('bdh :channels add %s https://…', p_type));
    elsif p_type = 'web_push' and not coalesce(
        p_config ->> 'p256dh' ~ '^[A-Za-z0-9_-]{80,100}=*$' and p_config ->> 'auth' ~ '^[A-Za-z0-9_-]{20,30}=*$', false) then
        perform private.fail('bad_channel', 400, 'A push subscription comes with its keys p256dh and auth');
    end if;
    return v_text;
end;
$$;
comment on function private.checked_address is 'Where a channel sends to; bad_channel (400), verified_email_required (403).';

create function private.checked_kinds(p_kinds text[])
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
begin
    if not p_kinds <@ array['escalation', 'answer', 'mail', 'bead_status'] then
        perform private.fail('bad_channel', 400, 'A channel is for escalation, answer, mail or bead_status', null, to_jsonb(p_kinds));
    end if;
    return p_kinds;
end;
$$;
comment on function private.checked_kinds is 'What a channel is for; bad_channel (400).';

create function private.set_channel(
    p_project_id uuid, p_type text, p_address text, p_kinds text[], p_config jsonb, p_enabled boolean)
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id);
    v_kinds   text[] := private.checked_kinds(coalesce(p_kinds, array['escalation', 'answer']));
    v_row     private.channels;
    v_secret  text;
begin
    perform private.require_human(v_actor, 'say how to be reached');
    if not coalesce(p_type, '') = any (array['email', 'slack', 'discord', 'webhook', 'web_push', 'ntfy']) then
        perform private.fail('bad_channel', 400, 'A channel is email, slack, discord, webhook, web_push or ntfy', null, to_jsonb(p_type));
    elsif (select count(*) from private.channels as c where c.member_id = v_actor.id) >= 50 then
        perform private.fail('too_many', 400, 'You have fifty channels already', 'Remove one');
    end if;
    if p_type = 'webhook' then
        v_secret := 'whsec_' || translate(
            encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_');
    end if;
    insert into private.channels as c (project_id, member_id, type, address, secret, config, kinds, enabled)
    values (v_actor.project_id, v_actor.id, p_type, private.checked_address(v_actor, p_type, p_address, p_config), v_secret,
        case when p_type = 'web_push' then jsonb_build_object('p256dh', p_config ->> 'p256dh', 'auth', p_config ->> 'auth') else '{}' end,
        v_kinds, coalesce(p_enabled, true))
    on conflict (member_id, type, address) do update set kinds = excluded.kinds, enabled = excluded.enabled,
        config = excluded.config, last_error = null
    returning * into v_row;
    return private.channel_json(v_row)
        || case when v_row.secret is not distinct from v_secret and v_secret is not null
            then jsonb_build_object('secret', v_secret) else '{}' end;
end;
$$;
comment on function private.set_channel is 'See public.set_channel.';

create function public.set_channel(
    p_type text, p_address text default null, p_kinds text[] default null, p_config jsonb default null,
    p_enabled boolean default true, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.set_channel(p_project_id, p_type, p_address, p_kinds, p_config, p_enabled);
$$;
comment on function public.set_channel is
    'Add or change a way to reach the calling member: email, slack, discord, webhook, web_push, ntfy. '
    'p_kinds: escalation, answer, mail, bead_status. A new webhook''s signing secret is shown once; human_only.';

create function private.update_channel(p_project_id uuid, p_channel_id uuid, p_kinds text[], p_enabled boolean)
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_row   private.channels;
begin
    perform private.require_human(v_actor, 'say how to be reached');
    update private.channels as c
    set kinds = coalesce(private.checked_kinds(p_kinds), c.kinds), enabled = coalesce(p_enabled, c.enabled)
    where c.id = p_channel_id and c.member_id = v_actor.id
    returning * into v_row;
    if not found then
        perform private.fail('not_found', 404, 'You have no such channel', 'bdh :channels');
    end if;
    return private.channel_json(v_row);
end;
$$;
comment on function private.update_channel is 'See public.update_channel.';

create function public.update_channel(
    p_channel_id uuid, p_kinds text[] default null, p_enabled boolean default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.update_channel(p_project_id, p_channel_id, p_kinds, p_enabled);
$$;
comment on function public.update_channel is
    'Change what a channel of the caller is for, or switch it on or off, without its address, which nobody can read back; human_only.';

create function private.ask_push_key(p_project_id uuid)
returns jsonb
language plpgsql
security definer -- reads and writes settings
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    perform private.require_human(v_actor, 'say how to be reached');
    if private.setting('push_keys') is null then
        insert into private.settings (key, value) values ('push_wanted', 'true') on conflict (key) do nothing;
    end if;
    return jsonb_build_object('push_key', private.setting('push_keys') ->> 'public');
end;
$$;
comment on function private.ask_push_key is 'See public.ask_push_key.';

create function public.ask_push_key(p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.ask_push_key(p_project_id);
$$;
comment on function public.ask_push_key is
    'The key that browsers subscribe to web push with: {push_key}; null until the relay, which is called for it, has made one; human_only.';

create function private.remove_channel(p_project_id uuid, p_channel_id uuid)
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
begin
    delete from private.channels as c where c.id = p_channel_id and c.member_id = v_actor.id;
    if not found then
        perform private.fail('not_found', 404, 'You have no such channel', 'bdh :channels');
    end if;
    return jsonb_build_object('id', p_channel_id, 'removed', true);
end;
$$;
comment on function private.remove_channel is 'See public.remove_channel.';

create function public.remove_channel(p_channel_id uuid, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.remove_channel(p_project_id, p_channel_id);
$$;
comment on function public.remove_channel is 'No longer reach the caller this way: {id, removed}.';

create function private.list_channels(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- reads a private table, the actor's rows
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
begin
    return jsonb_build_object(
        'channels', (
            select coalesce(jsonb_agg(private.channel_json(c) order by c.created_at, c.id), '[]')
            from private.channels as c where c.member_id = v_actor.id),
        'preferences', private.notify_preferences(v_actor.id),
        'push_key', private.setting('push_keys') ->> 'public',
        'next_cursor', null);
end;
$$;
comment on function private.list_channels is 'See public.list_channels.';

create function public.list_channels(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_channels(p_project_id);
$$;
comment on function public.list_channels is
    'How the calling member is reached: {channels, preferences, push_key: the server''s key for web push, next_cursor}.';

do $$
declare
    v_fn     regprocedure;
    v_public text[] := array['set_channel', 'update_channel', 'remove_channel', 'list_channels', 'ask_push_key'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace)
          and p.proname = any (v_public || array['channel_json', 'checked_address', 'checked_kinds'])
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
