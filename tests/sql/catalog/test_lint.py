"""Rules of the house that the catalog can check: each query lists offences, and there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.support.cluster import TestCluster, TestDatabase

OURS = "('public'::regnamespace, 'private'::regnamespace)"
OUR_RELATIONS = f"select oid from pg_class where relnamespace in {OURS}"
# Functions of a schema with what the rules look at.
FUNCTIONS = """
    select p.*, p.oid::regprocedure::text as signature, n.nspname as schema,
        array(select pg_get_userbyid(a.grantee) from aclexplode(p.proacl) as a
              where a.grantee <> p.proowner and a.grantee <> 0) as grantees,
        p.proacl is null
            or exists (select from aclexplode(p.proacl) as a where a.grantee = 0) as open,
        exists (select from pg_trigger as t where t.tgfoid = p.oid) as fires
    from pg_proc as p
    inner join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private') and p.prokind in ('f', 'p')
      and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
"""
TABLES = """
    select c.*, n.nspname as schema, c.oid::regclass::text as name
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
HELPERS_OF_POLICIES = """
    select p.oid from pg_proc as p inner join pg_depend as d on d.refobjid = p.oid
    where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_proc'::regclass
"""

ASKING = "actor|viewer|signed_in_human|joining_user|lock_member"
WRITING = r"""
    private\.(actor|emit|deliver_mail|remember)\(
    |\minsert[ ]into[ ]|\mdelete[ ]from[ ]|\mupdate[ ](public|private)\."""

RULES = {
    "a function without an empty search_path": f"""
        select signature from ({FUNCTIONS}) as f
        where not coalesce(proconfig, '{{}}') @> array['search_path=""']""",
    "a function without a comment": f"""
        select signature from ({FUNCTIONS}) as f where obj_description(oid, 'pg_proc') is null""",
    "a function open to everybody": f"select signature from ({FUNCTIONS}) as f where open",
    "a definer outside private": f"""
        select signature from ({FUNCTIONS}) as f where prosecdef and schema <> 'private'""",
    "a trigger function that is no definer": f"""
        select signature from ({FUNCTIONS}) as f where fires and not prosecdef""",
    "a public function granted to others than authenticated": f"""
        select signature || ' ' || grantees::text from ({FUNCTIONS}) as f
        where schema = 'public' and proname <> 'schema_version'
          and not grantees <@ array['authenticated', 'service_role']::name[]""",
    "a public function nobody may call": f"""
        select signature from ({FUNCTIONS}) as f where schema = 'public' and grantees = '{{}}'""",
    "a private function anon may call": f"""
        select signature from ({FUNCTIONS}) as f
        where schema = 'private' and 'anon' = any (grantees)""",
    # A caller who could reach `private` in some way would otherwise act without private.actor().
    "a private function granted but neither called by a wrapper nor by a policy": f"""
        select f.signature from ({FUNCTIONS}) as f
        where schema = 'private' and 'authenticated' = any (grantees)
          and oid not in ({HELPERS_OF_POLICIES})
          and not exists (
            select from ({FUNCTIONS}) as w where w.schema = 'public' and not w.prosecdef
              and w.prosrc ~ ('private\\.' || f.proname || '\\('))""",
    "a granted private definer that does not ask first who is calling": f"""
        select f.signature from ({FUNCTIONS}) as f
        where schema = 'private' and 'authenticated' = any (grantees)
          and oid not in ({HELPERS_OF_POLICIES})
          and prosrc !~ 'private\\.({ASKING})\\('""",
    "a wrapper that is not language sql": f"""
        select signature from ({FUNCTIONS}) as f
        where schema = 'public'
          and prolang <> (select oid from pg_language where lanname = 'sql')""",
    "a wrapper whose volatility is not its function's": f"""
        select w.signature from ({FUNCTIONS}) as w
        inner join ({FUNCTIONS}) as f on f.schema = 'private' and f.proname = w.proname
        where w.schema = 'public' and w.provolatile <> f.provolatile""",
    # PostgREST runs stable functions read only.
    "a stable function that writes": f"""
        select signature from ({FUNCTIONS}) as f
        where provolatile <> 'v' and prosrc ~ '(?x){WRITING}'""",
    "a public function that does not return jsonb": f"""
        select signature from ({FUNCTIONS}) as f
        where schema = 'public' and (prorettype <> 'jsonb'::regtype or proretset)""",
    "an overloaded public function": f"""
        select proname::text from ({FUNCTIONS}) as f
        where schema = 'public' group by proname having count(*) > 1""",
    "an argument without p_": f"""
        select signature from ({FUNCTIONS}) as f
        where schema = 'public' and exists (
            select from unnest(coalesce(proargnames, '{{}}')) as a where a !~ '^p_')""",
    "a table without a comment": f"""
        select name from ({TABLES}) as t where obj_description(oid, 'pg_class') is null""",
    "a table without row level security": f"""
        select name from ({TABLES}) as t where relkind in ('r', 'p') and not relrowsecurity""",
    "a view with its owner's rights": f"""
        select name from ({TABLES}) as t
        where relkind = 'v'
          and not coalesce(reloptions, '{{}}') @> array['security_invoker=true']""",
    "a grant on a table beyond select": f"""
        select name || ' ' || a.privilege_type || ' to ' || a.grantee::regrole
        from ({TABLES}) as t cross join aclexplode(t.relacl) as a
        where a.grantee <> t.relowner and a.grantee <> 'service_role'::regrole
          and not (schema = 'public' and a.grantee = 'authenticated'::regrole
                   and a.privilege_type = 'SELECT')""",
    "a column granted by itself": f"""
        select attrelid::regclass::text || '.' || attname from pg_attribute
        where attacl is not null and attrelid::regclass::text !~ '^(pg_|information_schema)'
          and attrelid in ({OUR_RELATIONS})""",
    "a sequence that others may use": f"""
        select c.oid::regclass::text from pg_class as c cross join aclexplode(c.relacl) as a
        where c.relkind = 'S' and a.grantee not in (c.relowner, 'service_role'::regrole)
          and c.relnamespace in {OURS}""",
    "a type without a comment": f"""
        select t.oid::regtype::text from pg_type as t left join pg_class as c on c.oid = t.typrelid
        where t.typnamespace in {OURS}
          and (t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c'))
          and obj_description(t.oid, 'pg_type') is null""",
    "a foreign key without an index": f"""
        select k.conrelid::regclass || ' ' || k.conname from pg_constraint as k
        where k.contype = 'f'
          and k.connamespace in {OURS}
          and not exists (
            select from pg_index as i where i.indrelid = k.conrelid and i.indpred is null
              and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)""",
    "a public table readable by authenticated without a policy": f"""
        select name from ({TABLES}) as t
        where schema = 'public' and relkind in ('r', 'p')
          and has_table_privilege('authenticated', oid, 'select')
          and not exists (select from pg_policy as p where p.polrelid = t.oid)""",
    "a policy for others than authenticated": f"""
        select polrelid::regclass || ' ' || polname from pg_policy
        where polroles <> array['authenticated'::regrole::oid]
          and polrelid in ({OUR_RELATIONS})""",
    "a policy for writing": f"""
        select polrelid::regclass || ' ' || polname from pg_policy
        where polcmd <> 'r'
          and polrelid in ({OUR_RELATIONS})""",
    "two policies for one action": """
        select polrelid::regclass::text from pg_policy
        where polrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        group by polrelid, polcmd having count(*) > 1""",
    # Once per query instead of once per row: in a scalar subquery or an array of one.
    "a policy that calls a function per row": """
        select schemaname || '.' || tablename || ' ' || policyname from pg_policies
        where schemaname in ('public', 'private')
          and regexp_replace(
                coalesce(qual, '') || coalesce(with_check, ''),
                'SELECT +(private|auth|realtime)\\.\\w+\\([^()]*\\)', '', 'g'
              ) ~ '(private|auth|realtime)\\.\\w+\\('""",
    # `in (select …)` filters every tenant's rows, `= any (array(…))` is an index condition.
    "a policy that cannot use an index": """
        select schemaname || '.' || tablename || ' ' || policyname from pg_policies
        where schemaname in ('public', 'private')
          and coalesce(qual, '') ~ ' IN \\( *SELECT +private\\.'""",
}


@pytest.fixture(scope="module")
def schema(cluster: TestCluster) -> Iterator[TestDatabase]:
    """One database for all rules: they only look."""
    database = cluster.clone()
    yield database
    cluster.drop(database)


@pytest.fixture
async def catalog(schema: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose changes are undone."""
    connection = await asyncpg.connect(schema.address.dsn("postgres"))
    await connection.execute("begin")
    yield connection
    await connection.close()


@pytest.mark.parametrize("rule", RULES)
async def test_the_catalog_has_no(catalog: asyncpg.Connection, rule: str) -> None:
    offences = [row[0] for row in await catalog.fetch(RULES[rule])]

    assert offences == [], rule


async def test_a_planted_function_is_found(catalog: asyncpg.Connection) -> None:
    """The rules catch what they are for."""
    await catalog.execute(
        "create function public.planted(x int) returns int language plpgsql security definer"
        " stable as $$ begin insert into public.plans values (null); return x; end $$"
    )
    rules = [
        "a function without an empty search_path", "a function without a comment",
        "a function open to everybody", "a definer outside private", "an argument without p_",
        "a stable function that writes",
    ]  # fmt: skip

    for rule in rules:
        assert "planted(integer)" in [row[0] for row in await catalog.fetch(RULES[rule])]
