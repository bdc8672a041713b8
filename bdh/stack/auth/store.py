"""The Auth server's calls to Postgres: one function, one round trip, one jsonb object."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bdh.stack.auth.errors import AuthError, invalid, outcome
from bdh.stack.database import Database, DatabaseUnavailableError, OutcomeUnknownError

logger = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a sign-in came from; shown to the user, never decided upon."""

    address: str | None
    agent: str | None


class Store:
    """Sessions, codes and users; every refusal it raises is an `AuthError`."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool("supabase_auth_admin")

    async def sign_up_anonymously(self, data: Json, visitor: Visitor) -> Json:
        return await self._call(
            "select auth.sign_up_anonymously($1, $2, $3, $4)",
            json.dumps(data), uuid4(), visitor.agent, visitor.address,
        )  # fmt: skip

    async def offer_code(
        self, email: str, create: bool, data: Json, code_hash: bytes, ttl: timedelta, tries: int
    ) -> Json:
        return await self._call(
            "select auth.offer($1, $2, $3, 'email', $4, null, $5, $6)",
            email, create, json.dumps(data), code_hash, ttl, tries,
        )  # fmt: skip

    async def offer_link(
        self, email: str, data: Json, hashes: tuple[bytes, bytes], ttl: timedelta, tries: int
    ) -> Json:
        return await self._call(
            "select auth.offer($1, true, $2, 'magiclink', $3, $4, $5, $6)",
            email, json.dumps(data), *hashes, ttl, tries,
        )  # fmt: skip

    async def verify_code(self, email: str, code_hash: bytes, visitor: Visitor) -> Json:
        return await self._call(
            "select auth.verify_code($1, $2, $3, $4, $5)",
            email, code_hash, uuid4(), visitor.agent, visitor.address,
        )  # fmt: skip

    async def verify_link(self, link_hash: bytes, visitor: Visitor) -> Json:
        return await self._call(
            "select auth.verify_link($1, $2, $3, $4)",
            link_hash, uuid4(), visitor.agent, visitor.address,
        )  # fmt: skip

    async def refresh(self, session_id: UUID, generation: int, reuse: timedelta) -> Json:
        # Repeating it after a broken connection is the reuse that the rules allow.
        return await self._call(
            "select auth.refresh($1, $2, $3)", session_id, generation, reuse, repeatable=True
        )

    async def current_user(self, user_id: UUID, session_id: UUID | None) -> Json:
        return await self._call(
            "select auth.current_user_json($1, $2)", user_id, session_id, repeatable=True
        )

    async def update_own_user(self, user_id: UUID, session_id: UUID | None, data: Json) -> Json:
        return await self._call(
            "select auth.update_own_user($1, $2, $3)", user_id, session_id, json.dumps(data)
        )

    async def sign_out(self, user_id: UUID, session_id: UUID | None, scope: str) -> None:
        await self._call("select auth.sign_out($1, $2, $3)", user_id, session_id, scope)

    async def create_user(
        self, user_id: UUID, email: str, confirm: bool, user_data: Json, app_data: Json
    ) -> Json:
        return await self._call(
            "select auth.admin_create_user($1, $2, $3, $4, $5)",
            user_id, email, confirm, json.dumps(user_data), json.dumps(app_data),
        )  # fmt: skip

    async def update_user(
        self, user_id: UUID, email: str | None, confirm: bool, user_data: Json, app_data: Json
    ) -> Json:
        return await self._admin(
            "select auth.admin_update_user($1, $2, $3, $4, $5)",
            user_id, email, confirm, json.dumps(user_data), json.dumps(app_data),
        )  # fmt: skip

    async def user(self, user_id: UUID) -> Json:
        return await self._admin("select auth.admin_user($1)", user_id, repeatable=True)

    async def users(self, limit: int, offset: int) -> Json:
        return await self._call("select auth.admin_users($1, $2)", limit, offset, repeatable=True)

    async def delete_user(self, user_id: UUID) -> None:
        await self._admin("select auth.admin_delete_user($1)", user_id)

    async def _admin(self, sql: str, *arguments: object, repeatable: bool = False) -> Json:
        try:
            return await self._call(sql, *arguments, repeatable=repeatable)
        except AuthError as error:
            # Hosted: 403 about oneself, 404 about somebody else.
            if error.error_code == "user_not_found":
                raise AuthError(404, "user_not_found", "User not found") from error
            raise

    async def _call(self, sql: str, *arguments: object, repeatable: bool = False) -> Json:
        try:
            rows = await self._pool.run(sql, *arguments, repeatable=repeatable)
        except (DatabaseUnavailableError, OutcomeUnknownError) as error:
            raise AuthError(
                503, "unexpected_failure", "The database does not answer", {"retry-after": "2"}
            ) from error
        except (asyncpg.DataError, asyncpg.CheckViolationError) as error:
            raise invalid(f"Invalid value: {_first_line(error)}") from error
        except asyncpg.ForeignKeyViolationError as error:
            raise AuthError(500, "unexpected_failure", "Database error deleting user") from error
        except asyncpg.PostgresError as error:
            # The message of Postgres may quote values, so only its class is told and logged.
            logger.error("%s failed: %s %s", sql, error.sqlstate, type(error).__name__)
            raise AuthError(500, "unexpected_failure", "Database error") from error
        result: Json = json.loads(rows[0][0])
        if result.get("error"):
            raise outcome(result["error"])
        return result


def _first_line(error: asyncpg.PostgresError) -> str:
    if isinstance(error, asyncpg.CheckViolationError):
        return "the metadata is too large"
    return str(error).splitlines()[0] if str(error) else "not accepted by the database"


def uuid_claim(claims: Mapping[str, Any], name: str) -> UUID | None:
    """A claim that should be a UUID; None if it is absent or is none."""
    try:
        return UUID(claims[name])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
