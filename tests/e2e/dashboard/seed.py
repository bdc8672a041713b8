"""A large project, made by SQL in seconds: 500 agents, 10,000 beads, 50,000 events."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bdh.stack.address import stack_address
from bdh.stack.paths import StackPaths

SQL = Path(__file__).with_suffix(".sql")
TABLES = (
    "workspaces", "presence", "beads", "bead_dependencies", "bead_labels", "claims", "events",
    "reservations",
)  # fmt: skip


async def seed(
    connection: asyncpg.Connection[Any],
    project_id: UUID,
    *,
    agents: int = 500,
    beads: int = 10_000,
    events: int = 50_000,
) -> None:
    """Fill a project that has one repository; the connection is a superuser's."""
    sql = SQL.read_text(encoding="utf-8")
    for name, value in (("agents", agents), ("beads", beads), ("events", events)):
        sql = sql.replace(f"{{{name}}}", str(value))
    async with connection.transaction():
        await connection.execute(sql.replace("{project}", str(project_id)))
    for table in TABLES:
        await connection.execute(f"analyze public.{table}")


async def seed_stack(stack_dir: Path) -> None:
    """Fill the oldest project of an embedded stack."""
    address = stack_address(StackPaths(stack_dir))
    connection = await asyncpg.connect(address.dsn("supabase_admin"))
    try:
        found = "select p.id from public.projects as p order by p.created_at limit 1"
        await seed(connection, await connection.fetchval(found))
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(seed_stack(Path(sys.argv[1])))
