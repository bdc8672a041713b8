-- What most functions need besides the actor: presence, aliases, the graph lock, idempotency keys.

create function private.presence_of(p_last_seen timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
    select case
        when p_last_seen > now() - interval '5 minutes' then 'active'
        when p_last_seen > now() - interval '30 minutes' then 'idle'
        else 'offline' end;
$$;
comment on function private.presence_of is 'active < 5 min, idle < 30 min, else offline (product.md §2.4).';

create function private.short_alias(p_workspace_id uuid)
returns text
language sql
stable
security definer -- compares with every live alias of the project
set search_path = ''
as $$
    select coalesce((
        select c.prefix
        from (
            select n, array_to_string((string_to_array(w.alias, '-'))[1:n], '-') as prefix
            from generate_series(1, cardinality(string_to_array(w.alias, '-'))) as n) as c
        where not exists (
            -- '.' is the byte after '-': everything that starts with prefix-
            select 1 from public.workspaces as o
            where o.project_id = w.project_id and o.removed_at is null and o.id <> w.id
              and (o.alias = c.prefix or (o.alias >= c.prefix || '-' and o.alias < c.prefix || '.')))
        order by c.n limit 1), w.alias)
    from public.workspaces as w where w.id = p_workspace_id;
$$;
comment on function private.short_alias is
    'The shortest dash-prefix of the alias that names no other live workspace, else the whole alias.';

create function private.short_aliases(p_project_id uuid)
returns table (workspace_id uuid, short text)
language sql
stable
security definer -- see short_alias; this one serves whole listings
set search_path = ''
as $$
    select c.id, coalesce((array_agg(c.prefix order by c.n) filter (where c.bearers = 1))[1], c.alias)
    from (
        select p.*, count(*) over (partition by p.prefix) as bearers
        from (
            select w.id, w.alias, n, array_to_string((string_to_array(w.alias, '-'))[1:n], '-') as prefix
            from public.workspaces as w
            cross join lateral generate_series(1, cardinality(string_to_array(w.alias, '-'))) as n
            where w.project_id = p_project_id and w.removed_at is null) as p) as c
    group by c.id, c.alias;
$$;
comment on function private.short_aliases is 'short_alias of every live workspace of a project.';

create function private.resolve_alias(p_project_id uuid, p_text text)
returns public.workspaces
language plpgsql
stable
security definer -- used by definers only
set search_path = ''
as $$
declare
    v_found public.workspaces;
    v_names text[];
    v_text  text := lower(trim(p_text));
begin
    select * into v_found from public.workspaces as w
    where w.project_id = p_project_id and w.alias = v_text and w.removed_at is null;
    if found then
        return v_found;
    end if;
    select array_agg(w.alias order by w.alias) into v_names from public.workspaces as w
    where w.project_id = p_project_id and w.removed_at is null
      and w.alias >= v_text || '-' and w.alias < v_text || '.';
    if cardinality(v_names) = 1 then
        select * into v_found from public.workspaces as w
        where w.project_id = p_project_id and w.alias = v_names[1] and w.removed_at is null;
        return v_found;
    elsif cardinality(v_names) > 1 then
        perform private.fail('ambiguous_alias', 409, format('%s could be %s', p_text, array_to_string(v_names, ', ')),
            'Type more of the alias', jsonb_build_object('candidates', v_names));
    end if;
    perform private.fail('not_found', 404, format('No live workspace is called %s', p_text), 'bdh :workspaces',
        jsonb_build_object('alias', p_text));
end;
$$;
comment on function private.resolve_alias is
    'The live workspace with this alias or unambiguous dash-prefix; ambiguous_alias (409), not_found (404).';

create function private.still_there()
returns void
language plpgsql
security definer -- reads the caller's own row
set search_path = ''
as $$
declare
    v_user uuid := auth.uid();
    v_id   uuid := nullif(current_setting('bdh.workspace', true), '')::uuid;
begin
    -- A workspace is removed under the locks its work takes: whoever waited for one looks again. Meanwhile
    -- it may also have been re-attached, and be another user's.
    if v_id is not null and exists (
        select 1 from public.workspaces as w
        where w.id = v_id and (w.removed_at is not null or w.user_id is distinct from v_user))
        or v_id is null and exists (
        select 1 from public.workspaces as w where w.user_id = v_user and w.removed_at is not null) then
        perform private.fail('workspace_gone', 410, 'This workspace was removed from its project', 'bdh :init');
    end if;
end;
$$;
comment on function private.still_there is
    'Refuses workspace_gone (410) if the calling workspace was removed since actor(); call it under a lock.';

create function private.hold_place(p_actor private.actor_info)
returns void
language plpgsql
security definer -- locks the caller's own row
set search_path = ''
as $$
begin
    if p_actor.kind = 'workspace' then
        perform 1 from public.workspaces as w where w.id = p_actor.id and w.removed_at is null and w.user_id = p_actor.user_id for key share;
        if not found then
            perform private.still_there();
        end if;
    end if;
end;
$$;
comment on function private.hold_place is
    'Keeps the calling workspace from being removed until the call is done, or refuses workspace_gone (410): for calls without '
    'another lock at which a removal would wait. Before locks of chats and repos, never with the graph''s.';

create function private.lock_graph(p_project_id uuid, p_shared boolean)
returns void
language plpgsql
set search_path = ''
as $$
begin
    -- Taken before any bead row: dependency and parent edits exclusively, claims and closes shared.
    if p_shared then
        perform pg_advisory_xact_lock_shared(hashtextextended(p_project_id::text, 1));
    else
        perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 1));
    end if;
    perform private.still_there();
end;
$$;
comment on function private.lock_graph is
    'The per-project lock on the shape of the bead graph (product.md §2, Locks); 410 if the caller was removed meanwhile.';

create function private.replayed(p_actor private.actor_info, p_key text, p_fn text, p_arguments jsonb)
returns jsonb
language plpgsql
security definer -- writes the private key table
set search_path = ''
as $$
declare
    v_hash bytea := sha256(convert_to(p_arguments::text, 'UTF8'));
    v_row  private.idempotency_keys;
begin
    if p_key is null then
        return null;
    end if;
    if length(p_key) > 200 then
        perform private.fail('too_long', 400, 'An idempotency key has at most 200 characters');
    end if;
    -- The insert waits for a call with the same key still in flight; then either it is ours or its result stands.
    insert into private.idempotency_keys (actor_id, key, fn, arguments) values (p_actor.id, p_key, p_fn, v_hash)
    on conflict (actor_id, key) do nothing;
    if found then
        return null;
    end if;
    select * into v_row from private.idempotency_keys as k where k.actor_id = p_actor.id and k.key = p_key;
    if v_row.fn <> p_fn or v_row.arguments <> v_hash then
        perform private.fail('conflict', 409, format('This idempotency key was used for another call, of %s', v_row.fn),
            'Every call has a key of its own');
    end if;
    return coalesce(v_row.result, '{}') || '{"replayed": true}';
end;
$$;
comment on function private.replayed is 'Null for a new key (now taken), else the stored result of the first call with it.';

create function private.remember(p_actor private.actor_info, p_key text, p_result jsonb)
returns jsonb
language plpgsql
security definer -- writes the private key table
set search_path = ''
as $$
begin
    if p_key is not null then
        update private.idempotency_keys as k set result = p_result
        where k.actor_id = p_actor.id and k.key = p_key;
    end if;
    return p_result;
end;
$$;
comment on function private.remember is 'Stores and returns the result of a call made with an idempotency key.';

revoke execute on function
    private.presence_of(timestamptz), private.short_alias(uuid), private.short_aliases(uuid), private.resolve_alias(uuid, text),
    private.still_there(), private.hold_place(private.actor_info), private.lock_graph(uuid, boolean),
    private.replayed(private.actor_info, text, text, jsonb), private.remember(private.actor_info, text, jsonb)
from public, anon, authenticated, service_role;
