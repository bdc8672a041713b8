"""Two scripted agents that collide, through the real commands, on a stack of their own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bdh.config import AGENT_HOST_NAMES, AGENT_HOST_PREFIXES
from bdh.errors import RefusedError
from bdh.git import LOCAL_VARIABLES
from bdh.models.guide import Simulation, Step

PROJECT = "bdh-simulation"
TIMEOUT_SECONDS = 60.0
Tell = Callable[[Step], None]


@dataclass(frozen=True)
class Agent:
    """A name and a directory."""

    name: str
    folder: Path


class Stage:
    """Runs the agents' commands and keeps what they printed."""

    def __init__(self, tell: Tell, environment: dict[str, str]) -> None:
        self._tell = tell
        self._environment = environment
        self._steps: list[Step] = []
        self._pool = ThreadPoolExecutor(2)

    def run(self, agent: Agent, command: str, *, expect: tuple[int, ...] = (0,)) -> Step:
        """
        Run one command to its end.

        Raises:
            RefusedError: `simulation_failed`, for an exit code that is not expected.
        """
        words = shlex.split(command)
        program = [sys.executable, "-m", "bdh", *words[1:]] if words[0] == "bdh" else words
        done = subprocess.run(  # noqa: S603  (the script's own commands)
            program,
            cwd=agent.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        step = Step(agent.name, command, done.returncode, done.stdout.rstrip())
        self._steps.append(step)
        self._tell(step)
        if done.returncode not in expect:
            raise RefusedError(
                f"The simulation went wrong: {command} ended with {done.returncode}",
                code="simulation_failed",
                hint="bdh :doctor",
                details={"output": step.output},
            )
        return step

    def start(self, agent: Agent, command: str, **options: tuple[int, ...]) -> Future[Step]:
        """Run a command beside others."""
        return self._pool.submit(self.run, agent, command, **options)

    def close(self) -> Simulation:
        """What happened."""
        self._pool.shutdown()
        return Simulation(tuple(self._steps))


def run(tell: Tell, *, keep: bool = False) -> Simulation:
    """
    Play the script in a repository that is gone afterwards.

    Args:
        keep: Play on this user's stack instead of a throwaway one, and leave the project there
            with everything that happened; the two workspaces end with their directories.

    Raises:
        RefusedError: `simulation_failed`.
    """
    with tempfile.TemporaryDirectory(prefix="bdh-simulation-") as folder:
        home = Path(folder).resolve()
        stage = Stage(tell, _environment() | ({} if keep else _own_stack(home)))
        root = home / "shop"
        root.mkdir()
        back, front = Agent("backend", root), Agent("frontend", home / "shop-frontend")
        _repository(root)
        with _clearing_up(stage, back, keep=keep) as set_up:
            _prepare(stage, back, front, set_up)
            _play(stage, back, front)
    return stage.close()


def _own_stack(home: Path) -> dict[str, str]:
    # Started by root, Postgres runs as somebody else, who must be able to get in.
    home.chmod(0o711)
    return {"BDH_STACK_DIR": str(home / "stack"), "BDH_CLUSTER_ROOT": str(home / "clusters")}


@contextmanager
def _clearing_up(stage: Stage, back: Agent, *, keep: bool) -> Iterator[list[Agent]]:
    """Ends what the script has begun, also when it went wrong."""
    set_up: list[Agent] = []
    try:
        yield set_up
    finally:
        if keep:
            for agent in reversed(set_up):
                stage.run(agent, "bdh :init --remove")
        else:
            stage.run(back, "bdh :down")


def _repository(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src" / "api.py").write_text("def users():\n    return []\n", encoding="utf-8")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(  # noqa: S603
            ["git", *words],  # noqa: S607
            cwd=root,
            env=_environment(),
            check=True,
        )


def _prepare(stage: Stage, back: Agent, front: Agent, set_up: list[Agent]) -> None:
    stage.run(back, f"bdh :init --project {PROJECT} --role backend --no-docs")
    set_up.append(back)
    stage.run(back, f"bdh :add-worktree frontend --path {shlex.quote(str(front.folder))}")
    set_up.append(front)


def _play(stage: Stage, back: Agent, front: Agent) -> None:
    made = stage.run(back, 'bdh create "Paginate the user list" --priority 1')
    bead = made.output.split()[1]
    # Both at once: one gets it, whoever it is.
    both = (0, 1)
    race = [stage.start(agent, f"bdh claim {bead}", expect=both) for agent in (back, front)]
    codes = [future.result().exit_code for future in race]
    if sorted(codes) != [0, 1]:
        raise RefusedError("Not exactly one agent got the bead", code="simulation_failed")
    winner, loser = (back, front) if codes[0] == 0 else (front, back)
    stage.run(winner, 'bdh :reserve src/api.py --reason "add a cursor"')
    stage.run(loser, "bdh :reserve src/api.py", expect=both)
    # An edit that no host's hook saw: the commit is warned.
    with (loser.folder / "src" / "api.py").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")
    stage.run(loser, 'git commit -q -a -m "Add a line"', expect=both)
    _talk(stage, winner, loser, bead)
    stage.run(winner, "bdh :release-paths --all")
    stage.run(loser, f'bdh claim {bead} --jump-in "agreed in chat"')
    stage.run(winner, f"bdh close {bead}", expect=(1,))
    stage.run(loser, f'bdh close {bead} --reason "simulated"')
    stage.run(loser, "bdh :status")


def _talk(stage: Stage, winner: Agent, loser: Agent, bead: str) -> None:
    """One asks and blocks, the other answers."""
    name = stage.run(winner, "bdh :whoami").output.split()[1]
    other = stage.run(loser, "bdh :whoami").output.split()[1]
    asked = stage.start(
        loser, f'bdh :aweb chat send-and-wait {name} "May I take {bead}?" --wait 30'
    )
    stage.run(winner, f"bdh :aweb chat listen {other} --wait 20")
    stage.run(winner, f'bdh :aweb chat send-and-leave {other} "Yes, take it over"')
    asked.result()


def _environment() -> dict[str, str]:
    """As a human at a terminal: the simulated workspaces are removed again."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(AGENT_HOST_PREFIXES)
        and name not in (*AGENT_HOST_NAMES, *LOCAL_VARIABLES)
        and name not in ("BDH_URL", "BDH_KEY", "BDH_PROJECT", "BDH_ALIAS", "BDH_ROLE")
    }
    author = {"GIT_AUTHOR_NAME": "Simulation", "GIT_AUTHOR_EMAIL": "simulation@localhost"}
    committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in author.items()}
    return {**kept, **author, **committer}
