"""docs/commands.md, from the commands themselves."""

from __future__ import annotations

import textwrap

import click

from bdh.cli.commands import COMMANDS, is_group
from bdh.cli.examples import EXAMPLES
from bdh.cli.group import load

HEAD = """\
# Commands

Generated from the commands by `make docs`; a test compares. Every verb takes `--json` and
`--help`.

Verbs without a colon work on beads, in the words of `bd`; verbs with a colon coordinate;
`:aweb` groups messages. Data goes to standard output, everything else to standard error. With
`--json` a command prints one object, described by its file in [schemas](schemas); a refusal is
`{"error": {"code", "message", "hint", "details"}}` with the same exit code.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused by a rule |
| 2 | usage |
| 3 | not set up here |
| 4 | backend unreachable; mail, comments, `close` and `release` are kept and sent later |
| 70 | a bug: the traceback is in a log file whose path is printed |
| 130 | interrupted |

After its output a command shows on standard error what waits for the workspace. Words in quotes
there come from others.

**Environment.** `BDH_URL`, `BDH_KEY`: a backend elsewhere, for what is not set up yet or lives
there already; a workspace of this machine's stack stays with its stack. `BDH_STACK_DIR`: where
the embedded stack lives, for new workspaces and `:stack`. `BDH_PROJECT`, `BDH_ROLE`,
`BDH_ALIAS`, `BDH_HUMAN_NAME`, `BDH_INVITE`: options of `:init` and `:join`. `BDH_SESSION`: the
session for which the banner remembers what it showed. `BDH_TIMEOUT`: seconds for one request.
`BDH_HUMAN=1`: a human is at the keyboard although an agent's host runs the terminal (verbs for
humans only are refused otherwise when `CLAUDECODE`, `CODEX_…`, `CURSOR_…` or the like are set).
Flags come before the environment.

**Completion.** For bash, in `~/.bashrc` (the second line lets words begin with a colon):

```
eval "$(_BDH_COMPLETE=bash_source bdh)"
COMP_WORDBREAKS=${COMP_WORDBREAKS//:}
```

For zsh `eval "$(_BDH_COMPLETE=zsh_source bdh)"`, for fish `_BDH_COMPLETE=fish_source bdh |
source`.
"""


def render() -> str:
    """The whole document."""
    parts = [HEAD]
    for name in COMMANDS:
        if not is_group(name) or COMMANDS[name][0]:
            parts.append(_section(name))
    return "\n".join(parts)


def _section(name: str) -> str:
    command = load(name)
    context = click.Context(command, info_name=f"bdh {name}")
    usage = " ".join([f"bdh {name}", *command.collect_usage_pieces(context)])
    rows = [
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    options = [f"- `{row[0]}` {row[1]}".rstrip() for row in rows if row and row[0] != "--help"]
    text = textwrap.dedent(command.help or "").strip()
    examples = [f"bdh {example}" for example in EXAMPLES.get(name, ())]
    shown = ["", "```", *examples, "```"] if examples else []
    return "\n".join([f"## {name}", "", f"`{usage}`", "", text, "", *options, *shown, ""])
