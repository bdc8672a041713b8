"""`bdh :stack unit`"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import ServiceUnit

KINDS = ("systemd", "launchd")
# The supervisor detaches by itself: the unit's part is to call it at login and at the end.
SYSTEMD = """\
# {file}
# systemctl --user daemon-reload && systemctl --user enable --now bdh
[Unit]
Description=bdh, coordination for coding agents

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=BDH_STACK_DIR={stack}
ExecStart={program} :up
ExecStop={program} :down

[Install]
WantedBy=default.target
"""
LAUNCHD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- {file}: launchctl load -w {file} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>dev.bdh.stack</string>
  <key>ProgramArguments</key>
  <array><string>{program}</string><string>:up</string></array>
  <key>EnvironmentVariables</key>
  <dict><key>BDH_STACK_DIR</key><string>{stack}</string></dict>
  <key>RunAtLoad</key><true/>
  <key>AbandonProcessGroup</key><true/>
</dict>
</plist>
"""
FILES = {
    "systemd": "~/.config/systemd/user/bdh.service",
    "launchd": "~/Library/LaunchAgents/dev.bdh.stack.plist",
}


@verb("unit", yields="stack:ServiceUnit", banner=Banner.NEVER)
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.pass_obj
def command(app: App, /, kind: str | None) -> None:
    """Print a systemd user unit or a launchd plist that starts the stack at login."""
    from bdh.models.stack import ServiceUnit
    from bdh.stack.paths import default_paths

    chosen = kind or ("launchd" if sys.platform == "darwin" else "systemd")
    program = shutil.which("bdh") or os.path.realpath(sys.argv[0])
    values = {"file": FILES[chosen], "program": program, "stack": str(default_paths().root)}
    if chosen == "launchd":
        values = {name: _xml(value) for name, value in values.items()}
    text = (SYSTEMD if chosen == "systemd" else LAUNCHD).format(**values)
    app.emit(ServiceUnit(chosen, FILES[chosen], text), human)


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def human(unit: ServiceUnit) -> str:
    return unit.text.rstrip("\n")
