"""The stack's keys: made once, kept in one 0600 file (platform.md §5)."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from bdh.errors import NotSetUpError
from bdh.stack.paths import read_json, write_json
from bdh.stack.settings import Secrets

FIELDS = ("jwt_secret", "publishable_key", "secret_key", "database_password")


def new_secrets() -> Secrets:
    """Fresh keys with at least 192 bits each."""
    return Secrets(
        jwt_secret=_random(48),
        publishable_key=f"sb_publishable_{_random(24)}",
        secret_key=f"sb_secret_{_random(24)}",
        database_password=_random(24),
    )


def _random(size: int) -> str:
    # The standard `secrets` says the same but imports `random` and `hashlib`: 8 ms per command.
    return base64.urlsafe_b64encode(os.urandom(size)).decode("ascii").rstrip("=")


def load_secrets(path: Path) -> Secrets:
    """
    The keys in `path`.

    Raises:
        NotSetUpError: `stack_not_set_up`, when there is no readable file of keys.
    """
    content = read_json(path)
    if not all(isinstance(content.get(name), str) and content[name] for name in FIELDS):
        raise NotSetUpError(
            "Cannot read the keys of the embedded stack: it has not been started yet",
            code="stack_not_set_up",
            hint="bdh :up",
        )
    return Secrets(**{name: content[name] for name in FIELDS})


def save_secrets(path: Path, keys: Secrets) -> None:
    """Write `keys` so that only their owner can read them."""
    write_json(path, {name: getattr(keys, name) for name in FIELDS})


def ensure_secrets(path: Path) -> Secrets:
    """The keys in `path`, made now if there are none; the caller holds the start lock."""
    if not path.exists():
        save_secrets(path, new_secrets())
    path.chmod(0o600)
    return load_secrets(path)


def readable_by_others(path: Path) -> bool:
    """Whether anyone but its owner may read the file of keys (`:doctor` warns)."""
    return bool(path.stat().st_mode & 0o077)
