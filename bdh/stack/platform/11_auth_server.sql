-- The functions of our Auth server: bdh/stack/auth calls one of them per request.
-- They answer a jsonb object; what a client may be refused for is its key `error`, never an
-- exception, because a wrong guess must be counted, not rolled back.
-- Idempotent: it runs again at every upgrade. Nobody else may call them: 12_auth_admin.sql revokes.

set role supabase_auth_admin;

create or replace function auth.user_json(p_user auth.users) returns jsonb
language sql stable set search_path = '' as $$
    -- Metadata is added last: nulls inside it are the user's own and must survive.
    select jsonb_strip_nulls(jsonb_build_object(
        'id', p_user.id,
        'aud', coalesce(p_user.aud, 'authenticated'),
        'role', coalesce(nullif(p_user.role, ''), 'authenticated'),
        'email', coalesce(p_user.email, ''),
        'phone', coalesce(p_user.phone, ''),
        'email_confirmed_at', p_user.email_confirmed_at,
        'confirmed_at', p_user.confirmed_at,
        'confirmation_sent_at', p_user.confirmation_sent_at,
        'last_sign_in_at', p_user.last_sign_in_at,
        'created_at', coalesce(p_user.created_at, 'epoch'),
        'updated_at', coalesce(p_user.updated_at, p_user.created_at, 'epoch'),
        'is_anonymous', p_user.is_anonymous
    )) || jsonb_build_object(
        'app_metadata', coalesce(p_user.raw_app_meta_data, '{}'),
        'user_metadata', coalesce(p_user.raw_user_meta_data, '{}'),
        'identities', coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', i.provider_id, 'identity_id', i.id, 'user_id', i.user_id,
                'identity_data', i.identity_data, 'provider', i.provider, 'email', i.email,
                'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at, 'updated_at', i.updated_at
            ) order by i.created_at)
            from auth.identities as i where i.user_id = p_user.id
        ), '[]')
    )
$$;

create or replace function auth.session_json(
    p_user auth.users, p_session auth.sessions, p_generation integer
) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'user', auth.user_json(p_user),
        'session_id', p_session.id,
        'generation', p_generation,
        'aal', p_session.aal,
        'method', p_session.method,
        'signed_in_at', floor(extract(epoch from p_session.created_at))::bigint
    )
$$;

create or replace function auth.make_user(p_email text, p_user_data jsonb, p_app_data jsonb, p_id uuid)
returns auth.users
language sql volatile set search_path = '' as $$
    -- Two requests for one new address make one user: the second gets no row and looks it up.
    insert into auth.users (
        instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, is_anonymous,
        created_at, updated_at
    )
    values (
        '00000000-0000-0000-0000-000000000000', p_id, 'authenticated', 'authenticated', p_email,
        p_app_data, p_user_data, p_email is null, now(), now()
    )
    on conflict (email) where not is_sso_user do nothing
    returning *
$$;

create or replace function auth.open_session(
    p_user_id uuid, p_session_id uuid, p_method text, p_agent text, p_address inet
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user auth.users;
    v_session auth.sessions;
begin
    update auth.users set last_sign_in_at = now(), updated_at = now()
    where id = p_user_id
    returning * into strict v_user;
    insert into auth.sessions (id, user_id, method, user_agent, ip)
    values (p_session_id, p_user_id, p_method, p_agent, p_address)
    returning * into v_session;
    insert into auth.refresh_tokens (session_id, generation) values (p_session_id, 1);
    return auth.session_json(v_user, v_session, 1);
end;
$$;

create or replace function auth.sign_up_anonymously(
    p_data jsonb, p_session_id uuid, p_agent text, p_address inet
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user auth.users := auth.make_user(null, p_data, '{}', gen_random_uuid());
begin
    return auth.open_session(v_user.id, p_session_id, 'anonymous', p_agent, p_address);
end;
$$;

create or replace function auth.confirm_email(p_user_id uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update auth.users set email_confirmed_at = coalesce(email_confirmed_at, now()), updated_at = now()
    where id = p_user_id;
    insert into auth.identities (
        provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
    )
    select
        u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true),
        'email', now(), now(), now()
    from auth.users as u
    where u.id = p_user_id
    on conflict (provider_id, provider) do update set last_sign_in_at = now(), updated_at = now();
end;
$$;

create or replace function auth.offer(
    p_email text, p_create boolean, p_data jsonb, p_kind text, p_code_hash bytea, p_link_hash bytea,
    p_ttl interval, p_tries integer
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user auth.users;
begin
    if p_create then
        perform auth.make_user(
            p_email, p_data, '{"provider": "email", "providers": ["email"]}', gen_random_uuid());
    end if;
    update auth.users as u
    set confirmation_sent_at = case when p_kind = 'email' then now() else u.confirmation_sent_at end
    where u.email = p_email and not u.is_sso_user
    returning * into v_user;
    if v_user.id is null then
        return '{"error": "otp_disabled"}';
    end if;
    insert into auth.one_time_tokens as t (user_id, kind, code_hash, link_hash, tries_left, expires_at)
    values (v_user.id, p_kind, p_code_hash, p_link_hash, p_tries, now() + p_ttl)
    on conflict (user_id, kind) do update set
        code_hash = excluded.code_hash, link_hash = excluded.link_hash, created_at = now(),
        tries_left = excluded.tries_left, expires_at = excluded.expires_at;
    return jsonb_build_object('user', auth.user_json(v_user));
end;
$$;

create or replace function auth.verify_code(
    p_email text, p_code_hash bytea, p_session_id uuid, p_agent text, p_address inet
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user_id uuid;
begin
    -- The lock makes guesses sent at once wait for each other, or they would share one try.
    select u.id into v_user_id from auth.users as u
    where u.email = p_email and not u.is_sso_user
    for no key update;
    perform from auth.one_time_tokens as t
    where t.user_id = v_user_id and t.code_hash = p_code_hash
        and t.tries_left > 0 and t.expires_at > clock_timestamp();
    if not found then
        update auth.one_time_tokens as t set tries_left = t.tries_left - 1
        where t.user_id = v_user_id and t.tries_left > 0;
        return '{"error": "otp_expired"}';
    end if;
    delete from auth.one_time_tokens as t where t.user_id = v_user_id;
    perform auth.confirm_email(v_user_id);
    return auth.open_session(v_user_id, p_session_id, 'otp', p_agent, p_address);
end;
$$;

create or replace function auth.verify_link(
    p_link_hash bytea, p_session_id uuid, p_agent text, p_address inet
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user_id uuid;
begin
    select t.user_id into v_user_id from auth.one_time_tokens as t where t.link_hash = p_link_hash;
    -- User before token, as everywhere: the other order could deadlock with a new offer.
    perform from auth.users as u where u.id = v_user_id for no key update;
    -- The delete decides who was first when a link is opened twice.
    delete from auth.one_time_tokens as t
    where t.link_hash = p_link_hash and t.expires_at > clock_timestamp();
    if not found then
        return '{"error": "otp_expired"}';
    end if;
    delete from auth.one_time_tokens as t where t.user_id = v_user_id;
    perform auth.confirm_email(v_user_id);
    return auth.open_session(v_user_id, p_session_id, 'otp', p_agent, p_address);
end;
$$;

create or replace function auth.next_generation(p_session_id uuid, p_known integer, p_reuse interval)
returns integer
language plpgsql volatile set search_path = '' as $$
declare
    v_active integer;
begin
    select r.generation into v_active from auth.refresh_tokens as r
    where r.session_id = p_session_id and r.rotated_at is null;
    -- Newer than the active one: the database was restored from an older backup. The token is
    -- genuine, so its holder goes on from there instead of losing its session.
    if p_known >= v_active then
        update auth.refresh_tokens set rotated_at = clock_timestamp()
        where session_id = p_session_id and rotated_at is null;
        insert into auth.refresh_tokens (session_id, generation) values (p_session_id, p_known + 1);
        delete from auth.refresh_tokens as r
        where r.session_id = p_session_id and r.rotated_at < clock_timestamp() - p_reuse
            and r.generation < p_known;
        return p_known + 1;
    end if;
    -- The parent of the active one is never a thief's proof: its holder may have been killed
    -- before it wrote the successor down.
    if p_known = v_active - 1 or exists (
        select from auth.refresh_tokens as r
        where r.session_id = p_session_id and r.generation = p_known
            and r.rotated_at > clock_timestamp() - p_reuse
    ) then
        return v_active;
    end if;
    return null;
end;
$$;

create or replace function auth.refresh(p_session_id uuid, p_generation integer, p_reuse interval)
returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_session auth.sessions;
    v_user auth.users;
    v_next integer;
begin
    -- Processes refreshing at once queue here; the first rotates, the others get its result.
    update auth.sessions set updated_at = clock_timestamp()
    where id = p_session_id
    returning * into v_session;
    if not found then
        return '{"error": "refresh_token_not_found"}';
    end if;
    v_next := auth.next_generation(p_session_id, p_generation, p_reuse);
    if v_next is null then
        delete from auth.sessions where id = p_session_id;
        return '{"error": "refresh_token_already_used"}';
    end if;
    select u.* into strict v_user from auth.users as u where u.id = v_session.user_id;
    return auth.session_json(v_user, v_session, v_next);
end;
$$;

create or replace function auth.signed_in(p_user_id uuid, p_session_id uuid) returns text
language sql stable set search_path = '' as $$
    select case
        when not exists (select from auth.users as u where u.id = p_user_id) then 'user_not_found'
        -- A token without a session (signed by hand with the project's secret) has none to lose.
        when p_session_id is not null and not exists (
            select from auth.sessions as s where s.id = p_session_id and s.user_id = p_user_id
        ) then 'session_not_found'
    end
$$;

create or replace function auth.current_user_json(p_user_id uuid, p_session_id uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'error', auth.signed_in(p_user_id, p_session_id),
        'user', (select auth.user_json(u) from auth.users as u where u.id = p_user_id)
    )
$$;

create or replace function auth.merge_metadata(p_old jsonb, p_new jsonb) returns jsonb
language sql immutable set search_path = '' as $$
    -- As on hosted: keys given are set, keys given as null are removed, others stay.
    select coalesce(jsonb_object_agg(e.key, e.value) filter (where e.value <> 'null'), '{}')
    from jsonb_each(coalesce(p_old, '{}') || coalesce(p_new, '{}')) as e
$$;

create or replace function auth.update_own_user(p_user_id uuid, p_session_id uuid, p_data jsonb)
returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_error text := auth.signed_in(p_user_id, p_session_id);
    v_user auth.users;
begin
    if v_error is not null then
        return jsonb_build_object('error', v_error);
    end if;
    update auth.users as u
    set raw_user_meta_data = auth.merge_metadata(u.raw_user_meta_data, p_data), updated_at = now()
    where u.id = p_user_id
    returning * into v_user;
    return jsonb_build_object('user', auth.user_json(v_user));
end;
$$;

create or replace function auth.sign_out(p_user_id uuid, p_session_id uuid, p_scope text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_error text := auth.signed_in(p_user_id, p_session_id);
begin
    if v_error is null then
        delete from auth.sessions as s
        where s.user_id = p_user_id
            and (p_scope = 'global' or (p_scope = 'local') = (s.id = p_session_id));
    end if;
    return jsonb_build_object('error', v_error);
end;
$$;

reset role;
