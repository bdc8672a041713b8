"""The backend to look at, and one request to it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from bdh.errors import UnreachableError

TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True)
class Answer:
    """Status and JSON of a reply; `content` is `None` when it is not JSON."""

    status: int
    content: Any


@dataclass(frozen=True)
class Target:
    """A project by its URL and publishable key; with `database`, also from inside."""

    url: str
    key: str
    database: str | None = None

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """
        One request with the publishable key alone.

        Raises:
            UnreachableError: nothing answered.
        """
        sent = {"apikey": self.key, "content-type": "application/json", **(headers or {})}
        data = json.dumps(body).encode() if body is not None else None
        # A URL that the operator typed; urllib opens http and https here.
        request = urllib.request.Request(  # noqa: S310
            self.url.rstrip("/") + path, data=data, method=method, headers=sent
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310
                return Answer(reply.status, _json(reply.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _json(error.read()))
        except (OSError, ValueError) as error:
            raise UnreachableError(
                f"Cannot reach {self.url}: {error}",
                code="unreachable",
                hint="bdh :deploy-check --url https://….supabase.co --key sb_publishable_…",
            ) from error


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
