"""`make demo`: two agents on a real repository, through the real commands, on a stack of its own.

Every line that starts with a prompt is a process run as a user would run it; nothing is faked.
The demo's stack, repository and worktrees live in a temporary folder and are gone afterwards.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

BOLD, DIM, RED, RESET = "\033[1m", "\033[2m", "\033[31m", "\033[0m"
if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
    BOLD = DIM = RED = RESET = ""

SAMPLE_ISSUES = """\
{"id":"bd-a3f8","title":"Payments epic","issue_type":"epic","status":"open","priority":1,\
"created_at":"2026-11-01T09:00:00Z","updated_at":"2026-11-01T09:00:00Z"}
{"id":"bd-a3f8.1","title":"Store card tokens, never numbers","issue_type":"task","status":"open",\
"priority":1,"created_at":"2026-11-01T09:05:00Z","updated_at":"2026-11-01T09:05:00Z",\
"dependencies":[{"issue_id":"bd-a3f8.1","depends_on_id":"bd-a3f8","type":"parent-child"}]}
{"id":"bd-a3f8.2","title":"Refund endpoint","issue_type":"feature","status":"open","priority":2,\
"created_at":"2026-11-01T09:06:00Z","updated_at":"2026-11-01T09:06:00Z","dependencies":\
[{"issue_id":"bd-a3f8.2","depends_on_id":"bd-a3f8","type":"parent-child"},\
{"issue_id":"bd-a3f8.2","depends_on_id":"bd-a3f8.1","type":"blocks"}]}
"""


class DemoError(Exception):
    """A step did not do what the demo promises."""


@dataclass
class Terminal:
    """One person or agent at a prompt: a name, a directory, an environment."""

    name: str
    directory: Path
    environment: dict[str, str] = field(repr=False)

    def start(self, command: str, *, stdin: str | None = None) -> subprocess.Popen[str]:
        """Start a command after printing it at this terminal's prompt."""
        shown = command if len(command) <= 140 else command[:137] + "..."
        print(f"{BOLD}{self.name}${RESET} {shown}", flush=True)
        process = subprocess.Popen(
            shlex.split(command),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
            process.stdin = None
        return process

    def finish(self, process: subprocess.Popen[str], *, expect: int = 0) -> str:
        """Print what the command printed; a wrong exit code ends the demo."""
        output, _ = process.communicate(timeout=180)
        for line in output.rstrip().splitlines():
            print(f"  {line}")
        if process.returncode != expect:
            raise DemoError(f"expected exit code {expect}, got {process.returncode}")
        print(flush=True)
        return output

    def run(self, command: str, *, expect: int = 0, stdin: str | None = None) -> str:
        """Run a command to its end and return what it printed."""
        return self.finish(self.start(command, stdin=stdin), expect=expect)


def say(text: str) -> None:
    """A line of narration."""
    print(f"{DIM}# {text}{RESET}", flush=True)


def make_repository(parent: Path, environment: dict[str, str]) -> Path:
    """A small real git repository with one commit, and a bare one that it is pushed to."""
    repository = parent / "shop"
    (repository / "src").mkdir(parents=True)
    (repository / "src" / "api.py").write_text("def charge(card):\n    ...\n")
    (repository / ".beads").mkdir()
    (repository / ".beads" / "issues.jsonl").write_text(SAMPLE_ISSUES)
    for command in (
        "git init -q -b main",
        "git add -A",
        "git commit -q -m 'A small shop'",
        f"git init -q --bare {parent / 'shop.git'}",
        f"git remote add origin {parent / 'shop.git'}",
        "git push -q origin main",
    ):
        subprocess.run(shlex.split(command), cwd=repository, env=environment, check=True)
    return repository


def demo_environment(home: Path) -> dict[str, str]:
    """The caller's environment without its agents, with a stack and git identity of its own."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("BDH_", "CLAUDE", "CODEX", "CURSOR", "GIT_"))
    }
    scripts = str(Path(sys.executable).parent)
    # Started by root, Postgres runs as somebody else, who must be able to get in.
    home.chmod(0o711)
    return environment | {
        "PATH": scripts + os.pathsep + environment.get("PATH", ""),
        "BDH_STACK_DIR": str(home / "stack"),
        "BDH_CLUSTER_ROOT": str(home / "clusters"),
        "GIT_AUTHOR_NAME": "Alice Adams",
        "GIT_AUTHOR_EMAIL": "alice@example.test",
        "GIT_COMMITTER_NAME": "Alice Adams",
        "GIT_COMMITTER_EMAIL": "alice@example.test",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def scene_setup(alice: Terminal) -> Terminal:
    """The stack starts; the clone and a second worktree become two workspaces."""
    say("Nothing runs yet. The first command starts the embedded stack: Postgres and one gateway.")
    alice.run("bdh :up")
    say("A real repository becomes a workspace: project, alias, tokens. No account, no questions.")
    alice.run("bdh :init --alias alice-backend --role backend --human 'Alice Adams'")
    say("A second worktree, a second agent.")
    alice.run("bdh :add-worktree frontend --alias bob-frontend")
    return Terminal("bob", alice.directory.parent / "shop-frontend", alice.environment)


def scene_claims(alice: Terminal, bob: Terminal) -> str:
    """Work is created and imported; one bead has one holder; a jump-in leaves a mail."""
    say("Work: imported from a bd tracker, and created here.")
    alice.run("bdh import")
    output = alice.run("bdh create 'Rate-limit the charge endpoint' -p 0 -t feature --json")
    bead = output.split('"id": "', 1)[1].split('"', 1)[0]
    alice.run("bdh ready")
    say("Alice claims it. Bob tries the same.")
    alice.run(f"bdh claim {bead}")
    bob.run(f"bdh claim {bead}", expect=1)
    say("Bob may take over, but only with a reason, and alice is told in the same transaction.")
    bob.run(f"bdh claim {bead} --jump-in 'Alice is on the token store, this one is urgent'")
    alice.run("bdh :aweb mail list")
    alice.run("bdh :status")
    return bead


def scene_talk(alice: Terminal, bob: Terminal) -> None:
    """A blocking chat between two terminals; an escalation answered by a human."""
    say("Alice asks bob and waits. Bob's next command tells him so.")
    asking = alice.start("bdh :aweb chat send-and-wait bob 'API endpoints?' --start-conversation")
    wait_until_asked(bob)
    bob.run("bdh ready --limit 1")
    bob.run("bdh :aweb chat pending")
    bob.run("bdh :aweb chat send-and-leave alice 'POST /charge and POST /refund'")
    say("Alice's command has returned:")
    alice.finish(asking)
    say("A question for the humans. The agent waits; a human answers.")
    escalating = alice.start(
        "bdh :escalate 'Which currency first?' 'The spec names EUR and USD' "
        "--option EUR --option USD --wait"
    )
    human = Terminal("human", alice.directory, alice.environment | {"BDH_HUMAN": "1"})
    escalation = wait_for_escalation(human)
    human.run(f"bdh :escalations answer {escalation} EUR")
    alice.finish(escalating)


def scene_files(alice: Terminal, bob: Terminal) -> None:
    """An edit reserves the file; another's edit is denied, its commit and its push are caught."""
    say("Alice's host edits src/api.py: its hook reserves the file.")
    alice.run("bdh :hook claude", stdin=edit_payload("alice-1", alice.directory, "tool-1"))
    (alice.directory / "src/api.py").write_text("def charge(card, limit):\n    ...\n")
    alice.run("bdh :locks")
    say("Bob's host asks before the same edit, and is told who, why, how long, how to reach her.")
    denied = bob.run("bdh :hook claude", stdin=edit_payload("bob-1", bob.directory, "tool-2"))
    must(
        denied,
        '"permissionDecision": "deny"',
        "locked by alice-backend",
        "chat send-and-wait alice",
    )
    say("A program that writes by itself slips past the host's hook; git's does not: it warns.")
    bob.run("sed -i s/card/token/ src/api.py")
    must(bob.run("git commit -a -m 'Rename the argument'"), "src/api.py is locked by alice-backend")
    say("The humans may have it refused. What --no-verify lets pass is caught by the push.")
    bob.run("git config bdh.guard block")
    bob.run("sed -i s/token/card_token/ src/api.py")
    must(bob.run("git commit -a -m 'Name it in full'", expect=1), "the commit is refused")
    bob.run("git commit --no-verify -q -a -m 'Name it in full'")
    must(
        bob.run("git push origin HEAD", expect=1), "src/api.py is locked by", "the push is refused"
    )
    say("Alice is done. Her commit gives the file back, and bob's push goes through.")
    alice.run("git commit -q -a -m 'Limit a charge'")
    alice.run("bdh :locks")
    bob.run("git push -q origin HEAD")


def must(output: str, *words: str) -> None:
    """End the demo if a command did not say what the narration promises."""
    for word in words:
        if word not in output.replace('\\"', '"'):
            raise DemoError(f"the output lacks {word!r}")


def edit_payload(session: str, directory: Path, tool_use: str) -> str:
    """What Claude Code writes to its PreToolUse hook before an edit of src/api.py."""
    return json.dumps(
        {
            "session_id": session,
            "hook_event_name": "PreToolUse",
            "cwd": str(directory),
            "tool_name": "Edit",
            "tool_input": {"file_path": str(directory / "src/api.py")},
            "tool_use_id": tool_use,
        }
    )


def quiet_json(terminal: Terminal, command: str) -> str:
    """Run a command without printing it, to see whether the other terminal has got there."""
    done = subprocess.run(
        shlex.split(command),
        cwd=terminal.directory,
        # A session of its own: what its banner shows is not thereby shown to the terminal's agent.
        env=terminal.environment | {"BDH_SESSION": "demo-onlooker"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def wait_until_asked(terminal: Terminal) -> None:
    """Return when somebody waits for this terminal's agent in chat."""
    poll(lambda: "bdh :aweb chat open" in quiet_json(terminal, "bdh :aweb chat pending"))


def wait_for_escalation(terminal: Terminal) -> str:
    """The id of the escalation that waits for an answer."""
    found: list[str] = []

    def look() -> bool:
        listed = json.loads(quiet_json(terminal, "bdh :escalations --json") or "{}")
        found.extend(str(row["id"]) for row in listed.get("escalations", []))
        return bool(found)

    poll(look)
    return found[0]


def poll(done: object, seconds: float = 20.0) -> None:
    """Call `done` until it is true; the other side is another process, so there is no event."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(done) and done():
            return
        time.sleep(0.1)
    raise DemoError("the other terminal did not get there")


def main() -> int:
    """Play every scene; 0 when each did what it says."""
    with tempfile.TemporaryDirectory(prefix="bdh-demo-") as folder:
        home = Path(folder)
        environment = demo_environment(home)
        alice = Terminal("alice", make_repository(home, environment), environment)
        started = time.monotonic()
        try:
            bob = scene_setup(alice)
            scene_claims(alice, bob)
            scene_talk(alice, bob)
            scene_files(alice, bob)
        except DemoError as error:
            print(f"{RED}The demo failed: {error}{RESET}", file=sys.stderr)
            return 1
        finally:
            alice.run("bdh :down")
        took = time.monotonic() - started
        say(f"That was {took:.0f} seconds. Next: bdh :init in your own repository.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
