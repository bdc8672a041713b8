"""What a client asks for in `phx_join`, read as leniently as hosted does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bdh.stack.realtime.refusals import REPLAY_INVALID, REPLAY_PUBLIC, Refused


@dataclass(frozen=True, slots=True)
class Replay:
    """Rows of this topic since an instant in epoch milliseconds, the newest `limit` of them."""

    since_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """The parts of a join payload that were valid; the rest took its default."""

    private: bool
    ack: bool
    self_receive: bool
    replication_ready: bool
    presence: bool
    presence_key: str
    replay: Any
    changes: bool
    token: str | None


def parse_join(payload: Any) -> JoinRequest:
    """Read a join payload; nothing in it can fail the join."""
    body = _mapping(payload)
    config = _mapping(body.get("config"))
    broadcast = _mapping(config.get("broadcast"))
    presence = _mapping(config.get("presence"))
    key = presence.get("key")
    changes = config.get("postgres_changes")
    return JoinRequest(
        private=_boolean(config.get("private")),
        ack=_boolean(broadcast.get("ack")),
        self_receive=_boolean(broadcast.get("self")),
        replication_ready=_boolean(broadcast.get("replication_ready")),
        presence=_boolean(presence.get("enabled")),
        presence_key=key if isinstance(key, str) and key else str(uuid4()),
        replay=broadcast.get("replay"),
        changes=isinstance(changes, list) and any(entry is not None for entry in changes),
        token=_token(body.get("user_token")) or _token(body.get("access_token")),
    )


def parse_replay(request: JoinRequest, most: int) -> Replay | None:
    """
    The wanted replay, or None.

    Raises:
        Refused: `UnableToReplayMessages`.
    """
    wanted = request.replay
    if wanted is None:
        return None
    if not request.private:
        raise Refused(REPLAY_PUBLIC)
    fields = _mapping(wanted)
    since, limit = _whole(fields.get("since")), _whole(fields.get("limit", most))
    if since is None or limit is None or not 1 <= limit <= most:
        raise Refused(REPLAY_INVALID)
    return Replay(since, limit)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _boolean(value: Any) -> bool:
    # Older clients send booleans as strings.
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _whole(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if whole else None


def _token(value: Any) -> str | None:
    # A publishable or secret key says nothing that the handshake's key did not.
    return value if isinstance(value, str) and value and not value.startswith("sb_") else None
