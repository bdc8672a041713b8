"""Why a join, a handshake or a channel is refused: hosted's codes and texts, word by word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` prefixes the text in join replies (clients key on it); `status` is for HTTP."""

    code: str | None
    text: str
    status: int = 401

    @property
    def reason(self) -> str:
        """The `reason` of a join reply."""
        return self.text if self.code is None else f"{self.code}: {self.text}"


class Refused(Exception):
    """Carries a `Refusal` to whoever answers the client."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def unauthorized(topic: str) -> Refusal:
    text = f"You do not have permissions to read from this Channel topic: {topic}"
    return Refusal("Unauthorized", text)


def no_longer(topic: str) -> Refusal:
    text = f"You no longer have permission to read from this Channel topic: {topic}"
    return Refusal("Unauthorized", text)


def expired(seconds: int) -> Refusal:
    return Refusal("InvalidJWTToken", f"Token has expired {seconds} seconds ago")


KEY_MISSING = Refusal(None, "API key is missing")
KEY_UNKNOWN = Refusal(None, "API key is not one of this project's")
CLAIMS_MISSING = Refusal("InvalidJWTToken", "Fields `role` and `exp` are required in JWT")
MALFORMED = Refusal("MalformedJWT", "The token provided is not a valid JWT")
BAD_SIGNATURE = Refusal("JwtSignatureError", "Failed to validate JWT signature")
UNKNOWN_ERROR = Refusal(None, "Unknown Error on Channel")
UNREACHABLE = Refusal(
    "UnableToConnectToProject", "Realtime was unable to connect to the project database", 503
)
QUERY_CANCELED = Refusal("QueryCanceled", "The check of the policies took too long")
MISSING_PARTITION = Refusal(
    "MissingPartition", "realtime.messages has no partition for the current day"
)
REPLAY_PUBLIC = Refusal("UnableToReplayMessages", "Replay is not allowed for public channels")
REPLAY_INVALID = Refusal("UnableToReplayMessages", "Replay params are not valid")
REPLAY_FAILED = Refusal("UnableToReplayMessages", "Realtime was unable to replay messages")
CHANGES = Refusal(
    "PostgresChangesNotSupported",
    "postgres_changes is not supported by the embedded stack; broadcast from the database with "
    "realtime.send or realtime.broadcast_changes instead",
)
JOIN_TOO_LARGE = Refusal("InvalidJoinPayload", "The join is too large")
TOPIC_REQUIRED = Refusal("TopicNameRequired", "You must provide a topic name")
PRIVATE_ONLY = Refusal("PrivateOnly", "This project only allows private channels")
TOO_MANY_SOCKETS = Refusal("ConnectionRateLimitReached", "Too many connected users", 429)
TOO_MANY_JOINS = Refusal("ClientJoinRateLimitReached", "Too many joins per second", 429)
TOO_MANY_CHANNELS = Refusal("ChannelRateLimitReached", "Too many channels")
