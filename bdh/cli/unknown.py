"""What happens to a verb that bdh does not have: handed to `bd`, or a usage error that helps."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from typing import NoReturn

from bdh.cli.commands import COMMANDS, names_in
from bdh.errors import UsageError

# bd's verbs that only read, whatever their options; one that may write is never handed over.
BD_READ_ONLY = frozenset(
    {
        "activity", "children", "context", "count", "diff", "graph", "history", "info",
        "stale", "statuses", "types", "where",
    }
)  # fmt: skip

# Below this a word is another word; above `MANY` suggestions none is one.
NEAR = 0.66
MANY = 3
EQUIVALENTS = {
    "info": "bdh :whoami, or bdh :doctor", "where": "bdh :whoami", "context": "bdh :whoami",
    "stale": "bdh list --sort updated", "count": "bdh stats", "statuses": "bdh stats",
    "types": "bdh stats", "history": "bdh show ID", "children": "bdh list --parent ID",
    "graph": "bdh dep tree ID, or bdh :dashboard", "activity": "bdh :watch",
    "diff": "bdh list --updated-since DATE", "prime": "bdh :guide", "quickstart": "bdh :guide",
    "human": "bdh :escalate", "reparent": "bdh update ID --parent ID", "log": "bdh :watch",
    "duplicates": "bdh search WORDS", "find-duplicates": "bdh search WORDS",
    "duplicate": "bdh close ID --reason \"duplicate of ID\"",
    "supersede": "bdh close ID --reason \"superseded by ID\"",
    "relate": "bdh dep add ID ID -t related", "upgrade": "pip install --upgrade bdh",
    "gate": "bdh :escalate", "pin": "bdh update ID --add-label pinned",
    "swarm": "bdh :status", "agent": "bdh :status", "message": "bdh :aweb mail send",
    "add": "bdh create", "new": "bdh create", "q": "bdh create", "create-form": "bdh create",
    "view": "bdh show", "get": "bdh show", "comments": "bdh show", "find": "bdh search",
    "query": "bdh search", "edit": "bdh update", "set-state": "bdh update", "rename": "bdh update",
    "assign": "bdh update ID --assignee ALIAS", "priority": "bdh update ID -p N",
    "label": "bdh update ID --add-label L, or --remove-label L",
    "label add": "bdh update ID --add-label L", "label remove": "bdh update ID --remove-label L",
    "label rm": "bdh update ID --remove-label L", "label list": "bdh show ID",
    "label list-all": "bdh list --json", "comments add": "bdh comment ID TEXT",
    "dep rm": "bdh dep remove", "dep list": "bdh dep tree ID, or bdh show ID",
    "dep show": "bdh dep tree ID", "dep relate": "bdh dep add ID ID -t related",
    "dep unrelate": "bdh dep remove ID ID -t related",
    "dep cycles": "bdh blocked (a cycle is refused before it is made)",
    "tag": "bdh update ID --add-label L", "labels": "bdh list --label L",
    "note": "bdh comment", "start": "bdh claim",
    "take": "bdh claim", "done": "bdh close", "finish": "bdh close", "resolve": "bdh close",
    "rm": "bdh delete", "remove": "bdh delete", "tombstone": "bdh delete", "unclaim": "bdh release",
    "drop": "bdh release", "next": "bdh ready --claim", "todo": "bdh ready", "work": "bdh ready",
    "tree": "bdh dep tree", "link": "bdh dep add", "unlink": "bdh dep remove",
    "defer": "bdh update ID --defer DATE", "undefer": "bdh update ID -s open",
    "sync": "bdh import, or bdh export", "onboard": "bdh :init", "setup": "bdh :init",
    "worktree": "bdh :add-worktree", "who": "bdh :status", "team": "bdh :status",
    "mail": "bdh :aweb mail", "inbox": "bdh :aweb mail list", ":mail": "bdh :aweb mail",
    "start-stack": "bdh :up", "daemon": "bdh :up", "backup": "bdh :stack backup",
    "restore": "bdh :stack restore", "config": "bdh :project settings",
    "epic": "bdh list --type epic",
}  # fmt: skip


# bd's options that bdh has under another name, or another verb.
OPTIONS = {
    ("ready", "--assignee"): "bdh list --ready --assignee ALIAS",
    ("ready", "-a"): "bdh list --ready --assignee ALIAS",
    ("ready", "--mine"): "bdh ready (yours come first), or bdh claims --mine",
    ("ready", "--parent"): "bdh ready --epic ID",
    ("ready", "--sort"): "bdh list --ready --sort created",
    ("list", "--no-assignee"): "bdh ready --unassigned",
    ("list", "--title-contains"): "bdh search WORDS",
    ("list", "--title"): "bdh search WORDS",
    ("list", "--created-after"): "bdh list --sort created",
    ("list", "--updated-after"): "bdh list --updated-since WHEN",
    ("list", "--long"): "bdh list --json, or bdh show ID",
    ("list", "--pretty"): "bdh dep tree ID",
    ("list", "--tree"): "bdh dep tree ID",
    ("create", "--silent"): "bdh create TITLE --json",
    ("create", "-f"): "bdh import FILE, or --body-file FILE for the description",
    ("create", "--file"): "bdh import FILE, or --body-file FILE for the description",
    ("close", "--force"): 'bdh close ID --jump-in "why"',
    ("show", "--short"): "bdh list, or bdh show ID --json",
}


def equivalent_option(verb: str, option: str) -> str | None:
    """What to type instead of an option of bd's that `verb` does not have."""
    return OPTIONS.get((verb, option))


def unknown_verb(prefix: str, words: list[str]) -> NoReturn:
    """
    Hand `words` to `bd` when that can only read, or refuse.

    Raises:
        UsageError: `unknown_verb`, naming bdh's equivalent or the closest verbs.
    """
    name = words[0]
    if not prefix and name in BD_READ_ONLY:
        _hand_over(words)
    whole = f"{prefix} {name}".strip()
    suggestion = suggest(prefix, name, *words[1:2])
    raise UsageError(
        f"There is no verb {whole!r}: {suggestion or 'bdh does nothing of that kind'}",
        code="unknown_verb",
        hint=f"bdh {prefix} --help".replace("  ", " "),
        details={"verb": whole, "suggestion": suggestion},
    )


def suggest(prefix: str, name: str, following: str = "") -> str | None:
    """What to type instead of `name` (and the word after it), if anything comes near."""
    for words in (f"{prefix} {name} {following}", f"{prefix} {name}"):
        if (equivalent := EQUIVALENTS.get(words.strip())) is not None:
            return f"use {equivalent}"
    known = names_in(prefix)
    other = name.removeprefix(":") if name.startswith(":") else f":{name}"
    if other in known:
        return f"use bdh {prefix} {other}".replace("  ", " ")
    close = _close(name, known) or _close(other, known)
    deeper = [full for full in COMMANDS if full.rsplit(" ", 1)[-1] == name]
    # A word that half of the groups have says nothing about what was meant.
    deeper = deeper if len(deeper) <= MANY else []
    found = [f"bdh {prefix} {word}".replace("  ", " ") for word in close]
    found += [f"bdh {full}" for full in deeper]
    return f"did you mean {' or '.join(found)}?" if found else None


def _close(name: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=3, cutoff=NEAR)


def _hand_over(words: list[str]) -> None:
    """Become `bd` when there is one; return when there is none."""
    path = shutil.which("bd")
    if path is None:
        return
    sys.stderr.write(f"bdh has no {words[0]!r}; handing over to bd ({path})\n")
    sys.stderr.flush()
    os.execv(path, ["bd", *words])  # noqa: S606  (no shell; the words are the user's own)
