"""The SQL that a database of the stack consists of, and its hash; standard library only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
PLATFORM_DIR = PACKAGE / "stack" / "platform"


def migrations_dir() -> Path:
    """The wheel's copy of `supabase/migrations`, or the checkout's own."""
    bundled = PACKAGE / "_bundle" / "supabase" / "migrations"
    return bundled if bundled.is_dir() else PACKAGE.parent / "supabase" / "migrations"


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file: `20261122000000_beads.sql` is version `20261122000000`, name `beads`."""

    path: Path

    @property
    def version(self) -> str:
        return self.path.stem.partition("_")[0]

    @property
    def name(self) -> str:
        return self.path.stem.partition("_")[2]

    def read(self) -> str:
        return self.path.read_text(encoding="utf-8")


def platform_files() -> list[SqlFile]:
    """What a hosted project starts with, in order; each may run again."""
    return _sql_files(PLATFORM_DIR)


def migration_files() -> list[SqlFile]:
    """The migrations, in order; each runs once."""
    return _sql_files(migrations_dir())


def _sql_files(folder: Path) -> list[SqlFile]:
    return [SqlFile(path) for path in sorted(folder.glob("*.sql"))]


def schema_hash() -> str:
    """Changes whenever a file is added, removed or edited: then the database must be migrated."""
    digest = hashlib.sha256()
    for file in platform_files() + migration_files():
        content = file.path.read_bytes()
        digest.update(f"{file.path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]
