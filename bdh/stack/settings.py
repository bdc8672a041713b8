"""What the gateway is told when it starts, resolved once and frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Secrets:
    """The embedded stack's keys; they live in one 0600 file (platform.md §5)."""

    jwt_secret: str = field(repr=False)
    publishable_key: str
    secret_key: str = field(repr=False)
    database_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where Postgres listens: a Unix socket folder (or a host), and the database's name."""

    host: str
    port: int
    name: str
    password: str = field(repr=False)

    def dsn(self, role: str) -> str:
        """A libpq connection string for `role`; every login role shares the stack's password."""
        return (
            f"postgresql://{quote(role)}:{quote(self.password, safe='')}@/{quote(self.name)}"
            f"?host={quote(self.host, safe='')}&port={self.port}"
        )


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """
    How long what Auth issues is good for, and how often one may ask.

    The limits are sized for many agents behind one address. A code is six digits: at 15
    wrong ones an hour and e-mail address, guessing one takes years and a mailbox full of codes.
    """

    access_token_seconds: int = 3600
    refresh_reuse_seconds: float = 10.0
    code_seconds: int = 600
    code_tries: int = 5
    link_seconds: int = 60
    sign_ups_per_minute: int = 600
    refreshes_per_minute: int = 1800
    codes_per_hour_and_address: int = 120
    codes_per_hour_and_email: int = 12
    wrong_codes_per_hour_and_email: int = 15
    verifications_per_minute_and_address: int = 60


@dataclass(frozen=True, slots=True)
class LanSettings:
    """Where other machines reach the stack by TLS, and the PEM files of its certificate."""

    host: str
    port: int
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Everything the one ASGI process needs; paths are absolute."""

    database: DatabaseAddress
    secrets: Secrets
    url: str
    mail_dir: Path
    dashboard_dir: Path | None = None
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    allowed_origins: tuple[str, ...] = ()
    max_body_bytes: int = 10 * 1024 * 1024
    max_rows: int = 1000
    pool_size: int = 12
    statement_timeout_seconds: float = 30.0
    smtp_url: str | None = None
    site_url: str | None = None
    allow_private_webhooks: bool = False
    lan: LanSettings | None = None
    auth: AuthSettings = AuthSettings()
