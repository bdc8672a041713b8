"""The REST API: a request becomes a plan, the plan one statement, its result the answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from bdh.stack.asgi import Receive, Scope, Send, send_response
from bdh.stack.database import Database, DatabaseUnavailableError, OutcomeUnknownError
from bdh.stack.rest.answer import JSON, Answer, Result, answer
from bdh.stack.rest.calls import find_function, get_arguments, plan_call
from bdh.stack.rest.errors import RestError, from_postgres, not_implemented
from bdh.stack.rest.grammar import parse_query
from bdh.stack.rest.identity import Identities, Identity
from bdh.stack.rest.media import negotiate, require_json
from bdh.stack.rest.payload import empty_or_invalid, parse_json, parse_rows
from bdh.stack.rest.plan import Plan, Wants
from bdh.stack.rest.preferences import parse_preferences
from bdh.stack.rest.ranges import parse_range
from bdh.stack.rest.reads import plan_read
from bdh.stack.rest.root import root_document
from bdh.stack.rest.schema_cache import SchemaCache
from bdh.stack.rest.writes import plan_delete, plan_insert, plan_update
from bdh.stack.settings import GatewaySettings
from bdh.stack.tokens import Tokens

log = logging.getLogger("bdh.stack.rest")

RUN = "select * from gateway.run_request($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
Publish = Callable[[list[str]], None]


@dataclass(slots=True)
class Request:
    """One request, complete; `path` is relative to /rest/v1."""

    method: str
    path: str
    query_string: bytes
    headers: dict[str, str]
    body: bytes

    def wants(self, max_rows: int) -> Wants:
        reads = self.method in ("GET", "HEAD")
        range_header = self.headers.get("range") if reads else None
        return Wants(
            negotiate(self.headers.get("accept", "")),
            parse_preferences(self.headers.get("prefer", "")),
            parse_range(range_header) if range_header else None,
            self.method != "HEAD",
            max_rows,
        )


class RestApp:
    """
    PostgREST's subset for schema `public`, as an ASGI app.

    The gateway puts the parsed headers in `scope["bdh.headers"]` and the body in
    `scope["bdh.body"]`. `publish` gets the ids of Realtime messages once they are committed.
    """

    def __init__(
        self, settings: GatewaySettings, db: Database, tokens: Tokens, publish: Publish
    ) -> None:
        self._max_rows = settings.max_rows
        self._pool = db.pool("authenticator")
        self._identities = Identities(tokens)
        self._publish = publish
        self._schema = SchemaCache(settings)

    async def start(self) -> None:
        """Read the schema and begin to follow its changes."""
        await self._schema.start()

    async def stop(self) -> None:
        """Stop following the schema; the pools belong to the caller."""
        await self._schema.stop()

    @property
    def ready(self) -> bool:
        """Whether the schema has been read."""
        return self._schema.known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        request = Request(
            scope["method"], scope["path"], scope["query_string"],
            scope["bdh.headers"], scope["bdh.body"],
        )  # fmt: skip
        try:
            made = await self._answer(request)
        except RestError as error:
            made = Answer(error.status, [JSON, *error.headers], error.body())
        if request.method == "HEAD":
            made.body = b""
        await send_response(send, made.status, made.headers, made.body)

    async def _answer(self, request: Request) -> Answer:
        headers = request.headers
        identity = self._identities.of(headers.get("apikey"), headers.get("authorization"))
        _require_public(request)
        if request.path.startswith("/rpc/"):
            plan, body = self._plan_call(request, request.path[5:])
        elif request.method == "OPTIONS":
            return Answer(200, [(b"allow", b"OPTIONS,GET,HEAD,POST,PATCH,DELETE")])
        elif request.path in ("", "/"):
            return self._root(request, identity)
        else:
            plan, body = self._plan_table(request, _table_name(request.path))
        return await self._execute(request, identity, plan, body)

    def _plan_call(self, request: Request, name: str) -> tuple[Plan, str | None]:
        """The plan of a call and its body; plans of calls by POST are kept."""
        if request.method in ("GET", "HEAD"):
            return self._plan_get_call(request, name)
        if request.method != "POST":
            raise RestError(405, "PGRST101", f"Cannot use the {request.method} method on RPC")
        headers = request.headers
        require_json(headers.get("content-type", ""))
        text, value = parse_json(request.body) if request.body else ("{}", {})
        keys = tuple(value) if isinstance(value, dict) else None
        planning = self._schema.current()
        key = (
            name,
            keys,
            request.query_string,
            headers.get("accept", ""),
            headers.get("prefer", ""),
        )
        plan = planning.plans.get(key)
        if plan is None:
            function = find_function(planning.schema, name, keys, is_post=True)
            query = parse_query(request.query_string)
            wants = request.wants(self._max_rows)
            plan = plan_call(planning.schema, function, keys or (), query, wants, is_get=False)
            planning.remember(key, plan)
        return plan, text

    def _plan_get_call(self, request: Request, name: str) -> tuple[Plan, str | None]:
        schema = self._schema.current().schema
        query = parse_query(request.query_string, is_call=True)
        body = get_arguments(schema.functions.get(name, ()), query)
        keys = tuple(dict(query.arguments))
        function = find_function(schema, name, keys, is_post=False)
        wants = request.wants(self._max_rows)
        return plan_call(schema, function, keys, query, wants, is_get=True), body

    def _plan_table(self, request: Request, name: str) -> tuple[Plan, str | None]:
        schema = self._schema.current().schema
        method = request.method
        if method not in ("GET", "HEAD", "POST", "PATCH", "DELETE"):
            raise _refused_method(method)
        query = parse_query(request.query_string)
        wants = request.wants(self._max_rows)
        if method in ("GET", "HEAD"):
            return plan_read(schema, name, query, wants), None
        if method == "DELETE":
            return plan_delete(schema, name, query, wants), None
        require_json(request.headers.get("content-type", ""))
        if not request.body:
            raise empty_or_invalid()
        payload = parse_rows(request.body, columns_given=query.columns is not None)
        plan = plan_insert if method == "POST" else plan_update
        return plan(schema, name, query, payload, wants), payload.text

    def _root(self, request: Request, identity: Identity) -> Answer:
        if request.method not in ("GET", "HEAD"):
            raise _refused_method(request.method)
        return root_document(self._schema.current().schema, identity)

    async def _execute(
        self, request: Request, identity: Identity, plan: Plan, body: str | None
    ) -> Answer:
        try:
            rows = await self._pool.run(
                RUN,
                identity.role, identity.claims, json.dumps(request.headers), request.method,
                request.path, plan.read_only, plan.singular, plan.sql, body, plan.arguments,
                plan.explain_sql, plan.explain_above,
                repeatable=plan.read_only,
            )  # fmt: skip
        except asyncpg.PostgresError as error:
            raise from_postgres(error, signed_in=identity.signed_in) from error
        except DatabaseUnavailableError as error:
            raise _unavailable() from error
        except OutcomeUnknownError as error:
            raise _outcome_unknown() from error
        text, row_count, total, status, headers, sent = rows[0]
        if sent:
            self._publish(sent.split(","))
        return answer(plan, Result(text, row_count, total, status, headers))


def _require_public(request: Request) -> None:
    reads = request.method in ("GET", "HEAD")
    profile = request.headers.get("accept-profile" if reads else "content-profile", "public")
    if profile != "public":
        raise RestError(
            406, "PGRST106", f"Invalid schema: {profile}",
            hint="Only the following schemas are exposed: public",
        )  # fmt: skip


def _table_name(path: str) -> str:
    name = path[1:]
    if not name or "/" in name:
        raise RestError(404, "PGRST125", "Invalid path specified in request URL")
    return name


def _refused_method(method: str) -> RestError:
    if method == "PUT":
        return not_implemented("PUT")
    return RestError(405, "PGRST117", f"Unsupported HTTP method: {method}")


def _unavailable() -> RestError:
    return RestError(
        503, "PGRST000", "Database connection error. Retrying the connection.",
        details="The database did not answer in time; nothing was changed.",
        headers=((b"retry-after", b"1"),),
    )  # fmt: skip


def _outcome_unknown() -> RestError:
    return RestError(
        503, "outcome_unknown", "The database connection broke before the answer came",
        details="The write may or may not have been committed.",
        hint="Read the current state before you repeat the write.",
    )  # fmt: skip
