-- The ground the other migrations stand on: the private schema, settings, the one way to refuse,
-- small text helpers. Nothing here is exposed through the API.

create schema if not exists private;
comment on schema private is 'Definer functions and helpers; never exposed. Callers come through public wrappers.';
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;

create table private.settings (
    key        text primary key,
    value      jsonb not null,
    updated_at timestamptz not null default now()
);
comment on table private.settings is 'Operator settings of this backend: default_plan, log_generation, function tokens.';
alter table private.settings enable row level security;
revoke all on private.settings from public, anon, authenticated, service_role;
grant select, insert, update on private.settings to service_role;

insert into private.settings (key, value) values
    ('default_plan', '"self_hosted"'),
    ('log_generation', to_jsonb(left(replace(gen_random_uuid()::text, '-', ''), 8)));

create function private.setting(p_key text)
returns jsonb
language sql
stable
security definer -- settings are readable by no role; this hands out one value to other definers
set search_path = ''
as $$
    select s.value from private.settings as s where s.key = p_key;
$$;
comment on function private.setting is 'The value of an operator setting, or null.';
revoke execute on function private.setting(text) from public, anon, authenticated, service_role;

create function private.fail(
    p_code    text,
    p_status  int,
    p_message text,
    p_hint    text default null,
    p_details jsonb default null,
    p_headers jsonb default '{}'
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    raise sqlstate 'PGRST' using
        message = json_build_object(
            'code', p_code, 'message', p_message, 'details', p_details::text, 'hint', p_hint)::text,
        detail = json_build_object('status', p_status, 'headers', p_headers)::text;
end;
$$;
comment on function private.fail is
    'Refuse: raises what PostgREST turns into HTTP p_status with {code, message, details, hint}. details is JSON text.';
revoke execute on function private.fail(text, int, text, text, jsonb, jsonb) from public, anon, authenticated, service_role;

create function private.clean_text(p_text text, p_max int, p_what text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
    if length(p_text) > p_max then
        perform private.fail('too_long', 400, format('%s is too long: %s characters, at most %s', p_what, length(p_text), p_max));
    end if;
    return p_text;
end;
$$;
comment on function private.clean_text is 'p_text unchanged, or too_long (400) when it has more than p_max characters.';
revoke execute on function private.clean_text(text, int, text) from public, anon, authenticated, service_role;

create function private.clean_line(p_text text, p_max int, p_what text)
returns text
language sql
immutable
set search_path = ''
as $$
    select private.clean_text(nullif(trim(regexp_replace(p_text, '[[:cntrl:][:space:]]+', ' ', 'g')), ''), p_max, p_what);
$$;
comment on function private.clean_line is
    'p_text as one line without control characters, null when empty; too_long (400) above p_max characters.';
revoke execute on function private.clean_line(text, int, text) from public, anon, authenticated, service_role;

create function private.scrub(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
    -- Well-known token shapes only, at the start of a word: a false positive would eat an agent's
    -- message (product.md §7; "task-force-…" is no key). A key block's body has no dash, so that a
    -- text full of beginnings is still read once.
    select regexp_replace(
        p_text,
        '\m(sk-ant-[A-Za-z0-9_-]{16,}|sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{20,}'
        || '|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}'
        || '|AIza[0-9A-Za-z_-]{30,}|sb_secret_[A-Za-z0-9_-]{10,}|sbp_[a-f0-9]{30,}|npm_[A-Za-z0-9]{30,}'
        || '|pypi-[A-Za-z0-9_-]{30,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})'
        || '|-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]|-(?=[A-Z0-9,]))*-----END [A-Z ]*PRIVATE KEY-----',
        '[secret removed by bdh]', 'g');
$$;
comment on function private.scrub is
    'p_text with well-known secret shapes replaced; applied to everything stored as message, note or reason.';
revoke execute on function private.scrub(text) from public, anon, authenticated, service_role;
