-- Reading mail: the box, one mail, acknowledging, searching.

create function private.list_mail(
    p_project_id uuid, p_box text, p_unread boolean, p_thread_id uuid, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for workspaces and members, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_rank  int := split_part(private.checked_cursor(p_cursor), '.', 1)::int;
    v_seq   bigint := split_part(private.checked_cursor(p_cursor), '.', 2)::bigint;
    v_page  jsonb;
    v_more  text;
begin
    if p_box is not null and p_box not in ('inbox', 'sent', 'all') then
        perform private.fail('bad_box', 400, format('There is no box %s', p_box), 'inbox, sent or all');
    end if;
    with rows as (
        -- Unread first, the urgent ones before the others; what was read follows by age.
        select m, case when r.read_at is null then coalesce(r.rank, -1) else -1 end as rank, m.seq
        from public.mail as m
        left join public.mail_recipients as r on r.mail_id = m.id and r.recipient_id = v_actor.id
        where m.project_id = v_actor.project_id
          and case coalesce(p_box, 'inbox')
            when 'inbox' then r.mail_id is not null
            when 'sent' then m.sender_id = v_actor.id
            else v_actor.is_human or r.mail_id is not null or m.sender_id = v_actor.id end
          and (coalesce(p_box, 'inbox') <> 'inbox'
            or m.id in (select q.mail_id from public.mail_recipients as q where q.recipient_id = v_actor.id))
          and (not coalesce(p_unread, false) or (r.mail_id is not null and r.read_at is null))
          and (p_thread_id is null or m.thread_id = p_thread_id)
    ), page as (
        select * from rows as w where p_cursor is null or (w.rank, w.seq) < (v_rank, v_seq)
        order by w.rank desc, w.seq desc limit v_limit + 1
    ), numbered as (
        select p.*, row_number() over (order by p.rank desc, p.seq desc) as n from page as p
    )
    select jsonb_agg(private.mail_json(p.m, v_actor, false) order by p.n) filter (where p.n <= v_limit),
        case when count(*) > v_limit then max(p.rank || '.' || p.seq) filter (where p.n = v_limit) end
    into v_page, v_more from numbered as p;
    return jsonb_build_object('mail', coalesce(v_page, '[]'), 'next_cursor', v_more, 'unread', (
        select count(*) from public.mail_recipients as r where r.recipient_id = v_actor.id and r.read_at is null));
end;
$$;
comment on function private.list_mail is 'See public.list_mail.';

create function private.checked_cursor(p_cursor text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
    if p_cursor is null then
        return '0.0';
    elsif p_cursor !~ '^-?[0-9]{1,9}\.[0-9]{1,18}$' then
        perform private.fail('bad_cursor', 400, 'This cursor was not made by bdh', 'Leave the cursor out to begin at the top');
    end if;
    return p_cursor;
end;
$$;
comment on function private.checked_cursor is 'A cursor of two numbers joined by a dot, 0.0 for none; bad_cursor (400) for anything else.';

create function public.list_mail(
    p_box text default 'inbox', p_unread boolean default false, p_thread_id uuid default null,
    p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_mail(p_project_id, p_box, p_unread, p_thread_id, p_cursor, p_limit);
$$;
comment on function public.list_mail is
    'Mail of the caller, unread and urgent first: {mail (bodies cut at 200 characters), next_cursor, unread}. Box: inbox, sent, '
    'all. Marks nothing.';

create function private.open_mail(p_project_id uuid, p_id text)
returns jsonb
language plpgsql
security definer -- writes the receipt
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_mail  public.mail := private.find_mail(v_actor, p_id);
begin
    perform private.mark_mail(array[v_mail.id], v_actor.id, true, false);
    return private.mail_json(v_mail, v_actor);
end;
$$;
comment on function private.open_mail is 'See public.open_mail.';

create function public.open_mail(p_id text, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.open_mail(p_project_id, p_id);
$$;
comment on function public.open_mail is
    'One whole mail by id or its first characters; the caller''s copy is marked shown and read. Humans may open any of the project.';

create function private.ack_mail(p_project_id uuid, p_ids text[])
returns jsonb
language plpgsql
security definer -- writes the receipts
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_ids   uuid[];
begin
    select array_agg(distinct (private.find_mail(v_actor, t)).id) into v_ids from unnest(p_ids) as t;
    if exists (select 1 from unnest(v_ids) as t (id) where not exists (
        select 1 from public.mail_recipients as r where r.mail_id = t.id and r.recipient_id = v_actor.id)) then
        perform private.fail('not_recipient', 403, 'Only a recipient can acknowledge a mail');
    end if;
    return jsonb_build_object('acked', private.mark_mail(v_ids, v_actor.id, true, true), 'mail', (
        select coalesce(jsonb_agg(private.mail_json(m, v_actor, false) order by m.seq), '[]')
        from public.mail as m where m.id = any (v_ids)));
end;
$$;
comment on function private.ack_mail is 'See public.ack_mail.';

create function public.ack_mail(p_ids text[], p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.ack_mail(p_project_id, p_ids);
$$;
comment on function public.ack_mail is 'Acknowledge mails: {acked (how many were new), mail}. Again does nothing; the first time stays.';

create function private.search_mail(p_project_id uuid, p_query text, p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for workspaces and members, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_limit int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_seq   bigint := split_part(private.checked_cursor(p_cursor), '.', 2)::bigint;
    v_words tsquery := websearch_to_tsquery('simple', coalesce(private.clean_text(p_query, 1000, 'The query'), ''));
    v_found public.mail[];
begin
    if numnode(v_words) = 0 then
        perform private.fail('empty_query', 400, 'There is no word to search for');
    end if;
    select array_agg(t.m order by (t.m).seq desc) into v_found from (
        select m from public.mail as m
        where m.project_id = v_actor.project_id and m.search @@ v_words
          and (v_actor.is_human or v_actor.id = any (m.participants))
          and (p_cursor is null or m.seq < v_seq)
        order by m.seq desc limit v_limit + 1) as t;
    return jsonb_build_object(
        'mail', coalesce((
            select jsonb_agg(private.mail_json(t, v_actor, false) || jsonb_build_object('match',
                ts_headline('simple', left(t.body, 20000), v_words, 'StartSel=«, StopSel=», MaxWords=20, MinWords=5'))
                order by t.seq desc)
            from unnest(v_found[1:v_limit]) as t), '[]'),
        'next_cursor', case when cardinality(v_found) > v_limit then '0.' || v_found[v_limit].seq end);
end;
$$;
comment on function private.search_mail is 'See public.search_mail.';

create function public.search_mail(
    p_query text, p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.search_mail(p_project_id, p_query, p_cursor, p_limit);
$$;
comment on function public.search_mail is
    'Mail the caller may read with these words ("a phrase", or, -without), newest first, the match between « and ».';

revoke execute on function private.list_mail(uuid, text, boolean, uuid, text, int), private.checked_cursor(text),
    private.open_mail(uuid, text), private.ack_mail(uuid, text[]), private.search_mail(uuid, text, text, int),
    public.list_mail(text, boolean, uuid, text, int, uuid), public.open_mail(text, uuid),
    public.ack_mail(text[], uuid), public.search_mail(text, text, int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.list_mail(uuid, text, boolean, uuid, text, int), private.open_mail(uuid, text),
    private.ack_mail(uuid, text[]), private.search_mail(uuid, text, text, int),
    public.list_mail(text, boolean, uuid, text, int, uuid), public.open_mail(text, uuid),
    public.ack_mail(text[], uuid), public.search_mail(text, text, int, uuid) to authenticated;
