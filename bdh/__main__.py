"""The `bdh` command: `python -m bdh` and the console script come here."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from bdh.cli import main as run  # noqa: PLC0415  (nothing is imported before it is needed)

    code = run(sys.argv[1:])
    # Taking the interpreter down in order costs 5-10 ms, and nothing is left to do.
    os._exit(code)


if __name__ == "__main__":
    main()
