"""`bdh :aweb unlock`"""

from __future__ import annotations

from bdh.cli.release_paths import release_verb

command = release_verb("unlock")
