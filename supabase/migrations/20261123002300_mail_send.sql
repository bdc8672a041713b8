-- Sending mail, and its wire shape.

create function private.mail_json(p_mail public.mail, p_viewer private.actor_info, p_body boolean default true)
returns jsonb
language sql
stable
security definer -- shapes rows its callers have checked
set search_path = ''
as $$
    select jsonb_build_object(
        'id', p_mail.id, 'thread_id', p_mail.thread_id, 'seq', p_mail.seq, 'in_reply_to', p_mail.in_reply_to,
        'subject', p_mail.subject, 'body', case when p_body then p_mail.body else left(p_mail.body, 200) end,
        'priority', p_mail.priority, 'ack_wanted', p_mail.ack_wanted, 'created_at', p_mail.created_at,
        'sender', p_mail.sender || jsonb_build_object(
            'short', coalesce(private.short_alias(p_mail.sender_id), p_mail.sender ->> 'name')),
        'recipient_count', (select count(*) from public.mail_recipients as r where r.mail_id = p_mail.id),
        'recipients', (
            -- How far the other copies got is the business of the sender and of the humans.
            select jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.recipient_id, 'name', r.name, 'stored_at', r.stored_at)
                || case when r.recipient_id = p_viewer.id or p_mail.sender_id = p_viewer.id or p_viewer.is_human
                    then jsonb_build_object('shown_at', r.shown_at, 'read_at', r.read_at, 'acked_at', r.acked_at)
                    else jsonb_build_object('shown_at', null, 'read_at', null, 'acked_at', null) end order by r.name)
            from (
                select * from public.mail_recipients as q where q.mail_id = p_mail.id
                order by (q.recipient_id = p_viewer.id) desc, q.name limit case when p_body then 1000 else 20 end) as r),
        'unread', coalesce((
            select r.read_at is null from public.mail_recipients as r
            where r.mail_id = p_mail.id and r.recipient_id = p_viewer.id), false));
$$;
comment on function private.mail_json is
    'The wire shape of a mail for p_viewer; without p_body the first 200 characters and 20 recipients.';

create function private.find_mail(p_actor private.actor_info, p_id text)
returns public.mail
language plpgsql
stable
security definer -- tells a stranger's mail from none at all by refusing both alike
set search_path = ''
as $$
declare
    v_rows public.mail[];
begin
    if p_id ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then
        select array_agg(m) into v_rows from public.mail as m
        where m.id = p_id::uuid and m.project_id = p_actor.project_id
          and (p_actor.is_human or p_actor.id = any (m.participants));
    elsif p_id ~ '^[0-9a-fA-F]{4,36}$' then
        -- The eight characters that lists and banners show.
        select array_agg(t.m) into v_rows from (
            select m from public.mail as m
            where m.id between private.first_id(p_id, '0') and private.first_id(p_id, 'f')
              and m.project_id = p_actor.project_id and left(m.id::text, length(p_id)) = lower(p_id)
              and (p_actor.is_human or m.sender_id = p_actor.id
                or m.id in (select r.mail_id from public.mail_recipients as r where r.recipient_id = p_actor.id))
            limit 2) as t;
    end if;
    if cardinality(v_rows) > 1 then
        perform private.fail('ambiguous_id', 409, format('Several mails begin with %s', p_id), 'Type more of the id');
    elsif v_rows is null then
        perform private.fail('not_found', 404, format('There is no mail %s for you', p_id), 'bdh :aweb mail list');
    end if;
    return v_rows[1];
end;
$$;
comment on function private.find_mail is
    'The mail with this id (or its first characters) that the actor takes part in; humans: any of the project.';

create function private.reply_parties(p_mail public.mail, p_actor private.actor_info)
returns jsonb
language sql
stable
security definer -- reads the copies of a mail its caller has checked
set search_path = ''
as $$
    select case
        when p_mail.sender_id is null then '[]'
        when p_mail.sender_id <> p_actor.id then jsonb_build_array(p_mail.sender)
        else (select jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.recipient_id, 'name', r.name))
            from public.mail_recipients as r where r.mail_id = p_mail.id) end;
$$;
comment on function private.reply_parties is 'Whom a reply goes to: the sender, or for one''s own mail its recipients.';

create function private.mark_mail(p_mail_ids uuid[], p_reader_id uuid, p_read boolean, p_ack boolean)
returns int
language plpgsql
security definer -- receipts are written by nobody directly
set search_path = ''
as $$
declare
    v_count int;
begin
    with copies as (
        select r.mail_id from public.mail_recipients as r
        where r.mail_id = any (p_mail_ids) and r.recipient_id = p_reader_id
        order by r.mail_id for no key update
    ), marked as (
        update public.mail_recipients as r set
            shown_at = coalesce(r.shown_at, now()),
            read_at = case when p_read or p_ack then coalesce(r.read_at, now()) else r.read_at end,
            acked_at = case when p_ack then coalesce(r.acked_at, now()) else r.acked_at end
        from copies as c
        where r.mail_id = c.mail_id and r.recipient_id = p_reader_id
          and (r.shown_at is null or (p_read and r.read_at is null) or (p_ack and r.acked_at is null))
        returning r.*
    ), told as (
        select private.topic_hint(private.party_topic(m.sender ->> 'kind', m.sender_id), 'receipt', jsonb_build_object(
            'mail_id', m.id, 'by', k.name, 'shown_at', k.shown_at, 'read_at', k.read_at, 'acked_at', k.acked_at))
        from marked as k join public.mail as m on m.id = k.mail_id
        where m.sender_id is not null and (p_read or p_ack)
    )
    select count(*) into v_count from (select from marked) as k, (select count(*) from told) as t;
    return v_count;
end;
$$;
comment on function private.mark_mail is
    'Mark one''s copies as shown, read, acknowledged; first times stay; senders get a hint. Returns how many changed.';

create function private.send_mail(
    p_project_id uuid, p_to text[], p_body text, p_subject text, p_priority text, p_thread_id uuid,
    p_in_reply_to text, p_ack boolean, p_idempotency_key text)
returns jsonb
language plpgsql
security definer -- writes mail for the actor, whoever the arguments name
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.actor(p_project_id, true);
    v_result jsonb := private.replayed(v_actor, p_idempotency_key, 'send_mail',
        jsonb_build_array(p_to, p_body, p_subject, p_priority, p_thread_id, p_in_reply_to, p_ack));
    v_parent public.mail;
    v_people jsonb := private.find_parties(v_actor, p_to);
    v_thread uuid := p_thread_id;
    v_id     uuid;
begin
    if v_result is not null then
        return v_result;
    end if;
    if coalesce(trim(p_body), '') = '' then
        perform private.fail('empty_message', 400, 'A mail needs a body');
    end if;
    if p_in_reply_to is not null then
        v_parent := private.find_mail(v_actor, p_in_reply_to);
        v_thread := coalesce(v_thread, v_parent.thread_id);
        if v_people = '[]' then
            v_people := private.reply_parties(v_parent, v_actor);
        end if;
        perform private.mark_mail(array[v_parent.id], v_actor.id, true, false);
    end if;
    if v_thread is not null and not exists (
        select 1 from public.mail as m where m.thread_id = v_thread and m.project_id = v_actor.project_id
          and (v_actor.is_human or v_actor.id = any (m.participants))) then
        perform private.fail('not_found', 404, 'There is no such thread for you', 'bdh :aweb mail list');
    end if;
    v_id := private.deliver_mail(v_actor.project_id, private.actor_json(v_actor), v_people,
        coalesce(nullif(trim(p_subject), ''), 'Re: ' || regexp_replace(v_parent.subject, '^(Re: )+', ''),
            private.first_line(p_body)),
        p_body, coalesce(p_priority, 'normal'), v_thread, p_ack, v_parent.id);
    if v_id is null then
        perform private.fail('no_recipient', 400, 'This mail would reach nobody but yourself', 'bdh :status shows who is there');
    end if;
    return private.remember(v_actor, p_idempotency_key, (
        select private.mail_json(m, v_actor) || jsonb_build_object('wake', private.wakes((
            select jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.recipient_id, 'name', r.name))
            from public.mail_recipients as r where r.mail_id = m.id)))
        from public.mail as m where m.id = v_id));
end;
$$;
comment on function private.send_mail is 'See public.send_mail.';

create function private.first_line(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
    select case when length(t.line) > 80 then left(t.line, 79) || '…' else t.line end
    from (select trim(split_part(ltrim(p_text, E' \t\r\n'), E'\n', 1), E' \t\r') as line) as t;
$$;
comment on function private.first_line is 'The first line of a text, at most 80 characters: the subject of a mail without one.';

create function public.send_mail(
    p_to text[] default null, p_body text default null, p_subject text default null, p_priority text default 'normal',
    p_thread_id uuid default null, p_in_reply_to text default null, p_ack boolean default false,
    p_idempotency_key text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.send_mail(p_project_id, p_to, p_body, p_subject, p_priority, p_thread_id, p_in_reply_to, p_ack,
        p_idempotency_key);
$$;
comment on function public.send_mail is
    'Mail aliases, names, e-mails, @role, @all, @humans; with p_in_reply_to the sender of that mail. Returns the mail and, per '
    'recipient in wake, how they will learn of it.';

revoke execute on function private.mail_json(public.mail, private.actor_info, boolean), private.first_line(text),
    private.find_mail(private.actor_info, text), private.reply_parties(public.mail, private.actor_info),
    private.mark_mail(uuid[], uuid, boolean, boolean),
    private.send_mail(uuid, text[], text, text, text, uuid, text, boolean, text),
    public.send_mail(text[], text, text, text, uuid, text, boolean, text, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.send_mail(uuid, text[], text, text, text, uuid, text, boolean, text),
    public.send_mail(text[], text, text, text, uuid, text, boolean, text, uuid) to authenticated;
