-- Who is who: plans, projects, members, repos, workspaces, presence, invites. RLS by project membership.

create table public.plans (
    name                text primary key,
    title               text not null,
    price_cents         int not null,
    max_projects        int,
    max_repos           int,
    max_workspaces      int,
    max_members         int,
    history_days        int not null,
    max_calls_per_month bigint,
    public_repos_only   boolean not null default false
);
comment on table public.plans is 'Limits of each plan; null means unlimited (product.md §2.11).';
insert into public.plans values
    ('free', 'Free', 0, 1, 10, 15, 3, 7, 10000, false),
    ('open_source', 'Open Source', 0, null, 20, 50, null, 90, 1000000, true),
    ('pro', 'Pro', 4900, null, 20, 50, 15, 90, 1000000, false),
    ('business', 'Business', 14900, null, 50, 100, null, 365, 10000000, false),
    ('self_hosted', 'Self-hosted', 0, null, null, null, null, 365, null, false);

create table public.projects (
    id         uuid primary key default gen_random_uuid(),
    slug       text not null,
    name       text not null,
    prefix     text not null default 'bd',
    plan       text not null references public.plans (name),
    settings   jsonb not null default '{}',
    next_bead  bigint not null default 1,
    created_at timestamptz not null default now(),
    created_by uuid references auth.users (id) on delete set null,
    constraint projects_slug_check check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    constraint projects_prefix_check check (prefix ~ '^[a-z][a-z0-9]{0,15}$'),
    constraint projects_settings_check check (jsonb_typeof(settings) = 'object')
);
create unique index projects_slug_idx on public.projects (slug);
create index projects_plan_idx on public.projects (plan);
create index projects_created_by_idx on public.projects (created_by);
comment on table public.projects is 'The tenant. next_bead is unused by claims: only create_bead takes a number.';

create table public.members (
    id         uuid primary key default gen_random_uuid(),
    project_id uuid not null references public.projects (id) on delete cascade,
    user_id    uuid not null references auth.users (id) on delete cascade,
    role       text not null default 'member',
    name       text not null,
    email      text,
    settings   jsonb not null default '{}',
    created_at timestamptz not null default now(),
    last_seen  timestamptz,
    constraint members_role_check check (role in ('owner', 'admin', 'member')),
    constraint members_project_user_key unique (project_id, user_id)
);
create index members_user_id_idx on public.members (user_id);
comment on table public.members is 'Humans of a project, with a verified e-mail.';

create table public.repos (
    id          uuid primary key default gen_random_uuid(),
    project_id  uuid not null references public.projects (id) on delete cascade,
    origin      text not null,
    name        text not null,
    visibility  text not null default 'unknown',
    ignore_case boolean not null default false, -- for good, once a workspace keeps it on a file system that does
    created_at  timestamptz not null default now(),
    constraint repos_visibility_check check (visibility in ('unknown', 'public', 'private')),
    constraint repos_project_origin_key unique (project_id, origin)
);
comment on table public.repos is 'Repositories by canonical origin (host/org/name, or a generated one without a remote).';

create table public.workspaces (
    id            uuid primary key default gen_random_uuid(),
    project_id    uuid not null references public.projects (id) on delete cascade,
    repo_id       uuid not null references public.repos (id),
    user_id       uuid references auth.users (id) on delete set null,
    alias         text collate "C" not null, -- bytewise, so that a dash-prefix is a range of the index
    role          text not null,
    human_name    text,
    member_id     uuid references public.members (id) on delete set null,
    hostname      text,
    path          text,
    branch        text,
    host          text,
    focus         text,
    created_at    timestamptz not null default now(),
    joined_via    uuid,
    removed_at    timestamptz,
    removed_by    jsonb,
    settings      jsonb not null default '{}',
    constraint workspaces_alias_check check (alias ~ '^[a-z0-9][a-z0-9]*(-[a-z0-9]+)*$' and length(alias) <= 64),
    constraint workspaces_role_check check (role ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(role) <= 40)
);
-- The alias of a removed workspace is free; its user (and so its token) never acts again.
create unique index workspaces_live_alias_idx on public.workspaces (project_id, alias) where removed_at is null;
create unique index workspaces_user_id_idx on public.workspaces (user_id);
create index workspaces_project_id_idx on public.workspaces (project_id);
create index workspaces_repo_id_idx on public.workspaces (repo_id);
create index workspaces_member_id_idx on public.workspaces (member_id);
comment on table public.workspaces is
    'One directory = one agent = one authenticated user. host: the agent host seen last (claude, codex, cursor).';

create table public.presence (
    workspace_id uuid primary key references public.workspaces (id) on delete cascade,
    last_seen    timestamptz not null default now()
) with (fillfactor = 50); -- no index on last_seen, so that every refresh is a HOT update
comment on table public.presence is 'When a workspace was last heard of; written at most every 5 s.';

create table public.invites (
    id           uuid primary key default gen_random_uuid(),
    project_id   uuid not null references public.projects (id) on delete cascade,
    token_hash   bytea not null,
    kind         text not null default 'workspace',
    role         text,
    alias        text,
    repo_id      uuid references public.repos (id) on delete cascade,
    workspace_id uuid references public.workspaces (id) on delete cascade,
    human_name   text,
    member_id    uuid references public.members (id) on delete set null,
    email        text,
    uses_left    int not null default 1,
    expires_at   timestamptz not null,
    created_by   jsonb not null,
    created_at   timestamptz not null default now(),
    mailed_at    timestamptz,
    constraint invites_kind_check check (kind in ('workspace', 'sibling', 'member', 'reattach')),
    constraint invites_uses_check check (uses_left >= 0),
    constraint invites_token_hash_key unique (token_hash)
);
create index invites_project_id_idx on public.invites (project_id);
create unique index invites_email_idx on public.invites (project_id, email) where email is not null;
create index invites_repo_id_idx on public.invites (repo_id);
create index invites_member_id_idx on public.invites (member_id);
create index invites_workspace_id_idx on public.invites (workspace_id);
comment on table public.invites is
    'Invitations, stored as sha256 of the token; expiring, limited uses, may fix a role. workspace_id: the one to re-attach. '
    'email: the only human it is for, mailed at mailed_at.';

create table private.api_calls (
    project_id uuid not null,
    at         timestamptz not null default now()
);
comment on table private.api_calls is 'One row per billed call since the last roll-up: appending makes nobody wait, a counter row would.';
alter table private.api_calls enable row level security;
revoke all on private.api_calls from public, anon, authenticated, service_role;

create table private.idempotency_keys (
    actor_id   uuid not null, -- not the user: a re-attached workspace replays what it spooled
    key        text not null,
    fn         text not null,
    arguments  bytea not null,
    result     jsonb,
    created_at timestamptz not null default now(),
    primary key (actor_id, key)
);
create index idempotency_keys_created_at_idx on private.idempotency_keys (created_at);
comment on table private.idempotency_keys is
    'Results of calls that carried p_idempotency_key; a replay gets the stored result. arguments: their hash.';
alter table private.idempotency_keys enable row level security;
revoke all on private.idempotency_keys from public, anon, authenticated, service_role;

do $$
declare
    v_table text;
begin
    foreach v_table in array array['plans', 'projects', 'members', 'repos', 'workspaces', 'presence', 'invites'] loop
        execute format('alter table public.%I enable row level security', v_table);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role', v_table);
        execute format('grant select on public.%I to authenticated', v_table);
        execute format('grant all on public.%I to service_role', v_table);
    end loop;
end;
$$;
