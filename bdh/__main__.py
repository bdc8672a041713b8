"""The `bdh` command: `python -m bdh` and the console script come here."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    words = sys.argv[1:]
    code = _hook(words) if words[:1] in ([":hook"], [":hooks"]) else None
    if code is None:
        from bdh.cli import main as run  # noqa: PLC0415  (nothing is imported before it is needed)

        code = run(words)
    # Taking the interpreter down in order costs 5-10 ms, and nothing is left to do.
    os._exit(code)


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
