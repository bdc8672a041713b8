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


def test_a_backup_comes_back(own_stack: TestStack, tmp_path: Path) -> None:
    """Also into another state of the database, and the schema's own repair runs."""
    own_stack.execute(SCHEMA)
    own_stack.execute("insert into public.notes values (7)")
    file = tmp_path / "stack.dump"

    control.backup(own_stack.paths, file)
    own_stack.execute("truncate public.notes; create table public.later ()")
    control.restore(own_stack.paths, file, force=True)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert own_stack.query("select id from public.notes where restored") == 7
    assert own_stack.query("select to_regclass('public.later') is null")
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'postgres'"
    assert own_stack.query(owner) == "postgres"


def test_the_gateway_starts_anew_after_a_restore(running_stack: TestStack, tmp_path: Path) -> None:
    control.backup(running_stack.paths, tmp_path / "stack.dump")
    before = running_stack.state()["gateway"]

    control.restore(running_stack.paths, tmp_path / "stack.dump", force=True)

    wait_until(lambda: running_stack.state()["gateway"] not in (None, before))
    assert running_stack.health() == 200


def test_a_file_is_not_overwritten(running_stack: TestStack, tmp_path: Path) -> None:
    file = tmp_path / "stack.dump"
    file.write_text("precious")

    with pytest.raises(RefusedError) as refusal:
        control.backup(running_stack.paths, file)

    assert refusal.value.code == "file_exists"
    assert file.read_text() == "precious"
    control.backup(running_stack.paths, file, overwrite=True)
    assert file.read_bytes().startswith(b"PGDMP")


def test_a_stack_with_projects_is_not_replaced(own_stack: TestStack, tmp_path: Path) -> None:
    control.backup(own_stack.paths, tmp_path / "empty.dump")
    own_stack.execute("drop table if exists public.projects cascade", role="supabase_admin")
    own_stack.execute("create table public.projects as select 1 as id")

    with pytest.raises(RefusedError) as refusal:
        control.restore(own_stack.paths, tmp_path / "empty.dump")

    assert refusal.value.code == "stack_not_empty"
    assert own_stack.query("select id from public.projects") == 1


def test_a_broken_backup_changes_nothing(running_stack: TestStack, tmp_path: Path) -> None:
    """A file cut off half way is refused by its end, when most of it is loaded."""
    running_stack.execute("create table scratch.notes as select 7 as id")
    whole, torn = tmp_path / "whole.dump", tmp_path / "torn.dump"
    control.backup(running_stack.paths, whole)
    torn.write_bytes(whole.read_bytes()[:-200])

    with pytest.raises(UsageError) as refusal:
        control.restore(running_stack.paths, torn, force=True)

    assert refusal.value.code == "bad_backup"
    assert running_stack.query("select id from scratch.notes") == 7
    assert running_stack.query("select count(*) from pg_database where datname ~ '^bdh_'") == 0


def test_reset_wipes_all_but_backups(own_stack: TestStack) -> None:
    own_stack.execute("create table public.notes ()")
    keys = own_stack.paths.secrets.read_text()
    kept = own_stack.paths.backups / "kept.dump"
    control.backup(own_stack.paths, kept)
    home = own_stack.place().home

    control.reset(own_stack.paths)

    assert not home.exists()
    assert control.find_running(own_stack.paths) is None
    own_stack.up()
    assert own_stack.query("select to_regclass('public.notes') is null")
    assert own_stack.paths.secrets.read_text() != keys
    assert kept.exists()
