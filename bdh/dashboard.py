"""The dashboard's built files: where they are, and how they become a page of a static host."""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from bdh import guide
from bdh.errors import NotSetUpError

PACKAGE = Path(__file__).parent
#: As the gateway's header says it, but for the directives that a page cannot give itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' {backend}; base-uri 'none'; form-action 'none'"
)


def folder() -> Path | None:
    """The built files: in the wheel, or in a checkout; `None` when neither has them."""
    for found in (PACKAGE / "_bundle" / "dashboard", PACKAGE.parent / "dashboard" / "dist"):
        if (found / "index.html").exists():
            return found
    return None


def export(target: Path, url: str, key: str) -> Path:
    """
    Write the dashboard into `target` for the backend at `url`: any static host may serve it.

    Files of an earlier export are replaced, other files in the folder stay.

    Raises:
        NotSetUpError: `no_dashboard`, when this installation has no built files.
    """
    source = folder()
    if source is None:
        raise NotSetUpError(
            "Cannot export the dashboard: this installation has no built files",
            code="no_dashboard",
            hint="make dashboard",
        )
    shutil.rmtree(target / "assets", ignore_errors=True)
    shutil.copytree(source, target, dirs_exist_ok=True)
    page = target / "index.html"
    page.write_text(_with_policy(page.read_text(encoding="utf-8"), url), encoding="utf-8")
    (target / "llms.txt").write_text(guide.text(), encoding="utf-8")
    config = json.dumps({"url": url, "key": key}, indent=2) + "\n"
    (target / "config.json").write_text(config, encoding="utf-8")
    return target


def _with_policy(page: str, url: str) -> str:
    parts = urlsplit(url)
    socket = "ws" if parts.scheme == "http" else "wss"
    backend = f"{parts.scheme}://{parts.netloc} {socket}://{parts.netloc}"
    policy = escape(POLICY.format(backend=backend)).replace("&#x27;", "'")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    return page.replace('<meta charset="utf-8" />', f'<meta charset="utf-8" />\n    {meta}', 1)
