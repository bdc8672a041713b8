"""Which part of bdh may import which: what ruff's banned-api cannot say per module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "bdh"

# Dependencies point one way: what people and agents touch, then verbs, then models.
BELOW = {
    "errors": set(),
    "versions": set(),
    "models": set(),
    "core": {"errors", "models"},
    "local": {"errors"},
    "api": {"errors", "core", "local", "versions", "__version__"},
    "git": {"errors"},
    "config": {"errors"},
    "text": set(),
    "hooks": {"errors", "text", "config", "core", "git", "local", "api", "stack"},
    "stack": {"errors", "dashboard", "guide", "versions", "__version__"},
}
HOMES = {
    "click": {"cli"},
    "mcp": {"mcp"},
    "httpx": {"api"},
    "supabase": {"api"},
    "realtime": {"api"},
    "postgrest": {"api"},
    "asyncpg": {"stack", "deploy"},
    "git": {"git"},
    "tabulate": {"cli"},
}


def part(path: Path) -> str:
    """The folder or module right below `bdh`."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "bdh":
            yield from (f"bdh.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def sources() -> list[Path]:
    return [path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in BELOW]


@pytest.mark.parametrize("name", sorted(BELOW))
def test_dependencies_point_one_way(name: str) -> None:
    allowed = BELOW[name] | {name}

    offences = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources()
        if part(path) == name
        for module in imported(path)
        if module.startswith("bdh.") and module.split(".")[1] not in allowed
    }

    assert offences == set()


@pytest.mark.parametrize("module", sorted(HOMES))
def test_a_library_has_one_home(module: str) -> None:
    users = {
        part(path)
        for path in ROOT.rglob("*.py")
        if module in {name.split(".")[0] for name in imported(path)}
    }

    assert users <= HOMES[module]


def test_verbs_neither_print_nor_read_the_environment() -> None:
    """`core` and `models` are given what they need, the clock included."""
    offences = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if part(path) in ("core", "models")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "open"))
        or (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "now", "time"))
    ]

    assert offences == []
