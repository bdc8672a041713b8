"""`bdh :aweb lock`"""

from __future__ import annotations

from bdh.cli.reserve import reserve_verb

command = reserve_verb("lock")
