-- What members see of the outbox, and the links in a message that answer a question.

create function private.list_outbox(p_project_id uuid, p_status text[], p_cursor text, p_limit int)
returns jsonb
language plpgsql
stable
security definer -- reads a private table, for humans of the project
set search_path = ''
as $$
declare
    v_actor  private.actor_info := private.viewer(p_project_id);
    v_limit  int := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_before private.outbox;
    v_rows   private.outbox[];
begin
    perform private.require_human(v_actor, 'look into the outbox');
    if p_cursor is not null then
        select * into v_before from private.outbox as o
        where o.project_id = v_actor.project_id and o.id::text = p_cursor;
    end if;
    select array_agg(t.o order by (t.o).created_at desc, (t.o).id desc) into v_rows from (
        select o from private.outbox as o
        where o.project_id = v_actor.project_id and o.status = any (coalesce(p_status, array['pending', 'parked']))
          and (p_cursor is null or (o.created_at, o.id) < (v_before.created_at, v_before.id))
        order by o.created_at desc, o.id desc limit v_limit + 1) as t;
    return jsonb_build_object(
        'deliveries', coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', t.id, 'kind', t.kind, 'status', t.status, 'attempts', t.attempts, 'error', t.last_error,
                'recipient', jsonb_build_object('kind', t.recipient_kind, 'id', t.recipient_id, 'name', t.recipient_name),
                'subject', t.content ->> 'subject', 'created_at', t.created_at,
                'due_at', case when t.status = 'pending' then t.due_at end, 'settled_at', t.settled_at)
                order by t.created_at desc, t.id desc)
            from unnest(v_rows[1:v_limit]) as t), '[]'),
        'next_cursor', case when cardinality(v_rows) > v_limit then v_rows[v_limit].id end);
end;
$$;
comment on function private.list_outbox is 'See public.list_outbox.';

create function public.list_outbox(
    p_status text[] default null, p_cursor text default null, p_limit int default 50, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.list_outbox(p_project_id, p_status, p_cursor, p_limit);
$$;
comment on function public.list_outbox is
    'Messages to the outside that wait or were given up, newest first: {deliveries, next_cursor}. '
    'p_status: told, pending, delivered, parked; human_only.';

create function private.retry_outbox(p_project_id uuid, p_ids uuid[])
returns jsonb
language plpgsql
security definer -- writes a private table
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.actor(p_project_id);
    v_ids   uuid[];
begin
    perform private.require_human(v_actor, 'retry deliveries');
    with again as (
        update private.outbox as o set status = 'pending', attempts = 0, due_at = now(), settled_at = null
        where o.project_id = v_actor.project_id and (p_ids is null or o.id = any (p_ids)) and o.status = 'parked'
        returning o.id
    )
    select array_agg(a.id order by a.id) into v_ids from again as a;
    perform private.emit(v_actor.project_id, 'delivery.retried', private.actor_json(v_actor), 'project', v_actor.project_id::text,
        jsonb_build_object('count', cardinality(v_ids), 'ids', to_jsonb(v_ids[1:100])))
    where v_ids is not null;
    return jsonb_build_object('retried', coalesce(to_jsonb(v_ids), '[]'));
end;
$$;
comment on function private.retry_outbox is 'See public.retry_outbox.';

create function public.retry_outbox(p_ids uuid[] default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.retry_outbox(p_project_id, p_ids);
$$;
comment on function public.retry_outbox is 'Try parked messages again, null for all of the project: {retried: [id]}; human_only.';

create function private.answer_token(p_id uuid)
returns text
language plpgsql
security definer -- uses the backend's signing secret
set search_path = ''
as $$
declare
    v_secret text := private.setting('answer_secret') #>> '{}';
begin
    -- A secret of full length inside and outside: the same construction as HMAC, without an extension.
    return translate(encode(uuid_send(p_id) || sha256(convert_to(v_secret, 'UTF8')
        || sha256(convert_to(v_secret || p_id::text, 'UTF8'))), 'base64'), E'+/=\n', '-_');
end;
$$;
comment on function private.answer_token is
    'The token of an answer link: the outbox row''s id and its signature; the same at every attempt.';
insert into private.settings (key, value)
values ('answer_secret', to_jsonb(gen_random_uuid()::text || gen_random_uuid()::text));

create table private.answer_links (
    outbox_id uuid primary key references private.outbox (id) on delete cascade,
    used_at   timestamptz not null default now()
);
comment on table private.answer_links is 'Answer links that were used: each works once.';
alter table private.answer_links enable row level security;
revoke all on private.answer_links from public, anon, authenticated, service_role;

create function private.find_answer_link(p_token text)
returns private.outbox
language plpgsql
security definer -- whoever holds a valid token was told of the question
set search_path = ''
as $$
declare
    v_row private.outbox;
begin
    if p_token ~ '^[A-Za-z0-9_-]{64}$' then
        select * into v_row from private.outbox as o
        where o.id = encode(substring(decode(translate(p_token, '-_', '+/'), 'base64') for 16), 'hex')::uuid;
    end if;
    -- Compared as hashes: how far two tokens agree must not show in the time this takes.
    if v_row.id is null or v_row.kind <> 'escalation' or v_row.created_at < now() - interval '7 days'
        or sha256(convert_to(private.answer_token(v_row.id), 'UTF8')) <> sha256(convert_to(p_token, 'UTF8'))
        or exists (select 1 from private.answer_links as l where l.outbox_id = v_row.id) then
        perform private.fail('link_invalid', 403, 'This link is unknown, expired or used', 'bdh :escalations');
    end if;
    return v_row;
end;
$$;
comment on function private.find_answer_link is 'The outbox row behind an answer link; link_invalid (403) without saying why.';

create function private.show_answer_link(p_token text)
returns jsonb
language plpgsql
security definer -- for the service role only
set search_path = ''
as $$
declare
    v_row private.outbox := private.find_answer_link(p_token);
begin
    return (
        select private.escalation_json(e, false) || jsonb_build_object('member', v_row.recipient_name)
        from public.escalations as e where e.id = (v_row.content -> 'entity' ->> 'id')::uuid);
end;
$$;
comment on function private.show_answer_link is 'See public.show_answer_link.';

create function public.show_answer_link(p_token text)
returns jsonb
language sql
set search_path = ''
as $$
    select private.show_answer_link(p_token);
$$;
comment on function public.show_answer_link is
    'For the relay: the question behind a link, and for whom it is. Uses nothing up: mail scanners open links.';

create function private.answer_by_link(p_token text, p_answer text, p_option int, p_note text)
returns jsonb
language plpgsql
security definer -- for the service role only; acts as the member the link was sent to
set search_path = ''
as $$
declare
    v_row    private.outbox := private.find_answer_link(p_token);
    v_member public.members;
    v_actor  private.actor_info;
    v_result jsonb;
begin
    select * into v_member from public.members as m where m.id = v_row.recipient_id;
    if not found then
        perform private.fail('link_invalid', 403, 'This link is unknown, expired or used', 'bdh :escalations');
    end if;
    v_actor := (v_member.user_id, 'member', v_member.id, v_member.name, v_member.project_id, v_member.role, null, v_member.name, true);
    v_result := private.answer_as(v_actor, v_row.content -> 'entity' ->> 'id', p_answer, p_option, p_note);
    insert into private.answer_links (outbox_id) values (v_row.id);
    return v_result;
end;
$$;
comment on function private.answer_by_link is 'See public.answer_by_link.';

create function public.answer_by_link(
    p_token text, p_answer text default null, p_option int default null, p_note text default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.answer_by_link(p_token, p_answer, p_option, p_note);
$$;
comment on function public.answer_by_link is
    'For the relay: answer as the member the link was sent to, as if in the dashboard; works once.';

do $$
declare
    v_fn      regprocedure;
    v_members text[] := array['list_outbox', 'retry_outbox'];
    v_relay   text[] := array['show_answer_link', 'answer_by_link'];
begin
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace)
          and p.proname = any (v_members || v_relay || array['answer_token', 'find_answer_link'])
    loop
        execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_fn);
    end loop;
    for v_fn in
        select p.oid from pg_proc as p
        where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.proname = any (v_members || v_relay)
    loop
        execute format('grant execute on function %s to %s', v_fn,
            case when (select p.proname from pg_proc as p where p.oid = v_fn) = any (v_relay) then 'service_role' else 'authenticated' end);
    end loop;
end;
$$;
