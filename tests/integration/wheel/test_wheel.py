"""The wheel alone, outside the checkout: what users get."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bdh.stack.schema import PACKAGE
from tests.support.terminal import base_environment

CHECKOUT = Path(__file__).parents[3]


def run(*words: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """What a program printed; a failure fails the test with all it said."""
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that is short enough for a socket and that `nobody` may enter."""
    folder = Path(tempfile.mkdtemp(prefix="bdh-wheel-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=CHECKOUT)
    return next(folder.glob("bdh-*.whl"))


def installed(folder: Path, wheel: Path, *options: str) -> Path:
    """An empty environment's scripts, with the wheel installed into it."""
    home = folder / "venv"
    venv.create(home, clear=True)
    run(sys.executable, "-m", "pip", "--python", home, "install", "-q", *options, wheel, cwd=folder)
    return home / "bin"


def borrow_dependencies(scripts: Path) -> None:
    """Let an environment import what this one has, after what it has itself."""
    site = Path(sysconfig.get_path("purelib", vars={"base": str(scripts.parent)}))
    # Only the folder: the .pth files in it, of which one leads to the checkout, are not followed.
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")


def use(scripts: Path, folder: Path) -> None:
    """From nothing to a claimed bead, and down again."""
    environment = base_environment(folder, folder / "stack") | {
        "BDH_CLUSTER_ROOT": str(folder / "clusters"),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    environment.pop("PYTHONPATH", None)
    where = "import bdh.stack.schema as s; print(s.migrations_dir())"
    found = run(scripts / "python", "-c", where, cwd=folder, environment=environment)
    assert str(CHECKOUT) not in found
    repo = folder / "shop"
    repo.mkdir()
    run("git", "init", "-q", "-b", "main", cwd=repo, environment=environment)
    try:
        run(scripts / "bdh", ":up", cwd=folder, environment=environment)
        run(scripts / "bdh", ":init", "--alias", "alice-dev", cwd=repo, environment=environment)
        run(scripts / "bdh", "create", "First", cwd=repo, environment=environment)
        assert "bd-1" in run(scripts / "bdh", "claim", "bd-1", cwd=repo, environment=environment)
        assert "pre-commit" in {path.name for path in (repo / ".git" / "hooks").iterdir()}
    finally:
        run(scripts / "bdh", ":down", cwd=folder, environment=environment)


def test_it_holds_all_that_the_checkout_has(wheel: Path) -> None:
    homes = {"supabase": "supabase", "hooks": "hooks", "dashboard": "dashboard/dist"}

    names = set(zipfile.ZipFile(wheel).namelist())

    for part, home in homes.items():
        files = [path for path in (CHECKOUT / home).rglob("*") if path.is_file()]
        wanted = {f"bdh/_bundle/{part}/{path.relative_to(CHECKOUT / home)}" for path in files}
        assert wanted
        assert wanted - names == set()
    sources = {str(path.relative_to(CHECKOUT)) for path in PACKAGE.rglob("*.py")}
    assert sources - names == set()
    assert not [name for name in names if "__pycache__" in name]


def test_it_works_outside_the_checkout(folder: Path, wheel: Path) -> None:
    """With the dependencies of this environment: no network, and a tenth of the time."""
    scripts = installed(folder, wheel, "--no-deps")
    borrow_dependencies(scripts)

    use(scripts, folder)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_it_brings_what_it_needs(folder: Path, wheel: Path) -> None:
    """`pip install` in an empty environment, dependencies and all."""
    below = folder / "full"
    below.mkdir(mode=0o711)

    use(installed(below, wheel), below)
