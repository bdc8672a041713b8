"""`bdh :aweb locks`"""

from __future__ import annotations

from bdh.cli.locks import locks_verb

command = locks_verb("locks")
