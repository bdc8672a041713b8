"""Where files go, and how they are written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bdh.errors import NotSetUpError, UnreachableError, UsageError
from bdh.stack.address import gateway_settings
from bdh.stack.journal import LARGEST_LOG_BYTES, trim_logs
from bdh.stack.paths import (
    MAX_SOCKET_BYTES,
    StackPaths,
    choose_place,
    default_paths,
    read_json,
    write_json,
    write_place,
)
from bdh.stack.postgres import Cluster, Installation
from bdh.stack.secrets import ensure_secrets, load_secrets
from bdh.versions import is_older


def test_the_stack_can_be_put_elsewhere(tmp_path: Path) -> None:
    assert default_paths({"BDH_STACK_DIR": str(tmp_path)}).root == tmp_path
    assert default_paths({"XDG_STATE_HOME": "/state"}).root == Path("/state/bdh/stack")
    assert default_paths({}).root == Path.home() / ".local/state/bdh/stack"


def test_a_socket_address_fits_wherever_the_stack_is(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)

    place = choose_place(StackPaths(deep), {"BDH_CLUSTER_ROOT": str(deep)})

    assert len(os.fsencode(place.socket_dir / ".s.PGSQL.5432")) <= MAX_SOCKET_BYTES


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    write_json(file, {"port": 1})
    write_json(file, {"port": 2})

    assert read_json(file) == {"port": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", ["", "[]", '{"port": ', "\x00"])
def test_a_torn_file_reads_as_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)

    assert read_json(tmp_path / "state.json") == {}


def test_keys_are_made_once(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"

    keys = ensure_secrets(file)

    assert ensure_secrets(file) == load_secrets(file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(keys.jwt_secret) >= 64
    assert keys.database_password not in repr(keys)


def test_without_keys_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotSetUpError) as refusal:
        load_secrets(tmp_path / "secrets.json")

    assert (refusal.value.code, refusal.value.hint) == ("stack_not_set_up", "bdh :up")


def _set_up(root: Path) -> StackPaths:
    paths = StackPaths(root)
    paths.create()
    ensure_secrets(paths.secrets)
    write_place(paths, choose_place(paths, {}))
    return paths


def test_the_gateway_is_configured_by_a_file(tmp_path: Path) -> None:
    paths = _set_up(tmp_path / "stack")
    paths.config.write_text('allowed_hosts = ["bdh.lan"]\nstatement_timeout_seconds = 5\n')

    settings = gateway_settings(paths, "http://127.0.0.1:1")

    assert settings.allowed_hosts == ("bdh.lan",)
    assert settings.statement_timeout_seconds == 5.0


@pytest.mark.parametrize("content", ["pool_size = 'many'", "colour = 'red'", "= ="])
def test_a_wrong_setting_is_refused(tmp_path: Path, content: str) -> None:
    paths = _set_up(tmp_path / "stack")
    paths.config.write_text(content)

    with pytest.raises(UsageError) as refusal:
        gateway_settings(paths)

    assert refusal.value.code == "bad_config"


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [("0.1.0", "0.1.0", False), ("0.9", "0.10", True), ("1.0", "0.9", False), (None, "0.1", True)],
)
def test_versions_are_compared_by_their_numbers(
    version: str | None, than: str, older: bool
) -> None:
    assert is_older(version, than) is older


def test_a_log_that_grew_too_large_keeps_its_end(tmp_path: Path) -> None:
    """The process that writes it goes on writing, at the new end."""
    log = tmp_path / "gateway.log"
    with log.open("ab") as writer:
        writer.write(b"x" * 99 + b"\n")
        writer.truncate(LARGEST_LOG_BYTES + 1)
        writer.seek(0, os.SEEK_END)
        writer.write(b"\nlast line\n")
        writer.flush()

        trim_logs(tmp_path)
        writer.write(b"next line\n")

    assert log.stat().st_size < LARGEST_LOG_BYTES / 4
    assert log.read_bytes().endswith(b"last line\nnext line\n")


def test_a_file_put_where_keys_are_written_gets_none_of_them(tmp_path: Path) -> None:
    """What somebody left under the temporary name: a file all may read, or a way elsewhere."""
    planted = tmp_path / f".secrets.json.{os.getpid()}"
    planted.write_text("")
    planted.chmod(0o644)
    write_json(tmp_path / "secrets.json", {"a": "b"})
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600

    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    planted.symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic link"):
        write_json(tmp_path / "secrets.json", {"a": "c"})
    assert elsewhere.read_text() == "theirs"


def test_a_socket_folder_that_is_somebody_elses_is_not_used(tmp_path: Path) -> None:
    """Its name is known after the first start, and a folder for temporary files is everybody's."""
    target = tmp_path / "target"
    target.mkdir(mode=0o755)
    (tmp_path / "taken").symlink_to(target)
    home = tmp_path / "clusters" / "one"
    cluster = Cluster(Installation(tmp_path, "18.1"), home / "data", tmp_path / "taken")

    with pytest.raises(UnreachableError) as refused:
        cluster.prepare_folders()

    assert refused.value.code == "folder_not_ours"
    assert stat.S_IMODE(target.stat().st_mode) == 0o755
    assert target.stat().st_uid == os.geteuid()
