"""A directory's `.bdh/`: which backend, which workspace; found, checked, written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from bdh.errors import NotSetUpError
from bdh.local.checkout import find_checkout
from bdh.local.files import private_folder, read_object, write_object
from bdh.local.index import tracks_workspace_folder

FOLDER = ".bdh"
FILE = "config.json"
FORMAT = 1


class Identity(NamedTuple):
    """
    What `.bdh/config.json` holds: the workspace, and its backend by name, not by port.

    `stack_dir` names an embedded stack; else `url` and `key` name a backend elsewhere.
    """

    root: Path
    stack_dir: str | None
    url: str | None
    key: str | None
    project_id: str
    project: str
    workspace_id: str
    alias: str
    role: str

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    @property
    def session_file(self) -> Path:
        return self.folder / "session.json"

    def as_json(self) -> dict[str, Any]:
        backend = (
            {"stack_dir": self.stack_dir} if self.stack_dir else {"url": self.url, "key": self.key}
        )
        return {
            "format": FORMAT,
            "directory": str(self.root),
            "backend": backend,
            "project_id": self.project_id,
            "project": self.project,
            "workspace_id": self.workspace_id,
            "alias": self.alias,
            "role": self.role,
        }


def find_root(start: Path) -> Path | None:
    """
    The nearest folder from `start` upwards with a `.bdh/`.

    The search ends where a checkout begins: a submodule is not its parent's workspace.
    """
    for folder in (start, *start.parents):
        if (folder / FOLDER / FILE).exists():
            return folder
        if (folder / ".git").exists():
            return None
    return None


def open_identity(start: Path) -> Identity:
    """
    The workspace that `start` belongs to.

    Raises:
        NotSetUpError: `not_set_up`, `tracked_by_git`, `copied_directory`.
    """
    root = find_root(start)
    if root is None:
        raise NotSetUpError(
            "Cannot tell which workspace this is: the directory was never set up",
            code="not_set_up",
            hint="bdh :init",
        )
    _refuse_tracked(root)
    content = read_object(root / FOLDER / FILE)
    identity = parse(root, content)
    if content.get("directory") != str(root):
        _accept_move(identity, str(content.get("directory") or ""))
    return identity


def parse(root: Path, content: dict[str, Any]) -> Identity:
    """The identity that `content` describes; `not_set_up` when it is no such file."""
    try:
        backend = content["backend"]
        return Identity(
            root=root,
            stack_dir=backend.get("stack_dir"),
            url=backend.get("url"),
            key=backend.get("key"),
            project_id=content["project_id"],
            project=content["project"],
            workspace_id=content["workspace_id"],
            alias=content["alias"],
            role=content["role"],
        )
    except (KeyError, AttributeError, TypeError):
        raise NotSetUpError(
            f"Cannot read {root / FOLDER / FILE}: it is not a workspace's file",
            code="not_set_up",
            hint="bdh :init",
        ) from None


def write_identity(identity: Identity) -> None:
    """Write `.bdh/config.json`, for its owner only, with a `.gitignore` of its own."""
    folder = private_folder(identity.folder)
    folder.chmod(0o700)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    write_object(folder / FILE, identity.as_json())


def _refuse_tracked(root: Path) -> None:
    checkout = find_checkout(root) if (root / ".git").exists() else None
    if checkout is not None and tracks_workspace_folder(checkout):
        raise NotSetUpError(
            "Cannot use .bdh/: git tracks it, so every clone would be the same workspace",
            code="tracked_by_git",
            hint="git rm -r --cached .bdh && git commit",
        )


def _accept_move(identity: Identity, before: str) -> None:
    """Remember that the directory has moved, or refuse when it is a copy."""
    other = Path(before)
    twin = read_object(other / FOLDER / FILE) if before else {}
    if twin.get("workspace_id") == identity.workspace_id and not _same_place(other, identity.root):
        raise NotSetUpError(
            f"Cannot act as {identity.alias}: this directory is a copy of {before}, "
            "and two directories cannot be one workspace",
            code="copied_directory",
            hint="rm -r .bdh && bdh :init",
            details={"alias": identity.alias, "original": before},
        )
    write_identity(identity)


def _same_place(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
