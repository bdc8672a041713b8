"""`bdh :watch`"""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.events import Event


@verb(":watch", yields="events:Event", banner=Banner.NEVER)
@click.option("--since", metavar="CURSOR", help="Begin after this cursor; now by default.")
@click.option("--type", "types", multiple=True, help="Only this type of event; repeat it.")
@click.option("--exec", "program", metavar="CMD", help="Run CMD for each event, JSON on stdin.")
@click.option("--count", type=click.IntRange(min=1), help="End after this many events.")
@click.pass_obj
def command(
    app: App,
    /,
    since: str | None,
    types: tuple[str, ...],
    program: str | None,
    count: int | None,
) -> int:
    """
    Print events as they come, for ever.

    CMD is split into words as a shell would and run without one, one event at a time: nothing
    that an event says becomes part of a command.
    """
    from bdh.cli.live import EXIT_INTERRUPTED, Interrupted, interruptible, workspace_feed
    from bdh.core.watch import Watch

    words = _words(program)
    _doubt(app, types)
    topic = f"project:{app.identity.project_id}"
    me = {"kind": "workspace", "id": app.identity.workspace_id, "name": app.identity.alias}
    with workspace_feed(app, topic, presence=me) as feed:
        watch = Watch(app.backend, feed, time.monotonic, app.say, since=since, types=types)
        try:
            with interruptible():
                for number, event in enumerate(watch.events(), 1):
                    _deliver(app, event, words)
                    if number == count:
                        watch.cursor = event.cursor
                        break
        except Interrupted:
            watch.leave()
            app.say(f"To go on: bdh :watch --since {watch.cursor}" if watch.cursor else "Stopped")
            return EXIT_INTERRUPTED
        watch.leave()
    return 0


def _doubt(app: App, types: tuple[str, ...]) -> None:
    """A misspelt type would be waited for in silence; one of a newer backend may be right."""
    import difflib

    from bdh.cli.text import line
    from bdh.models.events import TYPES

    for one in types:
        if one not in TYPES:
            near = difflib.get_close_matches(one, TYPES, n=1)
            meant = f" (did you mean {near[0]}?)" if near else f"; there are {', '.join(TYPES)}"
            app.say(f"This bdh knows no events of the type {line(one)}{meant}")


def _words(program: str | None) -> list[str]:
    if program is None:
        return []
    try:
        found = shlex.split(program)
    except ValueError as error:
        raise click.UsageError(f"--exec cannot be read: {error}") from None
    if not found:
        raise click.UsageError("--exec needs a program")
    return found


def _deliver(app: App, event: Event, words: list[str]) -> None:
    app.emit(event, human)
    if not words:
        return
    import json
    import subprocess

    # A line of its own: programs that append it to a file, or read lines, need its end.
    text = f"{json.dumps(event.as_json(), ensure_ascii=False)}\n"
    try:
        done = subprocess.run(words, input=text, encoding="utf-8", check=False)  # noqa: S603
    except OSError as error:
        raise click.UsageError(f"--exec cannot run {words[0]}: {error}") from None
    if done.returncode != 0:
        app.say(f"{words[0]} ended with {done.returncode} on {event.type} {event.id}")


def human(event: Event) -> str:
    """One line an event."""
    from bdh.cli.text import line

    actor = event.actor.name if event.actor else "bdh"
    entity = f"{event.entity.get('type', '')} {event.entity.get('id', '')}"
    told = {key: value for key, value in event.data.items() if value is not None}
    data = ", ".join(f"{key}={_short(value)}" for key, value in told.items())
    return line(f"{event.at[:19]}Z {event.type} {actor} {entity} {data}".rstrip(), 300)


def _short(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(_short, value))
    if not isinstance(value, dict):
        return str(value)
    if value.keys() == {"from", "to"}:
        return f"{_short(value['from'])}→{_short(value['to'])}"
    # An actor is known by its name.
    name = value.get("name")
    return str(name) if name else "+".join(f"{key}:{_short(one)}" for key, one in value.items())
