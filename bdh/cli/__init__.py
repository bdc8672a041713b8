"""The command line: one broad catch, exit codes, and the fast way to `--help`."""

from __future__ import annotations

import errno
import os
import sys

# What `typing` says too, without the time that loading it takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from bdh.cli.app import App
    from bdh.errors import BdhError

HELP: tuple[list[str], ...] = ([], ["--help"], ["-h"])
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (product.md §3)."""
    words = list(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A title that the terminal's encoding lacks must not end a command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if words[:1] == ["help"]:
            words = [*words[1:], "--help"]
        if words in HELP and "_BDH_COMPLETE" not in os.environ:
            from bdh.cli.overview import overview

            sys.stdout.write(overview())
            sys.stdout.flush()
            return 0
        if words == ["--version"]:
            from bdh import __version__

            sys.stdout.write(f"bdh {__version__}\n")
            sys.stdout.flush()
            return 0
        return _run(words)
    except BrokenPipeError:
        # The reader has gone (`bdh list | head`); the interpreter must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: list[str]) -> int:
    from bdh.cli.app import App

    app = App(as_json="--json" in words)
    try:
        return _invoke(app, words)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        return _full(app, error) if error.errno in FULL else _bug(app, error, words)
    except Exception as error:  # noqa: BLE001  (the one place that turns a bug into an exit code)
        return _bug(app, error, words)


def _invoke(app: App, words: list[str]) -> int:
    import click

    from bdh.cli.group import LazyGroup, json_option
    from bdh.errors import BdhError

    root = LazyGroup("", name="bdh", subcommand_metavar="VERB [OPTIONS] [ARGUMENTS]...")
    root.params.append(json_option())
    if "_BDH_COMPLETE" in os.environ:
        root.main(words, prog_name="bdh")
    try:
        # Not `main()`: it turns a reader that has gone into exit code 1, which says "refused" here.
        with root.make_context("bdh", words, obj=app) as context:
            result = root.invoke(context)
            # The process ends without the interpreter's own flush.
            sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except BdhError as error:
        return _fail(app, error)
    except click.exceptions.NoArgsIsHelpError as error:
        app.say(error.format_message())
        return 2
    except click.UsageError as error:
        return _fail(app, _usage(error, words))
    except click.Abort:
        return EXIT_INTERRUPTED
    app.finish()
    return result if isinstance(result, int) else 0


def _full(app: App, error: OSError) -> int:
    """There is no room for what was to be written; standard output may be what has none."""
    app.say(f"Cannot go on: {error.strerror}")
    app.say("  → df -h")
    return 1


def _fail(app: App, error: BdhError) -> int:
    from bdh.cli.sandbox import explained

    error = explained(error)
    sys.stdout.flush()
    app.refuse(error)
    app.finish(error)
    return error.exit_code


def _usage(error: click.UsageError, words: list[str]) -> BdhError:
    """Click's complaint as one of ours."""
    import click

    from bdh.cli.commands import named_by
    from bdh.errors import UsageError

    # An option without its value is found before there is a context.
    path = error.ctx.command_path if error.ctx else f"bdh {named_by(words)}".rstrip()
    hint = f"{path} --help"
    if isinstance(error, click.NoSuchOption):
        from bdh.cli.unknown import equivalent_option

        hint = equivalent_option(path.removeprefix("bdh "), error.option_name) or hint
    return UsageError(error.format_message(), code="usage", hint=hint)


def _bug(app: App, error: Exception, words: list[str]) -> int:
    from bdh.cli.crash import write_crash
    from bdh.errors import BdhError

    path = write_crash(error, words[0] if words else "")
    bug = BdhError(
        f"bdh has a bug: {type(error).__name__} (the details are in {path})",
        code="bug",
        hint="report it with that file",
        details={"log": str(path)},
    )
    app.refuse(bug)
    return EXIT_BUG
