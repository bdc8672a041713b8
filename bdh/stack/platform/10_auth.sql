-- Schema `auth` as hosted Supabase shows it to migrations, with our Auth server's tables.
-- Migrations may rely on auth.users, auth.uid(), auth.role(), auth.email() and auth.jwt() only.
-- Everything else is private to bdh/stack/auth, which calls one function per request.
-- Idempotent: it runs again at every upgrade.

set role supabase_auth_admin;

create table if not exists auth.users (
    instance_id uuid,
    id uuid not null,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_sent_at timestamptz,
    recovery_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    phone text default null,
    phone_confirmed_at timestamptz,
    confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    banned_until timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false,
    constraint users_pkey primary key (id),
    constraint users_phone_key unique (phone),
    -- Every access token carries the metadata, and a token must fit into a header.
    constraint users_metadata_size check (
        octet_length(raw_user_meta_data::text) <= 6000 and octet_length(raw_app_meta_data::text) <= 2000
    )
);
create unique index if not exists users_email_partial_key on auth.users (email) where not is_sso_user;
create index if not exists users_created_at_idx on auth.users (created_at, id);
comment on table auth.users is 'Auth: stores user login data within a secure schema.';

create table if not exists auth.identities (
    id uuid not null default gen_random_uuid(),
    provider_id text not null,
    user_id uuid not null,
    identity_data jsonb not null,
    provider text not null,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    email text generated always as (lower(identity_data ->> 'email')) stored,
    constraint identities_pkey primary key (id),
    constraint identities_provider_id_provider_unique unique (provider_id, provider),
    constraint identities_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
create index if not exists identities_user_id_idx on auth.identities (user_id);
comment on table auth.identities is 'Auth: how a user signs in; here always by e-mail.';

create table if not exists auth.sessions (
    id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    aal text not null default 'aal1',
    method text not null,
    user_agent text,
    ip inet,
    constraint sessions_pkey primary key (id),
    constraint sessions_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id);
comment on table auth.sessions is 'Auth: one sign-in; all its refresh tokens are one family.';

-- A refresh token is a keyed MAC over session and generation, so there is no token to store here,
-- not even hashed: what a request presents has proven itself before the database is asked.
create table if not exists auth.refresh_tokens (
    session_id uuid not null,
    generation integer not null,
    created_at timestamptz not null default now(),
    rotated_at timestamptz,
    constraint refresh_tokens_pkey primary key (session_id, generation),
    constraint refresh_tokens_session_id_fkey
        foreign key (session_id) references auth.sessions (id) on delete cascade
);
create unique index if not exists refresh_tokens_one_active_idx
    on auth.refresh_tokens (session_id) where rotated_at is null;
comment on table auth.refresh_tokens is 'Auth: generations of a session; the one not rotated is active.';

create table if not exists auth.one_time_tokens (
    user_id uuid not null,
    kind text not null,
    code_hash bytea not null,
    link_hash bytea,
    tries_left integer not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    constraint one_time_tokens_pkey primary key (user_id, kind),
    constraint one_time_tokens_link_hash_key unique (link_hash),
    constraint one_time_tokens_kind_known check (kind in ('email', 'magiclink')),
    constraint one_time_tokens_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
comment on table auth.one_time_tokens is 'Auth: pending codes and links, as keyed hashes.';

alter table auth.users enable row level security;
alter table auth.identities enable row level security;
alter table auth.sessions enable row level security;
alter table auth.refresh_tokens enable row level security;
alter table auth.one_time_tokens enable row level security;

-- As on hosted: `postgres` may read, write, reference and put triggers on them, not alter them.
revoke all on all tables in schema auth from public, anon, authenticated, service_role;
grant all on all tables in schema auth to postgres;

create or replace function auth.uid() returns uuid language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
    )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
    )::text
$$;

create or replace function auth.email() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
    )::text
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

comment on function auth.uid is 'The user id of the request''s token; null without one.';
comment on function auth.role is 'The role of the request''s token.';
comment on function auth.email is 'The e-mail address of the request''s token.';
comment on function auth.jwt is 'All claims of the request''s token.';

reset role;

-- Only these four are anybody's business; 12_auth_admin.sql revokes the rest.
grant execute on function auth.uid(), auth.role(), auth.email(), auth.jwt() to public;
