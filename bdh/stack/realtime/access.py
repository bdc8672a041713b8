"""The database's answers about rights and stored messages, as role `realtime_gateway`."""

from __future__ import annotations

import logging
from dataclasses import replace

import asyncpg

from bdh.stack.database import DatabaseUnavailableError, Pool
from bdh.stack.realtime import refusals
from bdh.stack.realtime.core import Right
from bdh.stack.realtime.identity import Identity
from bdh.stack.realtime.joining import Replay
from bdh.stack.realtime.messages import PREFIX, UserBroadcast
from bdh.stack.realtime.refusals import Refusal, Refused
from bdh.stack.settings import GatewaySettings

logger = logging.getLogger(__name__)

ROLE = "realtime_gateway"
POOL_SIZE = 3
STATEMENT_TIMEOUT_SECONDS = 5.0

# Classes of SQLSTATE that say nothing about rights: connection, rollback, resources, system.
TRANSIENT = ("08", "40", "53", "55", "57", "58", "XX")

RIGHTS = "select gateway.realtime_rights($1, $2, $3, $4, $5, $6)"
REPLAY = """
select id, event, payload::text as payload, binary_payload
from realtime.messages
where topic = $1 and private and extension = 'broadcast' and event is not null
  and (payload is not null or binary_payload is not null)
  and inserted_at >= to_timestamp($2::double precision / 1000) at time zone 'UTC'
  and inserted_at < now() at time zone 'UTC' + interval '1 minute'
order by inserted_at desc
limit $3
"""
MAINTAIN = "select gateway.realtime_maintain()"


class DatabaseAccess:
    """Implements `core.Access`; joins made while Postgres restarts wait some seconds for it."""

    def __init__(self, settings: GatewaySettings) -> None:
        own = replace(settings, statement_timeout_seconds=STATEMENT_TIMEOUT_SECONDS)
        self._pool = Pool(own, ROLE, POOL_SIZE)

    async def close(self) -> None:
        await self._pool.close()

    async def maintain(self) -> None:
        """
        Make the partitions that will be needed and drop the old ones.

        Raises:
            DatabaseUnavailableError, asyncpg.PostgresError: call it again later.
        """
        await self._pool.run(MAINTAIN, repeatable=True)

    async def rights(self, topic: str, identity: Identity, headers: str, ask: Right) -> Right:
        """Which of the rights asked for the identity has; a day without partition is repaired."""
        arguments = (
            topic, identity.role, identity.claims_json, identity.subject, headers, int(ask)
        )  # fmt: skip
        try:
            try:
                return await self._rights(arguments)
            except asyncpg.CheckViolationError:
                # No partition for today: the machine slept through the hourly maintenance.
                await self.maintain()
                return await self._rights(arguments)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            logger.warning("policies of realtime.messages on %r: %s", topic, error)
            raise Refused(_refusal(error, topic)) from error
        except DatabaseUnavailableError as error:
            raise Refused(refusals.UNREACHABLE) from error

    async def _rights(self, arguments: tuple[object, ...]) -> Right:
        # Probes leave no trace, so a broken connection only means another try.
        rows = await self._pool.run(RIGHTS, *arguments, repeatable=True)
        return Right(rows[0][0])

    async def replay(self, topic: str, replay: Replay) -> list[UserBroadcast]:
        """The newest stored broadcasts since the instant asked for, oldest first."""
        try:
            rows = await self._pool.run(
                REPLAY, topic, float(replay.since_ms), replay.limit, repeatable=True
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            logger.warning("replay of %r: %s", topic, error)
            raise Refused(refusals.REPLAY_FAILED) from error
        except DatabaseUnavailableError as error:
            raise Refused(refusals.UNREACHABLE) from error
        return [stored_broadcast(topic, row, replayed=True) for row in reversed(rows)]


def stored_broadcast(topic: str, row: asyncpg.Record, *, replayed: bool = False) -> UserBroadcast:
    """The message of a row of realtime.messages."""
    text = row["payload"]
    payload = row["binary_payload"] if text is None else text.encode()
    return UserBroadcast(
        f"{PREFIX}{topic}",
        row["event"],
        payload,
        is_json=text is not None,
        id_=row["id"],
        replayed=replayed,
    )


def _refusal(error: Exception, topic: str) -> Refusal:
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, asyncpg.QueryCanceledError):
        return refusals.QUERY_CANCELED
    if isinstance(error, asyncpg.CheckViolationError):
        return refusals.MISSING_PARTITION
    if state[:2] in TRANSIENT:
        return refusals.UNREACHABLE
    # A policy that raises, an unknown role, a topic Postgres cannot store: nobody may read that.
    return refusals.unauthorized(topic)
