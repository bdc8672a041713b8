"""The `bdh` command: `python -m bdh` and the console script come here."""

from __future__ import annotations

import os
import sys

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        _open_streams()
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        # While modules are still being loaded, or something is cleaned up.
        code = EXIT_INTERRUPTED
    # Taking the interpreter down in order costs 5-10 ms, and nothing is left to do.
    os._exit(code)


def _open_streams() -> None:
    """A stream that the caller has closed is an empty one; its number must not go to a file."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, open(number, "r" if number == 0 else "w"))  # noqa: SIM115, PTH123


def _run(words: list[str]) -> int:
    code = _hook(words) if words[:1] in ([":hook"], [":hooks"]) else None
    if code is None:
        from bdh.cli import main as run  # noqa: PLC0415  (nothing is imported before it is needed)

        code = run(words)
    return code


def _hook(words: list[str]) -> int | None:
    """What git and agent hosts call many times a minute: without click, and never a failure."""
    import gc  # noqa: PLC0415

    # Nothing here lives long enough to be worth looking for.
    gc.disable()
    from bdh.hooks.run import main as run  # noqa: PLC0415

    code = run(words)
    if code is None:
        gc.enable()
    else:
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
