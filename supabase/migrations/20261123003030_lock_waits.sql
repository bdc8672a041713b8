-- `:reserve --wait`: a leased row that says who waits for whose locks (product.md §2.3, §7 Deadlock).

create function private.wait_for_locks(p_actor private.actor_info, p_repo_id uuid, p_conflicts jsonb, p_wait_seconds int)
returns jsonb
language plpgsql
security definer -- writes lock_waits, tells the holders
set search_path = ''
as $$
declare
    v_wait public.lock_waits;
begin
    if p_wait_seconds is null then
        return '{}';
    elsif p_wait_seconds <= 0 or p_conflicts = '[]' then
        delete from public.lock_waits as w where w.workspace_id = p_actor.id and w.repo_id = p_repo_id;
        return '{}';
    end if;
    delete from public.lock_waits as w
    where w.workspace_id = p_actor.id and w.repo_id = p_repo_id and least(w.lease_until, w.deadline) <= now();
    insert into public.lock_waits as w (project_id, repo_id, workspace_id, path, locks, lease_until, deadline)
    values (p_actor.project_id, p_repo_id, p_actor.id, p_conflicts #>> '{0,path}',
        array(select (c #>> '{lock,id}')::uuid from jsonb_array_elements(p_conflicts) as c), now() + interval '90 seconds',
        now() + make_interval(secs => least(p_wait_seconds, 3600)))
    on conflict (workspace_id, repo_id) do update set
        path = excluded.path, locks = excluded.locks, lease_until = excluded.lease_until
    returning * into v_wait;
    perform private.tell_holders(p_actor, v_wait, p_conflicts);
    return jsonb_build_object('wait', jsonb_build_object(
        'id', v_wait.id, 'until', v_wait.deadline, 'lease_seconds', 90, 'refresh_seconds', 20,
        'deadlock', private.find_deadlock(p_actor.project_id, p_actor.id)));
end;
$$;
comment on function private.wait_for_locks is
    'Opens, refreshes or (nothing in the way, or p_wait_seconds 0) ends the wait of a workspace in a repo; null leaves it alone.';

create function private.tell_holders(p_actor private.actor_info, p_wait public.lock_waits, p_conflicts jsonb)
returns void
language plpgsql
security definer -- posts notices
set search_path = ''
as $$
begin
    -- Once per wait and holder.
    perform private.post_notice(p_actor.project_id, 'workspace', c.holder_id, 'system',
        format('%s is waiting for your lock on %s', private.short_alias(p_actor.id), private.quoted(c.path, 200)),
        'bdh :release-paths ' || private.shell_word(c.path), 'lock_wait:' || p_wait.id, private.actor_json(p_actor))
    from (
        select distinct on (1) (e.entry -> 'holder' ->> 'id')::uuid as holder_id, e.entry #>> '{lock,path}' as path
        from jsonb_array_elements(p_conflicts) with ordinality as e (entry, n) order by 1, e.n) as c;
end;
$$;
comment on function private.tell_holders is 'Tells those who hold what a workspace waits for.';

create function private.shell_word(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
    select case when p_text ~ '^[A-Za-z0-9_./@+][A-Za-z0-9_./@+-]*$' then p_text
        -- No control character may reach a terminal, so such a name cannot be typed as it is.
        when p_text ~ '[[:cntrl:]]' then '--all'
        else '''' || replace(p_text, '''', '''\''''') || '''' end;
$$;
comment on function private.shell_word is 'p_text as one word of a POSIX shell command; --all for what cannot be typed.';

create function private.end_lock_wait(p_repo_id uuid)
returns jsonb
language plpgsql
security definer -- writes lock_waits
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor();
    v_count int;
begin
    delete from public.lock_waits as w where w.workspace_id = v_actor.id and (p_repo_id is null or w.repo_id = p_repo_id);
    get diagnostics v_count = row_count;
    return jsonb_build_object('ended', v_count);
end;
$$;
comment on function private.end_lock_wait is 'See public.end_lock_wait.';

create function public.end_lock_wait(p_repo_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.end_lock_wait(p_repo_id);
$$;
comment on function public.end_lock_wait is 'The calling workspace gives up waiting for locks: {ended: how many waits}.';

create function private.lock_wait_edges(p_project_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean, what text)
language sql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
    -- Who let go, or whose time ran out, is no longer waited for.
    select distinct on (w.id, r.workspace_id) w.id, w.workspace_id, r.workspace_id, false,
        'the lock on ' || private.quoted(r.path, 100)
    from public.lock_waits as w inner join private.shown_locks as r on r.id = any (w.locks)
    where w.project_id = p_project_id and w.lease_until > now() and w.deadline > now() and r.expires_at > now()
    order by w.id, r.workspace_id, r.path;
$$;
comment on function private.lock_wait_edges is 'Who waits for whose file locks.';

create or replace function private.wait_edges(p_project_id uuid)
returns table (wait_id uuid, waiter_id uuid, target_id uuid, any_of boolean, what text)
language sql
stable
security definer -- reads every wait of the project
set search_path = ''
as $$
    select * from private.chat_wait_edges(p_project_id)
    union all
    select * from private.lock_wait_edges(p_project_id);
$$;

create or replace function private.status_waits(p_project_id uuid)
returns jsonb
language sql
stable
security definer -- team_status shows to all who waits for whom, never what is said
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(t.waiter_id, t.names), '{}') from (
        select e.waiter_id, jsonb_agg(distinct private.party_name(e.target_id)) as names
        from private.wait_edges(p_project_id) as e group by e.waiter_id) as t;
$$;
comment on function private.status_waits is 'For whom a workspace waits, in chat or for a lock, by workspace id: {id: [alias]}.';

revoke execute on function
    private.wait_for_locks(private.actor_info, uuid, jsonb, int), private.tell_holders(private.actor_info, public.lock_waits, jsonb),
    private.shell_word(text), private.end_lock_wait(uuid), private.lock_wait_edges(uuid), public.end_lock_wait(uuid)
from public, anon, authenticated, service_role;
grant execute on function private.end_lock_wait(uuid), public.end_lock_wait(uuid) to authenticated;
