-- Beads: units of work with labels and comments, and the text index behind list_beads.
-- Ids compare bytewise (collate "C"), so that "in id order" means the same on every server.

create table public.beads (
    project_id          uuid not null references public.projects (id) on delete cascade,
    id                  text collate "C" not null,
    title               text not null,
    description         text,
    design              text,
    acceptance_criteria text,
    notes               text,
    status              text not null default 'open',
    priority            int not null default 2,
    issue_type          text not null default 'task',
    parent_id           text collate "C",
    assignee            text,
    estimated_minutes   int,
    external_ref        text,
    defer_until         timestamptz,
    created_at          timestamptz not null default now(),
    created_by          text,
    updated_at          timestamptz not null default now(),
    closed_at           timestamptz,
    close_reason        text,
    deleted_at          timestamptz,
    deleted_by          text,
    delete_reason       text,
    original_type       text,
    blocked             boolean not null default false,
    claim_epoch         int not null default 0,
    extra               jsonb not null default '{}',
    constraint beads_pkey primary key (project_id, id),
    constraint beads_id_check check (id ~ '^[^[:space:][:cntrl:]]{1,200}$'),
    constraint beads_title_check check (title <> ''),
    constraint beads_status_check check (status <> ''),
    constraint beads_deleted_check check (status <> 'tombstone' or deleted_at is not null),
    constraint beads_extra_check check (jsonb_typeof(extra) = 'object')
);
-- Ready work is one scan of one of these two, in the order it is offered (private.ready_ids).
create index beads_ready_idx on public.beads (project_id, priority, created_at, id)
    where status = 'open' and not blocked and assignee is null;
create index beads_ready_assigned_idx on public.beads (project_id, assignee, priority, created_at, id)
    where status = 'open' and not blocked and assignee is not null;
create index beads_listed_idx on public.beads (project_id, priority, created_at, id)
    where status not in ('closed', 'tombstone');
create index beads_blocked_idx on public.beads (project_id, priority, created_at, id)
    where blocked and status not in ('closed', 'tombstone');
create index beads_updated_idx on public.beads (project_id, updated_at, id);
comment on table public.beads is
    'Work. blocked is derived: private.refresh_blocked; parent_id: the first parent-child edge; extra: fields of bd that bdh has no '
    'column for.';
comment on column public.beads.status is
    'open, in_progress (claimed), blocked, deferred, closed, tombstone (deleted); imported ones are kept as they are.';
comment on column public.beads.claim_epoch is 'Number of the newest claim; rises with each new holder.';

create table public.bead_labels (
    project_id uuid not null,
    bead_id    text collate "C" not null,
    label      text collate "C" not null,
    constraint bead_labels_pkey primary key (project_id, bead_id, label),
    constraint bead_labels_bead_fkey foreign key (project_id, bead_id) references public.beads (project_id, id) on delete cascade,
    constraint bead_labels_label_check check (label <> '' and length(label) <= 200)
);
create index bead_labels_label_idx on public.bead_labels (project_id, label, bead_id);
comment on table public.bead_labels is 'Labels of beads.';

create table public.bead_comments (
    id         bigint generated always as identity,
    project_id uuid not null,
    bead_id    text collate "C" not null,
    author     text not null,
    actor      jsonb,
    body       text not null,
    created_at timestamptz not null default now(),
    source     jsonb,
    constraint bead_comments_pkey primary key (id),
    constraint bead_comments_bead_fkey foreign key (project_id, bead_id) references public.beads (project_id, id) on delete cascade
);
create index bead_comments_bead_idx on public.bead_comments (project_id, bead_id, id);
comment on table public.bead_comments is
    'Comments and hand-over notes. actor: null for imported ones; source: the imported object without its text, for export.';

create table private.bead_search (
    project_id uuid not null,
    bead_id    text collate "C" not null,
    document   tsvector not null,
    constraint bead_search_pkey primary key (project_id, bead_id),
    constraint bead_search_bead_fkey foreign key (project_id, bead_id) references public.beads (project_id, id) on delete cascade
);
create index bead_search_document_idx on private.bead_search using gin (document);
comment on table private.bead_search is
    'Words of title, description and id. Apart from beads, so that a claim, which rewrites the bead''s row, leaves this index alone.';

do $$
declare
    v_table text;
begin
    foreach v_table in array array['beads', 'bead_labels', 'bead_comments'] loop
        execute format('alter table public.%I enable row level security', v_table);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role', v_table);
        execute format('grant select on public.%I to authenticated', v_table);
        execute format('grant all on public.%I to service_role', v_table);
        execute format('create policy %I on public.%I for select to authenticated
            using (project_id = any (array(select private.current_project_ids())))', v_table || '_select_member', v_table);
    end loop;
end;
$$;
revoke all on sequence public.bead_comments_id_seq from public, anon, authenticated, service_role;
alter table private.bead_search enable row level security;
revoke all on private.bead_search from public, anon, authenticated, service_role;

create function private.plain_words(p_text text, p_keep text default '')
returns text
language sql
immutable
set search_path = ''
as $$
    -- Punctuation only separates: "src/api.py" is then found by "api", and a query splits as a text does.
    select translate(left(p_text, 100000), translate('!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', p_keep, ''),
        repeat(' ', 32));
$$;
comment on function private.plain_words is 'The text with ASCII punctuation, except the characters in p_keep, replaced by spaces.';

create function private.search_document(p_id text, p_title text, p_description text)
returns tsvector
language sql
immutable
set search_path = ''
as $$
    select array_to_tsvector(array[lower(p_id)])
        || to_tsvector('pg_catalog.simple', private.plain_words(concat_ws(' ', p_id, p_title, p_description)));
$$;
comment on function private.search_document is 'What is found of a bead: the whole id, and the words of id, title and description.';

create function private.search_query(p_text text)
returns tsquery
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_text  text := private.clean_text(lower(trim(p_text)), 1000, 'The query');
    v_words text;
begin
    if v_text ~ '"|\mor\M|(^|\s)-\S' then
        return websearch_to_tsquery('pg_catalog.simple',
            regexp_replace(private.plain_words(v_text, '"-'), '(\S)-', '\1 ', 'g'));
    end if;
    -- A word that tsquery would find too long is looked for by its beginning.
    select string_agg(quote_literal(left(w, 400)) || ':*', ' & ') into v_words
    from regexp_split_to_table(private.plain_words(v_text), '\s+') as w where w <> '';
    -- One word may be (the beginning of) an id, which no parser has taken apart.
    return concat_ws(' | ', '(' || v_words || ')',
        case when v_text ~ '^\S{1,200}$' then '''' || replace(replace(v_text, '\', '\\'), '''', '''''') || ''':*' end)::tsquery;
end;
$$;
comment on function private.search_query is
    'All words, each also as the beginning of a longer one; an id or its beginning. With "…", or, -: web search syntax. Null for no words.';

create function private.index_new_beads()
returns trigger
language plpgsql
security definer -- writes a private table for whoever inserts beads
set search_path = ''
as $$
begin
    insert into private.bead_search (project_id, bead_id, document)
    select n.project_id, n.id, private.search_document(n.id, n.title, n.description) from new_beads as n;
    return null;
end;
$$;
comment on function private.index_new_beads is 'Trigger: makes inserted beads findable.';

create function private.index_changed_bead()
returns trigger
language plpgsql
security definer -- writes a private table for whoever updates beads
set search_path = ''
as $$
begin
    update private.bead_search as s
    set document = private.search_document(new.id, new.title, new.description)
    where s.project_id = new.project_id and s.bead_id = new.id;
    return null;
end;
$$;
comment on function private.index_changed_bead is 'Trigger: follows a changed title or description.';

revoke execute on function private.plain_words(text, text), private.search_document(text, text, text),
    private.search_query(text), private.index_new_beads(), private.index_changed_bead()
    from public, anon, authenticated, service_role;

create trigger beads_index_new after insert on public.beads
    referencing new table as new_beads for each statement execute function private.index_new_beads();
create trigger beads_index_changed after update of title, description on public.beads
    for each row when (old.title is distinct from new.title or old.description is distinct from new.description)
    execute function private.index_changed_bead();
