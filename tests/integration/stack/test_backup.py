"""`bdh :stack backup`, `restore`, `reset`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bdh.errors import RefusedError, UsageError
from bdh.stack import control
from tests.support.stack import TestStack, wait_until

# Stands for whatever the migrations define, in a database that may only have the platform.
SCHEMA = """
create schema if not exists private;
create table if not exists public.notes (id int, restored boolean not null default false);
create or replace function private.after_restore() returns void language sql
    as 'update public.notes set restored = true';
"""


def test_a_backup_comes_back(running_stack: TestStack, tmp_path: Path) -> None:
    """Also into another state of the database, and the schema's own repair runs."""
    running_stack.execute(SCHEMA)
    running_stack.execute("insert into public.notes values (7)")
    file = tmp_path / "stack.dump"

    control.backup(running_stack.paths, file)
    running_stack.execute("truncate public.notes; create table public.later ()")
    control.restore(running_stack.paths, file, force=True)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert running_stack.query("select id from public.notes where restored") == 7
    assert running_stack.query("select to_regclass('public.later') is null")
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'postgres'"
    assert running_stack.query(owner) == "postgres"


def test_the_gateway_starts_anew_after_a_restore(shared_stack: TestStack, tmp_path: Path) -> None:
    control.backup(shared_stack.paths, tmp_path / "stack.dump")
    before = shared_stack.state()["gateway"]

    control.restore(shared_stack.paths, tmp_path / "stack.dump", force=True)

    wait_until(lambda: shared_stack.state()["gateway"] not in (None, before))
    assert shared_stack.health() == 200


def test_a_file_is_not_overwritten(shared_stack: TestStack, tmp_path: Path) -> None:
    file = tmp_path / "stack.dump"
    file.write_text("precious")

    with pytest.raises(RefusedError) as refusal:
        control.backup(shared_stack.paths, file)

    assert refusal.value.code == "file_exists"
    assert file.read_text() == "precious"
    control.backup(shared_stack.paths, file, overwrite=True)
    assert file.read_bytes().startswith(b"PGDMP")


def test_a_stack_with_projects_is_not_replaced(running_stack: TestStack, tmp_path: Path) -> None:
    control.backup(running_stack.paths, tmp_path / "empty.dump")
    running_stack.execute("drop table if exists public.projects cascade", role="supabase_admin")
    running_stack.execute("create table public.projects as select 1 as id")

    with pytest.raises(RefusedError) as refusal:
        control.restore(running_stack.paths, tmp_path / "empty.dump")

    assert refusal.value.code == "stack_not_empty"
    assert running_stack.query("select id from public.projects") == 1


def test_a_broken_backup_changes_nothing(running_stack: TestStack, tmp_path: Path) -> None:
    """A file cut off half way is refused by its end, when most of it is loaded."""
    running_stack.execute(SCHEMA)
    running_stack.execute("insert into public.notes values (7)")
    whole, torn = tmp_path / "whole.dump", tmp_path / "torn.dump"
    control.backup(running_stack.paths, whole)
    torn.write_bytes(whole.read_bytes()[:-200])

    with pytest.raises(UsageError) as refusal:
        control.restore(running_stack.paths, torn, force=True)

    assert refusal.value.code == "bad_backup"
    assert running_stack.query("select id from public.notes") == 7
    assert running_stack.query("select count(*) from pg_database where datname ~ '^bdh_'") == 0


def test_reset_wipes_all_but_backups(running_stack: TestStack) -> None:
    running_stack.execute("create table public.notes ()")
    keys = running_stack.paths.secrets.read_text()
    kept = running_stack.paths.backups / "kept.dump"
    control.backup(running_stack.paths, kept)
    home = running_stack.place().home

    control.reset(running_stack.paths)

    assert not home.exists()
    assert control.find_running(running_stack.paths) is None
    running_stack.up()
    assert running_stack.query("select to_regclass('public.notes') is null")
    assert running_stack.paths.secrets.read_text() != keys
    assert kept.exists()
