"""
Call the database as its users do, without a gateway: one transaction per call, as `authenticated`.

`Sql` makes projects, members and workspaces by direct inserts, so that a test of one function does
not depend on the others.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg

from tests.support.cluster import TestDatabase

MAX_CONNECTIONS = 40
T = TypeVar("T")


class Refused(Exception):
    """What `private.fail` raised, as a client of the gateway would see it."""

    def __init__(self, error: asyncpg.PostgresError) -> None:
        body = json.loads(error.args[0])
        super().__init__(f"{body['code']}: {body['message']}")
        self.code: str = body["code"]
        self.message: str = body["message"]
        self.hint: str | None = body["hint"]
        self.details: Any = json.loads(body["details"]) if body["details"] else None
        self.status: int = json.loads(error.detail)["status"]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user; `id` is its workspace or membership, if it has one."""

    user_id: UUID | None
    name: str
    id: UUID | None = None
    project_id: UUID | None = None
    repo_id: UUID | None = None
    anonymous: bool = False

    @property
    def role(self) -> str:
        return "authenticated" if self.user_id else "anon"

    @property
    def claims(self) -> str:
        """The JWT claims of its requests."""
        claims: dict[str, Any] = {"role": self.role}
        if self.user_id:
            claims |= {"sub": str(self.user_id), "is_anonymous": self.anonymous}
        return json.dumps(claims)

    @property
    def actor(self) -> dict[str, Any]:
        """How results name it: {kind, id, name}."""
        kind = "workspace" if self.repo_id else "member"
        return {"kind": kind, "id": str(self.id), "name": self.name}


ANONYMOUS = Caller(None, "nobody")


@dataclass(frozen=True, slots=True)
class Project:
    """A project with its owner and one repo."""

    id: UUID
    slug: str
    prefix: str
    owner: Caller
    repo_id: UUID


class Sql:
    """
    Users of one test database and the calls they make.

    Close it at the end of the test. Calls may run concurrently (`asyncio.gather`, `race`).
    """

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        self._pool: asyncpg.Pool | None = None
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._read_only: dict[str, bool] = {}

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:  # a call of a failed test still waits for a lock
            self._pool.terminate()

    async def pool(self) -> asyncpg.Pool:
        """Connections as `postgres`; `call` and `acting` switch role per transaction."""
        async with self._starting:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.database.address.dsn("postgres"),
                    min_size=0, max_size=MAX_CONNECTIONS, init=_speak_json,
                )  # fmt: skip
        return self._pool

    # As postgres: prepare a situation, look at what is stored -----------------------------------

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        return await (await self.pool()).fetch(query, *args)

    async def value(self, query: str, *args: Any) -> Any:
        """The first column of the first row."""
        return await (await self.pool()).fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        return await (await self.pool()).execute(query, *args)

    # As users -----------------------------------------------------------------------------------

    async def call(self, caller: Caller, fn: str, /, **args: Any) -> dict[str, Any]:
        """
        What `public.<fn>` returns to the caller; argument names go without `p_`.

        Stable functions run read only, as PostgREST runs them.

        Raises:
            Refused: whatever `private.fail` said.
        """
        names = ", ".join(f"p_{name} => ${n}" for n, name in enumerate(args, 1))
        async with self.acting(caller, read_only=await self._is_read_only(fn)) as connection:
            return await connection.fetchval(f"select public.{fn}({names})", *args.values())  # type: ignore[no-any-return]

    async def rows(self, caller: Caller, query: str, *args: Any) -> list[asyncpg.Record]:
        """Rows of a query made directly by the caller, under row-level security."""
        async with self.acting(caller) as connection:
            return await connection.fetch(query, *args)

    @asynccontextmanager
    async def acting(
        self, caller: Caller, *, read_only: bool = False
    ) -> AsyncIterator[asyncpg.Connection]:
        """A connection inside one transaction of the caller, committed at the end."""
        async with (
            (await self.pool()).acquire() as connection,
            self.acting_on(connection, caller, read_only=read_only),
        ):
            yield connection

    @asynccontextmanager
    async def acting_on(
        self, connection: asyncpg.Connection, caller: Caller, *, read_only: bool = False
    ) -> AsyncIterator[None]:
        """A transaction of the caller on a given connection; a savepoint if one is open already."""
        try:
            async with connection.transaction(readonly=read_only):
                await connection.execute(
                    "select set_config('request.jwt.claims', $1, true),"
                    " set_config('role', $2, true)",
                    caller.claims, caller.role,
                )  # fmt: skip
                yield
        except asyncpg.PostgresError as error:
            if error.sqlstate != "PGRST":
                raise
            raise Refused(error) from None

    async def race(self, calls: Iterable[Awaitable[Any]]) -> list[Any]:
        """Results and refusals of concurrent calls, in their order; any other error is raised."""
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Refused):
                raise outcome
        return outcomes

    def start(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """The call, begun beside the test; await it for its result."""
        return asyncio.create_task(call)

    async def until_blocked(self, count: int = 1) -> None:
        """Returns when `count` sessions of this database wait for a lock."""
        blocked = (
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(10):
            while await self.value(blocked) < count:  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(0.01)

    async def _is_read_only(self, fn: str) -> bool:
        if fn not in self._read_only:
            self._read_only[fn] = await self.value(
                "select bool_and(p.provolatile <> 'v') from pg_proc as p"
                " where p.pronamespace = 'public'::regnamespace and p.proname = $1",
                fn,
            )
        return self._read_only[fn]

    # Who there is -------------------------------------------------------------------------------

    async def user(self, name: str | None = None, *, anonymous: bool = False) -> Caller:
        """A user of no project; with a verified e-mail unless anonymous."""
        caller = Caller(uuid4(), name or f"user{next(self._numbers)}", anonymous=anonymous)
        await self.execute(
            "insert into auth.users (id, email, email_confirmed_at, is_anonymous, created_at)"
            " values ($1, $2::text, case when not $3::bool then now() end, $3, now())",
            caller.user_id, None if anonymous else f"{caller.name}@example.com", anonymous,
        )  # fmt: skip
        return caller

    async def project(
        self, slug: str | None = None, *, prefix: str = "bd", plan: str = "self_hosted"
    ) -> Project:
        """A project with an owner and the repo `example.com/acme/<slug>`."""
        slug = slug or f"project-{next(self._numbers)}"
        project_id = await self.value(
            "insert into public.projects (slug, name, prefix, plan) values ($1, $1, $2, $3)"
            " returning id",
            slug, prefix, plan,
        )  # fmt: skip
        repo_id = await self.repo(project_id, f"example.com/acme/{slug}")
        owner = await self._enrol(project_id, f"owner-{slug}", "owner")
        return Project(project_id, slug, prefix, owner, repo_id)

    async def repo(self, project_id: UUID, origin: str) -> UUID:
        """Another repo of a project."""
        return await self.value(  # type: ignore[no-any-return]
            "insert into public.repos (project_id, origin, name) values ($1, $2, $3) returning id",
            project_id, origin, origin.rpartition("/")[2],
        )  # fmt: skip

    async def member(
        self, project: Project, role: str = "member", name: str | None = None
    ) -> Caller:
        """A human member of the project."""
        return await self._enrol(project.id, name or f"member{next(self._numbers)}", role)

    async def _enrol(self, project_id: UUID, name: str, role: str) -> Caller:
        user = await self.user(name)
        member_id = await self.value(
            "insert into public.members (project_id, user_id, role, name, email)"
            " values ($1, $2, $3, $4, $4 || '@example.com') returning id",
            project_id, user.user_id, role, name,
        )  # fmt: skip
        return Caller(user.user_id, name, member_id, project_id)

    async def workspace(
        self,
        project: Project,
        alias: str | None = None,
        role: str = "developer",
        *,
        human_name: str | None = None,
        repo_id: UUID | None = None,
    ) -> Caller:
        """A live workspace, active now, in the project's first repo unless another is given."""
        alias = alias or f"agent{next(self._numbers)}-{role}"
        user = await self.user(alias, anonymous=True)
        repo_id = repo_id or project.repo_id
        workspace_id = await self.value(
            "with w as (insert into public.workspaces"
            "   (project_id, repo_id, user_id, alias, role, human_name)"
            "   values ($1, $2, $3, $4, $5, $6) returning id),"
            " p as (insert into public.presence (workspace_id) select id from w)"
            " select id from w",
            project.id, repo_id, user.user_id, alias, role, human_name,
        )  # fmt: skip
        return Caller(user.user_id, alias, workspace_id, project.id, repo_id, anonymous=True)

    async def seen(self, workspace: Caller, ago: str) -> None:
        """Pretend that the workspace was last heard of `ago` (an interval such as '5 hours')."""
        await self.execute(
            "update public.presence set last_seen = now() - $2::text::interval"
            " where workspace_id = $1",
            workspace.id, ago,
        )  # fmt: skip

    async def events(self, project: Project, *types: str) -> list[dict[str, Any]]:
        """Events of the project in the order they were written, all or of some types."""
        rows = await self.fetch(
            "select private.event_json(e) as event from public.events as e"
            " where e.project_id = $1 and ($2::text[] = '{}' or e.type = any ($2)) order by e.seq",
            project.id, list(types),
        )  # fmt: skip
        return [row["event"] for row in rows]


async def _speak_json(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )
