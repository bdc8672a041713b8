-- Invitations of humans go out by e-mail, through the outbox: written in the transaction that invites,
-- sent by the relay, revoked by deleting the invite. The token is made again when the row is leased.

create index outbox_invitations_idx on private.outbox (created_at) where kind = 'invitation';

create function private.outbox_channels(p_row private.outbox)
returns setof private.channels
language sql
stable
security definer -- reads a private table
set search_path = ''
as $$
    select c.* from private.wanted_channels(p_row.recipient_id, p_row.kind) as c where p_row.kind <> 'invitation'
    union all
    -- Whoever is invited has no channels yet: the address is the invite's, as long as that is good.
    select i.id, i.project_id, null, 'email', i.email, null, '{}', '{}', true, i.created_at, null, null
    from public.invites as i
    where p_row.kind = 'invitation' and i.id = p_row.recipient_id and i.uses_left > 0 and i.expires_at > now();
$$;
comment on function private.outbox_channels is 'Where a row of the outbox is to go; nowhere once its invite is revoked, used or expired.';

create function private.limit_invitations(p_email text)
returns void
language plpgsql
security definer -- counts private rows of every project
set search_path = ''
as $$
declare
    v_user  text := (select auth.uid())::text;
    v_sent  int;
    v_heard int;
begin
    -- Anybody may make a project: nobody may make bdh a way to mail strangers.
    perform pg_advisory_xact_lock(hashtextextended('invitations', 8));
    select count(*) filter (where o.content ->> 'user_id' = v_user), count(*) filter (where o.recipient_name = p_email)
    into v_sent, v_heard
    from private.outbox as o where o.kind = 'invitation' and o.created_at > now() - interval '1 hour';
    if v_sent >= 20 or v_heard >= 3 then
        perform private.fail('too_many_invitations', 429,
            case when v_heard >= 3 then format('%s was sent 3 invitations within the hour', p_email)
                else 'You sent 20 invitations within the hour' end, 'Try again in an hour');
    end if;
end;
$$;
comment on function private.limit_invitations is
    'Refuses too_many_invitations (429): 20 an hour and human, 3 an hour and address.';

create function private.tell_invitee()
returns trigger
language plpgsql
security definer -- fires for whoever invites
set search_path = ''
as $$
declare
    v_from text := (select m.email from public.members as m where m.id = (new.created_by ->> 'id')::uuid);
    v_slug text := (select p.slug from public.projects as p where p.id = new.project_id);
begin
    perform private.limit_invitations(new.email);
    -- A slug, a role and a verified address: nothing in this mail is free text of whoever invites.
    insert into private.outbox (project_id, recipient_kind, recipient_id, recipient_name, kind, key, content, status)
    values (new.project_id, 'invitee', new.id, new.email, 'invitation', format('invite:%s:%s', new.id, gen_random_uuid()),
        jsonb_build_object(
            'subject', format('Invitation to the project %s', v_slug),
            'text', format('%s invites you to the project %s, as %s.', coalesce(v_from, 'A member'), v_slug, new.role),
            'expires_at', new.expires_at, 'user_id', (select auth.uid()),
            'entity', jsonb_build_object('type', 'invite', 'id', new.id)), 'pending');
    return null;
end;
$$;
comment on function private.tell_invitee is 'Trigger: one outbox row for every time an invitation is to be mailed.';
create trigger invites_tell_invitee after insert or update of mailed_at on public.invites
    for each row when (new.email is not null and new.mailed_at is not null)
    execute function private.tell_invitee();

create function private.resend_invite(p_project_id uuid, p_invite_id uuid)
returns jsonb
language plpgsql
security definer -- writes invites
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id);
    v_invite public.invites;
begin
    perform private.require_human(v_actor, 'invite members', array['owner', 'admin']);
    -- One that has expired is good for another week; the token stays, so the first mail's works too.
    update public.invites as i set mailed_at = now(), expires_at = greatest(i.expires_at, now() + interval '7 days')
    where i.id = p_invite_id and i.project_id = v_actor.project_id and i.email is not null and i.uses_left > 0
    returning * into v_invite;
    if not found then
        perform private.fail('not_found', 404, 'There is no such invitation of a human by e-mail', 'bdh :members invites');
    end if;
    perform private.emit(v_invite.project_id, 'invite.resent', private.actor_json(v_actor), 'invite', v_invite.id::text,
        private.invite_json(v_invite));
    return private.invite_json(v_invite) || jsonb_build_object('id', v_invite.id, 'mailed_at', v_invite.mailed_at);
end;
$$;
comment on function private.resend_invite is 'See public.resend_invite.';

create function public.resend_invite(p_invite_id uuid, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.resend_invite(p_project_id, p_invite_id);
$$;
comment on function public.resend_invite is
    'Mail an invitation again, good for at least another week: {id, kind, role, email, uses, expires_at, mailed_at}; human_only.';

create function private.list_invites(p_project_id uuid)
returns jsonb
language plpgsql
stable
security definer -- one reading path for humans, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
begin
    perform private.require_human(v_actor, 'see the invites');
    return jsonb_build_object('next_cursor', null, 'invites', (
        select coalesce(jsonb_agg(private.invite_json(i) || jsonb_build_object(
            'id', i.id, 'created_by', i.created_by, 'created_at', i.created_at, 'mailed_at', i.mailed_at, 'delivery', (
                select jsonb_build_object('status', o.status, 'attempts', o.attempts, 'error', o.last_error)
                from private.outbox as o where o.recipient_id = i.id order by o.created_at desc limit 1))
            order by i.created_at desc, i.id), '[]')
        from public.invites as i
        where i.project_id = v_actor.project_id and i.uses_left > 0 and i.expires_at > now()));
end;
$$;
comment on function private.list_invites is 'See public.list_invites.';

create function public.list_invites(p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_invites(p_project_id);
$$;
comment on function public.list_invites is
    'Invites that are still good, newest first: {invites, next_cursor}; delivery: what became of the e-mail; human_only.';

revoke execute on function
    private.outbox_channels(private.outbox), private.limit_invitations(text), private.tell_invitee(),
    private.resend_invite(uuid, uuid), public.resend_invite(uuid, uuid),
    private.list_invites(uuid), public.list_invites(uuid)
from public, anon, authenticated, service_role;
grant execute on function
    private.resend_invite(uuid, uuid), public.resend_invite(uuid, uuid),
    private.list_invites(uuid), public.list_invites(uuid)
to authenticated;
