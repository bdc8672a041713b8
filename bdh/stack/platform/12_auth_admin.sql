-- What the holder of the secret key may do with users, and the rights of all Auth functions.
-- Idempotent: it runs again at every upgrade.

set role supabase_auth_admin;

create or replace function auth.admin_create_user(
    p_id uuid, p_email text, p_confirm boolean, p_user_data jsonb, p_app_data jsonb
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    v_user auth.users;
begin
    if exists (select from auth.users as u where u.id = p_id) then
        return '{"error": "conflict"}';
    end if;
    v_user := auth.make_user(
        p_email, p_user_data, '{"provider": "email", "providers": ["email"]}' || p_app_data, p_id);
    if v_user.id is null then
        return '{"error": "email_exists"}';
    end if;
    if p_confirm then
        perform auth.confirm_email(v_user.id);
    end if;
    return auth.admin_user(v_user.id);
end;
$$;

create or replace function auth.admin_user(p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
    select coalesce(
        (select jsonb_build_object('user', auth.user_json(u)) from auth.users as u where u.id = p_id),
        '{"error": "user_not_found"}'
    )
$$;

create or replace function auth.admin_users(p_limit integer, p_offset bigint) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'total', (select count(*) from auth.users),
        'users', coalesce((
            select jsonb_agg(auth.user_json(u) order by u.created_at, u.id)
            from (
                select * from auth.users order by created_at, id limit p_limit offset p_offset
            ) as u
        ), '[]')
    )
$$;

create or replace function auth.admin_update_user(
    p_id uuid, p_email text, p_confirm boolean, p_user_data jsonb, p_app_data jsonb
) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    update auth.users as u
    set
        email = coalesce(p_email, u.email),
        is_anonymous = u.is_anonymous and p_email is null,
        raw_user_meta_data = auth.merge_metadata(u.raw_user_meta_data, p_user_data),
        raw_app_meta_data = auth.merge_metadata(u.raw_app_meta_data, p_app_data),
        updated_at = now()
    where u.id = p_id;
    if found and p_confirm then
        perform auth.confirm_email(p_id);
    end if;
    if p_email is not null then
        -- Codes and links sent to the old address must not open the account any more.
        delete from auth.one_time_tokens as t where t.user_id = p_id;
        update auth.identities as i
        set identity_data = i.identity_data || jsonb_build_object('email', p_email), updated_at = now()
        where i.user_id = p_id;
    end if;
    return auth.admin_user(p_id);
exception when unique_violation then
    return '{"error": "email_exists"}';
end;
$$;

create or replace function auth.admin_delete_user(p_id uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    delete from auth.users where id = p_id;
    return jsonb_build_object('error', case when not found then 'user_not_found' end);
end;
$$;

reset role;

do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select p.oid::regprocedure from pg_catalog.pg_proc as p
        where p.pronamespace = 'auth'::regnamespace
            and p.proname not in ('uid', 'role', 'email', 'jwt')
    loop
        execute format(
            'revoke all on function %s from public, anon, authenticated, service_role', v_function);
    end loop;
end;
$$;
