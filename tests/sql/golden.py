"""
The schema as one reviewed file: `python -m tests.sql.golden` (`make schema`) writes it again.

A migration whose effect on this file was not looked at does not pass the tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bdh.stack.postgres import SUPERUSER, clean_environment
from tests.support.cluster import TestCluster

GOLDEN = Path(__file__).parent / "golden" / "schema.sql"
# What pg_dump prints differs between majors; the wheel's is the one compared.
MAJOR = 18

# Policies on realtime.messages are ours, the table is not.
FOREIGN_POLICIES = """
select format('create policy %I on %I.%I for %s to %s%s%s;', policyname, schemaname, tablename,
    lower(cmd), array_to_string(roles, ', '), ' using (' || qual || ')',
    ' with check (' || with_check || ')')
from pg_policies where schemaname not in ('public', 'private') order by 1
"""

NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.M)


def dump(cluster: TestCluster, name: str) -> str:
    """The schemas `public` and `private` of a database, without what varies between runs."""
    text = _run(
        cluster,
        "pg_dump",
        "--schema-only",
        "--no-owner",
        "--schema=public",
        "--schema=private",
        name,
    )
    policies = _run(cluster, "psql", "-XAt", "-c", FOREIGN_POLICIES, name)
    return re.sub(r"\n{3,}", "\n\n", NOISE.sub("", text)).strip() + "\n\n" + policies.strip() + "\n"


def _run(cluster: TestCluster, tool: str, *arguments: str) -> str:
    address = cluster.address()
    environment = clean_environment() | {
        "PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": SUPERUSER,
        "PGPASSWORD": address.password,
    }  # fmt: skip
    done = subprocess.run(
        [cluster.tool(tool), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def main() -> None:
    """Write the golden file."""
    cluster = TestCluster()
    try:
        cluster.start()
        if cluster.major != MAJOR:
            sys.exit(f"the golden schema is a dump of PostgreSQL {MAJOR}, not {cluster.major}")
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(dump(cluster, cluster.clone().address.name), encoding="utf-8")
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
