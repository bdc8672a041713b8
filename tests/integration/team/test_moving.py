"""A project goes from one backend to another and is the same there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from bdh.core.moving import import_project
from bdh.errors import BdhError
from bdh.stack.project_export import export_project
from tests.support.cluster import TestCluster
from tests.support.sql import Caller, Refused, Sql

TABLES = (
    "beads", "bead_labels", "bead_dependencies", "bead_comments", "claims", "subscriptions",
    "mail", "mail_recipients", "chat_sessions", "chat_participants", "chat_messages",
    "escalations", "policies", "repos", "workspaces", "events",
)  # fmt: skip
# What is another backend's own: users, and numbers its sequences and transactions gave out.
OWN = ("user_id", "member_id", "joined_via", "seq", "xid", "xid_before", "search")


class Here:
    """`ports.Backend` as one caller of a test's database."""

    def __init__(self, sql: Sql, caller: Caller, loop: asyncio.AbstractEventLoop) -> None:
        self._sql, self._caller, self._loop = sql, caller, loop

    def call(self, function: str, **arguments: Any) -> dict[str, Any]:
        given = {name: value for name, value in arguments.items() if value is not None}
        if "project_id" in given:
            given["project_id"] = UUID(str(given["project_id"]))
        work = self._sql.call(self._caller, function, **given)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def submit(self, function: str, what: str, **arguments: Any) -> dict[str, Any]:
        raise NotImplementedError


async def brought(sql: Sql, caller: Caller, file: Path, slug: str | None = None) -> Any:
    here = Here(sql, caller, asyncio.get_running_loop())
    lines = file.read_text().splitlines()  # noqa: ASYNC240 (a small file)
    return await asyncio.to_thread(import_project, here, lines, slug, lambda _: None)


async def content(sql: Sql, project_id: UUID, table: str) -> list[Any]:
    rows = await sql.fetch(
        f"select to_jsonb(t) - $2::text[] as row from public.{table} as t where project_id = $1",
        project_id, [*OWN, *(["id"] if table == "bead_comments" else [])],
    )  # fmt: skip
    return sorted((row["row"] for row in rows), key=lambda row: json.dumps(row, sort_keys=True))


async def busy_project(sql: Sql) -> tuple[UUID, str]:
    """A project in which everything has happened."""
    project = await sql.project(f"shop-{uuid4().hex[:6]}")
    alice = await sql.workspace(project, "alice-dev", human_name="Ann")
    bob = await sql.workspace(project, "bob-backend", "backend")
    ids = []
    for number in range(4):
        bead = await sql.call(
            alice, "create_bead", title=f"Bead {number}", labels=["a", "b"],
            description="x" * 100, parent_id=ids[0] if ids else None,
        )  # fmt: skip
        ids.append(bead["id"])
    await sql.call(alice, "add_dependency", id=ids[3], depends_on=ids[1])
    await sql.call(bob, "subscribe", bead_ids=ids)
    await sql.call(alice, "claim_bead", bead_id=ids[1])
    await sql.call(bob, "comment_bead", id=ids[1], body="How is it going?")
    await sql.call(bob, "claim_bead", bead_id=ids[1], jump_in=True, reason="urgent")
    await sql.call(alice, "close_beads", ids=[ids[2]])
    mail = await sql.call(alice, "send_mail", to=["bob"], body="Hello", subject="Hi")
    await sql.call(bob, "send_mail", in_reply_to=mail["id"], body="Hello yourself")
    await sql.call(alice, "chat_send", to=["bob"], body="A word?")
    asked = await sql.call(alice, "escalate", subject="Which?", situation="One or the other")
    await sql.call(project.owner, "answer_escalation", id=asked["id"], answer="The one")
    await sql.call(alice, "escalate", subject="And now?", situation="Another")
    return project.id, project.slug


@pytest.fixture
async def two(cluster: TestCluster) -> Any:
    """Two backends."""
    databases = [cluster.clone("template_bdh") for _ in range(2)]
    both = [Sql(database) for database in databases]
    yield both
    for sql, database in zip(both, databases, strict=True):
        await sql.close()
        cluster.drop(database)


async def test_everything_arrives_with_its_ids(two: list[Sql], tmp_path: Path) -> None:
    source, target = two
    project_id, slug = await busy_project(source)
    file = tmp_path / "shop.jsonl"
    counts = await asyncio.to_thread(export_project, source.database.address, slug, file)
    ann = await target.user("ann")

    done = await brought(target, ann, file)

    assert (done.id, done.slug, done.beads) == (str(project_id), slug, 4)
    assert done.workspaces == ("alice-dev", "bob-backend")
    assert file.stat().st_mode & 0o077 == 0
    for table in TABLES:
        there = await content(target, project_id, table)
        assert there == await content(source, project_id, table), table
        assert len(there) == counts.get(table, 0), table


async def test_work_goes_on_where_it_was(two: list[Sql], tmp_path: Path) -> None:
    """A workspace that is re-attached has its alias, its claim and its unread mail."""
    source, target = two
    _, slug = await busy_project(source)
    await asyncio.to_thread(export_project, source.database.address, slug, tmp_path / "f")
    ann = await target.user("ann")
    await brought(target, ann, tmp_path / "f")

    invite = await target.call(ann, "reattach_workspace", alias="bob-backend")
    bob = await target.user("bob", anonymous=True)
    await target.call(bob, "join_project", token=invite["token"])

    who = await target.call(bob, "whoami")
    assert who["workspace"]["alias"] == "bob-backend"
    assert [claim["bead_id"] for claim in who["claims"]] == ["bd-2"]
    subjects = [mail["subject"] for mail in (await target.call(bob, "list_mail"))["mail"]]
    assert "Hi" in subjects
    made = await target.call(bob, "create_bead", title="The next")
    assert made["id"] == "bd-5"
    events = (await target.call(bob, "list_events", limit=1000))["events"]
    assert [e["type"] for e in events][:2] == ["bead.created", "bead.created"]
    assert events[-1]["entity"]["id"] == "bd-5"
    await target.call(bob, "send_mail", to=["alice"], body="I am back")


async def test_a_batch_sent_twice_is_taken_once(two: list[Sql], tmp_path: Path) -> None:
    source, target = two
    _, slug = await busy_project(source)
    await asyncio.to_thread(export_project, source.database.address, slug, tmp_path / "f")
    lines = [json.loads(line) for line in (tmp_path / "f").read_text().splitlines()]
    ann = await target.user("ann")
    made = await target.call(ann, "begin_import", project=lines[0]["row"])
    repos = [line["row"] for line in lines if line["table"] == "repos"]

    for expected in (False, True):
        result = await target.call(ann, "import_rows", batch=0, table="repos", rows=repos)
        assert result == {"next_batch": 1, "replayed": expected}
    with pytest.raises(Refused, match="conflict"):
        await target.call(ann, "import_rows", batch=7, table="repos", rows=repos)
    await target.call(ann, "finish_import", project_id=UUID(made["id"]))
    with pytest.raises(Refused, match="not being imported"):
        await target.call(ann, "import_rows", batch=1, table="repos", rows=repos)


async def test_an_import_reaches_into_no_other_project(two: list[Sql], tmp_path: Path) -> None:
    """Mail for, chats with and workspaces of a victim's project are refused."""
    source, target = two
    _, slug = await busy_project(source)
    await asyncio.to_thread(export_project, source.database.address, slug, tmp_path / "f")
    lines = [json.loads(line) for line in (tmp_path / "f").read_text().splitlines()]
    victim = await target.workspace(await target.project(), "victim-dev")
    eve = await target.user("eve")
    await target.call(eve, "begin_import", project=lines[0]["row"])
    batch = 0
    for table in ("repos", "workspaces", "mail"):
        rows = [line["row"] for line in lines if line["table"] == table]
        await target.call(eve, "import_rows", batch=batch, table=table, rows=rows)
        batch += 1

    for table, column in (
        ("mail_recipients", "recipient_id"), ("chat_participants", "participant_id"),
        ("subscriptions", "subscriber_id"), ("claims", "holder_id"), ("workspaces", "repo_id"),
    ):  # fmt: skip
        row = next(line["row"] for line in lines if line["table"] == table)
        foreign = victim.repo_id if column == "repo_id" else victim.id
        with pytest.raises(Refused, match="another project"):
            await target.call(
                eve, "import_rows", batch=batch, table=table, rows=[row | {column: str(foreign)}]
            )
    for table in ("members", "plans", "invites", "auth.users", "settings"):
        with pytest.raises(Refused, match="bad_import"):
            await target.call(eve, "import_rows", batch=batch, table=table, rows=[{}])
    with pytest.raises(Refused, match="human_only"):
        await target.call(victim, "import_rows", batch=batch, table="mail", rows=[{}])
    assert (await target.call(victim, "list_mail"))["mail"] == []


async def test_what_is_no_export_is_refused(two: list[Sql], tmp_path: Path) -> None:
    _, target = two
    ann = await target.user("ann")
    for text in ("", "nonsense\n", '{"table": "beads", "row": {}}\n', "[]\n"):
        (tmp_path / "f").write_text(text)
        with pytest.raises(BdhError) as caught:
            await brought(target, ann, tmp_path / "f")
        assert caught.value.code == "bad_export"


async def test_a_project_is_imported_once(two: list[Sql], tmp_path: Path) -> None:
    source, target = two
    _, slug = await busy_project(source)
    await asyncio.to_thread(export_project, source.database.address, slug, tmp_path / "f")
    await brought(target, await target.user("ann"), tmp_path / "f")

    with pytest.raises(Refused, match="already"):
        await brought(target, await target.user("eve"), tmp_path / "f", "mine")
    with pytest.raises(BdhError, match="exists"):
        await asyncio.to_thread(export_project, source.database.address, slug, tmp_path / "f")
    with pytest.raises(BdhError, match="no project"):
        await asyncio.to_thread(export_project, source.database.address, "none", tmp_path / "g")
