"""`bdh :up`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import StackUp
    from bdh.stack.settings import LanSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


@verb(":up", yields="stack:StackUp", banner=Banner.NEVER)
@click.option("--host", help="Where to listen; kept for the next start. Default 127.0.0.1.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Likewise; when it is taken, another is used."
)
@click.option("--tls-cert", type=PEM, help="Serve other machines by TLS, with this certificate.")
@click.option("--tls-key", type=PEM, help="Its key.")
@click.pass_obj
def command(
    app: App, /, host: str | None, port: int | None, tls_cert: Path | None, tls_key: Path | None
) -> None:
    """
    Start the embedded stack, or find that it runs. Other verbs do this by themselves.

    With a certificate, other machines are served by TLS at --host and --port (54743), and this one
    as before. --host 127.0.0.1 ends that.
    """
    from bdh.models.stack import StackUp
    from bdh.stack import control

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key come together")
    if tls_cert is not None and tls_key is not None:
        secured = _serve_others(host, port, tls_cert, tls_key)
        result = control.up(host=LOOPBACK[0], progress=app.say)
    else:
        secured = None
        if host in LOOPBACK:
            _serve_no_others()
        result = control.up(host=host, port=port, progress=app.say)
    app.emit(StackUp(result.info.url, result.host, result.started), human)
    for line in _exposed(result.host, secured):
        app.say(line)


def _serve_others(host: str | None, port: int | None, cert: Path, key: Path) -> LanSettings:
    """Open the door with TLS at the gateway's next start, which is now if anything changes."""
    from bdh.stack import control, front
    from bdh.stack.paths import default_paths
    from bdh.stack.settings import LanSettings

    anywhere = "0.0.0.0"  # noqa: S104 (asked for by --tls-cert)
    lan = LanSettings(host or anywhere, port or front.DEFAULT_PORT, cert.absolute(), key.absolute())
    paths = default_paths()
    paths.create()
    if front.keep_lan(paths, lan):
        control.down()
    return lan


def _serve_no_others() -> None:
    from bdh.stack import control, front
    from bdh.stack.paths import default_paths

    paths = default_paths()
    if paths.root.is_dir() and front.keep_lan(paths, None):
        control.down()


def _exposed(host: str, secured: LanSettings | None) -> list[str]:
    """What to know before other machines can reach the stack."""
    if secured is not None:
        return [
            f"Other machines reach it by TLS at {secured.host}, port {secured.port}.",
            "Exposed: the API, sign-in and the dashboard. Data needs a token (bdh :invite).",
        ]
    if host in LOOPBACK:
        return []
    return [
        f"Anyone who reaches {host} can talk to this stack; data needs a token (bdh :invite).",
        "Exposed: the API, sign-in and the dashboard. Without TLS, tokens travel in the clear:",
        "give a certificate with --tls-cert and --tls-key (docs/security.md).",
    ]


def human(up: StackUp) -> str:
    return f"The stack {'is up' if up.started else 'was up already'} at {up.url}"
