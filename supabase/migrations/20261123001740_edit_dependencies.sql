-- Editing dependencies, and walking them. Edits are alone on the project's graph: two of them at once
-- cannot close a cycle, and no claim sees half of one.

create function private.add_dependency(p_project_id uuid, p_id text, p_depends_on text, p_type text)
returns jsonb
language plpgsql
security definer -- writes dependencies
set search_path = ''
as $$
declare
    v_actor   private.actor_info := private.actor(p_project_id, true);
    v_type    text := coalesce(private.clean_line(p_type, 100, 'The type'), 'blocks');
    v_project uuid := v_actor.project_id;
    v_known   boolean;
begin
    if p_depends_on is null then
        perform private.refuse_bead(v_project, null);
    end if;
    perform private.lock_graph(v_project, false);
    perform private.lock_beads(v_project, array[p_id], private.descendants(v_project, array[p_id]));
    v_known := exists (
        select 1 from public.bead_dependencies as e
        where e.project_id = v_project and e.bead_id = p_id and e.depends_on_id = p_depends_on and e.type = v_type);
    if not v_known and v_type = 'parent-child' then
        perform private.set_parent(v_actor, array[p_id], p_depends_on);
    elsif not v_known then
        perform private.add_edges(v_actor, p_id, jsonb_build_array(jsonb_build_object('id', p_depends_on, 'type', v_type)));
        perform private.edges_changed(v_project, array[p_id]);
    end if;
    if not v_known then
        perform private.touch_bead(v_actor, p_id, jsonb_build_object('added', jsonb_build_object('id', p_depends_on, 'type', v_type)));
    end if;
    return jsonb_build_object('bead_id', p_id, 'depends_on_id', p_depends_on, 'type', v_type, 'added', not v_known);
end;
$$;
comment on function private.add_dependency is 'See public.add_dependency.';

create function private.touch_bead(p_actor private.actor_info, p_id text, p_dependencies jsonb)
returns void
language plpgsql
security definer -- writes beads
set search_path = ''
as $$
begin
    update public.beads as b set updated_at = clock_timestamp() where b.project_id = p_actor.project_id and b.id = p_id;
    perform private.emit(p_actor.project_id, 'bead.updated', private.actor_json(p_actor), 'bead', p_id,
        jsonb_build_object('fields', array['dependencies'], 'dependencies', p_dependencies));
end;
$$;
comment on function private.touch_bead is 'Log an edit of a bead''s dependencies.';

create function public.add_dependency(p_id text, p_depends_on text, p_type text default 'blocks', p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.add_dependency(p_project_id, p_id, p_depends_on, p_type);
$$;
comment on function public.add_dependency is
    'Make p_id depend on p_depends_on (parent-child: put it below): {bead_id, depends_on_id, type, added}. cycle (409) for blocks and '
    'parent-child.';

create function private.remove_dependency(p_project_id uuid, p_id text, p_depends_on text, p_type text)
returns jsonb
language plpgsql
security definer -- writes dependencies
set search_path = ''
as $$
declare
    v_actor     private.actor_info := private.actor(p_project_id, true);
    v_project   uuid := v_actor.project_id;
    v_types     text[];
    v_unblocked text[];
begin
    perform private.lock_graph(v_project, false);
    perform private.lock_beads(v_project, array[p_id], private.descendants(v_project, array[p_id]));
    with gone as (
        delete from public.bead_dependencies as e
        where e.project_id = v_project and e.bead_id = p_id and e.depends_on_id = p_depends_on
          and (p_type is null or e.type = p_type)
        returning e.type)
    select array_agg(g.type::text order by g.type) into v_types from gone as g;
    if v_types is null then
        perform private.fail('not_found', 404, format('%s does not depend on %s', p_id, p_depends_on),
            format('bdh dep tree %s', p_id), jsonb_build_object('bead_id', p_id, 'depends_on_id', p_depends_on));
    end if;
    v_unblocked := private.edges_changed(v_project, array[p_id]);
    perform private.touch_bead(v_actor, p_id, jsonb_build_object('removed', jsonb_build_object('id', p_depends_on, 'types', v_types)));
    return jsonb_build_object('bead_id', p_id, 'depends_on_id', p_depends_on, 'types', v_types, 'removed', true,
        'unblocked', (
            select coalesce(jsonb_agg(private.bead_ref(b) order by b.id), '[]')
            from public.beads as b where b.project_id = v_project and b.id = any (v_unblocked)));
end;
$$;
comment on function private.remove_dependency is 'See public.remove_dependency.';

create function public.remove_dependency(p_id text, p_depends_on text, p_type text default null, p_project_id uuid default null)
returns jsonb
language sql
set search_path = ''
as $$
    select private.remove_dependency(p_project_id, p_id, p_depends_on, p_type);
$$;
comment on function public.remove_dependency is
    'Remove the dependency, of one type or of every type: {bead_id, depends_on_id, types, removed, unblocked}. not_found (404).';

create function private.tree_children(p_project_id uuid, p_id text, p_up boolean)
returns table (id text, type text)
language sql
stable
set search_path = ''
as $$
    (select e.depends_on_id::text, e.type::text from public.bead_dependencies as e
    where not p_up and e.project_id = p_project_id and e.bead_id = p_id order by e.seq limit 200)
    union all
    (select e.bead_id::text, e.type::text from public.bead_dependencies as e
    where p_up and e.project_id = p_project_id and e.depends_on_id = p_id order by e.seq limit 200);
$$;
comment on function private.tree_children is 'What a bead depends on, or (p_up) what depends on it, with the type; at most 200.';

create function private.dependency_tree(p_project_id uuid, p_id text, p_direction text, p_depth int)
returns jsonb
language plpgsql
stable
security definer -- one reading path for members and workspaces, behind private.viewer()
set search_path = ''
as $$
declare
    v_actor private.actor_info := private.viewer(p_project_id);
    v_up    boolean := p_direction = 'up';
    v_depth int := private.page_limit(p_depth, 10, 50);
    v_nodes jsonb := '[]';
    v_seen  text[] := '{}';
    v_stack jsonb[] := array[jsonb_build_object('id', p_id, 'depth', 0)];
    v_node  jsonb;
begin
    if not coalesce(p_direction in ('down', 'up'), false) then
        perform private.fail('bad_argument', 400, 'A tree goes down or up', 'bdh dep tree --help', to_jsonb(left(p_direction, 100)));
    elsif not exists (
        select 1 from public.beads as b where b.project_id = v_actor.project_id and b.id = p_id and b.status <> 'tombstone') then
        perform private.refuse_bead(v_actor.project_id, p_id);
    end if;
    -- Depth first; a bead that was shown already is shown again without what is below it.
    while cardinality(v_stack) > 0 and jsonb_array_length(v_nodes) < 500 loop
        v_node := v_stack[1] || jsonb_build_object('repeated', v_stack[1] ->> 'id' = any (v_seen));
        v_stack := v_stack[2:];
        v_nodes := v_nodes || (v_node || coalesce(
            (select private.bead_ref(b) || '{"missing": false}' from public.beads as b
            where b.project_id = v_actor.project_id and b.id = v_node ->> 'id'),
            '{"title": null, "status": null, "missing": true}'));
        if not (v_node ->> 'repeated')::boolean and (v_node ->> 'depth')::int < v_depth then
            v_stack := array(
                select jsonb_build_object('id', c.id, 'type', c.type, 'parent', v_node -> 'id', 'depth', (v_node ->> 'depth')::int + 1)
                from private.tree_children(v_actor.project_id, v_node ->> 'id', v_up) as c) || v_stack;
        end if;
        v_seen := v_seen || (v_node ->> 'id');
    end loop;
    return jsonb_build_object('root', p_id, 'direction', case when v_up then 'up' else 'down' end, 'nodes', v_nodes,
        'truncated', cardinality(v_stack) > 0);
end;
$$;
comment on function private.dependency_tree is 'See public.dependency_tree.';

create function public.dependency_tree(
    p_id text, p_direction text default 'down', p_depth int default 10, p_project_id uuid default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
    select private.dependency_tree(p_project_id, p_id, p_direction, p_depth);
$$;
comment on function public.dependency_tree is
    'What a bead depends on (down) or what depends on it (up), depth first: {root, direction, nodes: [ref + type, parent, depth, '
    'repeated, missing], truncated}.';

revoke execute on function private.add_dependency(uuid, text, text, text), private.touch_bead(private.actor_info, text, jsonb),
    public.add_dependency(text, text, text, uuid), private.remove_dependency(uuid, text, text, text),
    public.remove_dependency(text, text, text, uuid), private.tree_children(uuid, text, boolean),
    private.dependency_tree(uuid, text, text, int), public.dependency_tree(text, text, int, uuid)
    from public, anon, authenticated, service_role;
grant execute on function private.add_dependency(uuid, text, text, text), public.add_dependency(text, text, text, uuid),
    private.remove_dependency(uuid, text, text, text), public.remove_dependency(text, text, text, uuid),
    private.dependency_tree(uuid, text, text, int), public.dependency_tree(text, text, int, uuid) to authenticated;
