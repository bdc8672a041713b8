"""A crowd of agents that mail, chat and claim; afterwards the books must balance."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bdh.errors import RefusedError
from tests.soak.clients import Client

# Refusals that a crowd causes by itself; anything else is a finding.
EXPECTED = frozenset({"claim_taken", "bead_closed", "not_waiting", "not_found", "bead_blocked"})


@dataclass
class Books:
    """What was sent to whom, what was read, and what nobody should have been told."""

    mailed: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    read: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


class Crowd:
    """Agents in threads; few at a time are in a call, as in real life."""

    def __init__(self, agents: list[Client], seed: int) -> None:
        self._agents = agents
        self._seed = seed
        self.books = Books()

    def run(self, seconds: float) -> Books:
        """Let everybody work for so long, then let everybody read what is left."""
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(len(self._agents)) as pool:
            list(pool.map(lambda pair: self._live(*pair, end), enumerate(self._agents)))
            list(pool.map(self._read_all, self._agents))
        return self.books

    def _live(self, number: int, agent: Client, end: float) -> None:
        rng = random.Random(self._seed + number)
        actions = [self._mail, self._say, self._ask, self._look, self._look, self._claim]
        time.sleep(rng.random())
        while time.monotonic() < end:
            try:
                rng.choice(actions)(rng, agent)
            except RefusedError as error:
                self.books.refusals[error.code] += 1
                if error.code not in EXPECTED:
                    raise
            self.books.calls += 1
            time.sleep(rng.random())

    def _someone(self, rng: random.Random, agent: Client) -> Client:
        return rng.choice([other for other in self._agents if other is not agent])

    def _mail(self, rng: random.Random, agent: Client) -> None:
        to = self._someone(rng, agent).caller.name
        agent.call("send_mail", to=[to], body=f"mail {rng.random()}")
        self.books.mailed[to] += 1

    def _say(self, rng: random.Random, agent: Client) -> None:
        to = self._someone(rng, agent).caller.name
        agent.call("chat_send", to=[to], body=f"chat {rng.random()}")
        self.books.said[to] += 1

    def _ask(self, rng: random.Random, agent: Client) -> None:
        to = self._someone(rng, agent).caller.name
        sent = agent.call("chat_send", to=[to], body=f"ask {rng.random()}", wait_seconds=5)
        self.books.said[to] += 1
        if sent["wait"]:
            agent.call("chat_wait_refresh", wait_id=sent["wait"]["id"])
            agent.call("chat_wait_end", wait_id=sent["wait"]["id"])

    def _look(self, _rng: random.Random, agent: Client) -> None:
        found = agent.call("notices")
        agent.call("notices", shown=[notice["id"] for notice in found["notices"]])
        for notice in found["notices"]:
            self._follow(agent, notice)

    def _follow(self, agent: Client, notice: dict[str, Any]) -> None:
        if notice["kind"] == "mail":
            opened = agent.call("open_mail", id=notice["id"].removeprefix("mail:"))
            self.books.read.append((agent.caller.name, opened["id"]))
        elif notice["kind"] in ("chat", "waiting"):
            self._open_chat(agent, notice["command"].split()[-1])

    def _open_chat(self, agent: Client, chat: str) -> None:
        opened = agent.call("chat_open", chat=chat)
        self.books.read += [(agent.caller.name, message["id"]) for message in opened["messages"]]

    def _claim(self, rng: random.Random, agent: Client) -> None:
        claimed = agent.call("claim_next")
        if claimed.get("bead_id"):
            time.sleep(rng.random() / 4)
            agent.call("release_bead", bead_id=claimed["bead_id"])

    def _read_all(self, agent: Client) -> None:
        while unread := agent.call("list_mail", unread=True, limit=100)["mail"]:
            for mail in unread:
                agent.call("open_mail", id=mail["id"])
                self.books.read.append((agent.caller.name, mail["id"]))
        with suppress(RefusedError):
            for chat in agent.call("chat_pending")["chats"]:
                self._open_chat(agent, chat["session_id"])
