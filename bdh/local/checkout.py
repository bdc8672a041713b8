"""
What a git checkout says about itself, read from its files.

Starting `git` costs 3-10 ms a time; these facts are needed by every command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

GENERATED_ORIGIN = "bdh.origin"


class Checkout(NamedTuple):
    """
    A worktree and its git folders.

    `common_dir` is shared by all worktrees of a clone; `git_dir` is this worktree's own.
    """

    root: Path
    git_dir: Path
    common_dir: Path

    @property
    def is_linked(self) -> bool:
        """Whether `git worktree add` made it."""
        return self.git_dir != self.common_dir


def find_checkout(start: Path) -> Checkout | None:
    """The checkout that `start` is in, or `None` outside of git and in bare repositories."""
    for folder in (start, *start.parents):
        git_dir = _git_dir(folder / ".git")
        if git_dir is not None:
            return Checkout(folder, git_dir, _common_dir(git_dir))
    return None


def _git_dir(entry: Path) -> Path | None:
    if entry.is_dir():
        return entry if (entry / "HEAD").exists() else None
    text = _first_line(entry)
    if not text.startswith("gitdir:"):
        return None
    target = (entry.parent / text.removeprefix("gitdir:").strip()).resolve()
    return target if (target / "HEAD").exists() else None


def _common_dir(git_dir: Path) -> Path:
    text = _first_line(git_dir / "commondir")
    return (git_dir / text).resolve() if text else git_dir


def branch(checkout: Checkout) -> str | None:
    """The branch checked out (also one without commits), or `None` when HEAD is detached."""
    text = _first_line(checkout.git_dir / "HEAD")
    return text.removeprefix("ref: refs/heads/") if text.startswith("ref: refs/heads/") else None


def origin(checkout: Checkout) -> str | None:
    """
    The canonical origin `host/org/name`, or the generated one of a repo without a remote.

    `None` when there is neither. The remote `origin` counts, else the first one.
    """
    text = _read(checkout.common_dir / "config")
    remotes = remote_urls(text)
    url = remotes.get("origin") or next(iter(remotes.values()), None)
    return canonical(url) if url else config_value(text, "bdh", "origin")


def remote_urls(config: str) -> dict[str, str]:
    """The URL of each remote in the text of a git config file."""
    found: dict[str, str] = {}
    for section, name, value in _entries(config):
        match = re.fullmatch(r'remote "(.+)"', section)
        if match and name == "url":
            found.setdefault(match[1], value)
    return found


def config_value(config: str, section: str, name: str) -> str | None:
    """The last value of `section.name` in the text of a git config file."""
    values = [value for s, n, value in _entries(config) if s.lower() == section and n == name]
    return values[-1] if values else None


def _entries(config: str) -> list[tuple[str, str, str]]:
    entries, section = [], ""
    for raw in config.splitlines():
        text = raw.strip()
        if text.startswith("["):
            section = text[1:].split("]", 1)[0].strip()
        elif "=" in text and text[0] not in "#;":
            name, value = text.split("=", 1)
            entries.append((section, name.strip().lower(), value.strip().strip('"')))
    return entries


def canonical(url: str) -> str:
    """
    One name for one repository, however it was cloned: `host/org/name`.

    Credentials, ports, schemes, `.git` and the case of the host are left out; a local path is kept.
    """
    text = url.strip().rstrip("/")
    scp = re.fullmatch(r"(?:[^@/:]+@)?([^/:]{2,}):(?!//)(.+)", text)
    web = re.fullmatch(r"[a-z][a-z0-9+.-]*://(?:[^@/]*@)?([^/:]*)(?::\d+)?/(.*)", text, re.I)
    host, path = (web[1], web[2]) if web else (scp[1], scp[2]) if scp else ("", text)
    from urllib.parse import unquote  # noqa: PLC0415  (only for canonical names)

    path = unquote(path).removesuffix(".git").rstrip("/")
    return f"{host.lower()}/{path.lstrip('/')}" if host else path


def repo_name(checkout: Checkout) -> str:
    """What people call the repository: the last part of its origin, else its main folder's name."""
    known = origin(checkout)
    if known and not known.startswith("local/"):
        return known.rsplit("/", 1)[-1]
    common = checkout.common_dir
    return common.parent.name if common.name == ".git" else common.name


def slug(name: str, fallback: str = "project") -> str:
    """`name` in the letters a project's slug may have; accents are dropped, not replaced."""
    import unicodedata  # noqa: PLC0415  (only where a name is made)

    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-") or fallback


def _first_line(path: Path) -> str:
    return _read(path).split("\n", 1)[0].strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
