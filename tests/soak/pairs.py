"""Questions and answers while the gateway comes and goes: every answer arrives once."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from bdh.core import chat
from bdh.core.pulse import Pulse
from bdh.core.waiting import HINTS, Waiting
from bdh.errors import UnreachableError
from tests.soak.clients import Client, Heard
from tests.support.gateway import TestGateway

WAIT_SECONDS = 60


@dataclass
class Outcome:
    """What the askers heard, by question, and how long each took from answer to ear."""

    heard: dict[str, list[str]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)


class Pairs:
    """Each asker asks its own answerer, one question after the other."""

    def __init__(
        self, gateway: TestGateway, couples: list[tuple[Client, Client]], questions: int, seed: int
    ) -> None:
        self._gateway = gateway
        self._couples = couples
        self._questions = questions
        self._seed = seed
        self._over = threading.Event()
        self._answered_at: dict[str, float] = {}
        self.outcome = Outcome()

    def run(self, restarts: int, pause_seconds: float) -> Outcome:
        """Ask everything, with so many restarts of the gateway on the way."""
        with ThreadPoolExecutor(2 * len(self._couples) + 1) as pool:
            answering = [pool.submit(self._answer, n, b, a) for n, (a, b) in self._numbered()]
            disturbing = pool.submit(self._disturb, restarts, pause_seconds)
            asking = [pool.submit(self._ask, n, a, b) for n, (a, b) in self._numbered()]
            for work in asking:
                work.result()
            disturbing.result()
            self._over.set()
            for work in answering:
                work.result()
        return self.outcome

    def _numbered(self) -> list[tuple[int, tuple[Client, Client]]]:
        return list(enumerate(self._couples))

    def _disturb(self, restarts: int, pause_seconds: float) -> None:
        for _ in range(restarts):
            time.sleep(pause_seconds)
            self._gateway.kill()
            self._gateway.restart()

    def _ask(self, number: int, asker: Client, other: Client) -> None:
        rng = random.Random(self._seed + number)
        feed = None
        for count in range(self._questions):
            if feed is None or rng.random() < 0.1:
                # A new connection now and then, as every command has one of its own.
                if feed is not None:
                    feed.__exit__(None, None, None)
                feed = asker.feed().__enter__()
            question = f"{number}.{count}"
            sent = chat.send(asker, [other.caller.name], question, wait_seconds=WAIT_SECONDS)
            heard = Heard()
            assert sent.wait is not None
            pulse = Pulse(feed, HINTS, time.monotonic, lambda _text: None)
            waiting = Waiting(asker, sent.wait, pulse, time.monotonic, heard)
            waiting.shown(*sent.unread)
            found = waiting.run()
            self.outcome.seconds.append(time.monotonic() - self._answered_at.get(question, 0))
            self.outcome.statuses.add(found.status)
            self.outcome.heard[question] = [*(m.body for m in sent.unread), *heard.bodies]
            waiting.end(time.sleep)

    def _answer(self, number: int, answerer: Client, other: Client) -> None:
        rng = random.Random(-self._seed - number)
        while not self._over.is_set():
            with suppress(UnreachableError):
                pending = answerer.call("chat_pending")["chats"]
                for _chat in pending:
                    self._answer_one(rng, answerer, other)
            time.sleep(0.01)

    def _answer_one(self, rng: random.Random, answerer: Client, other: Client) -> None:
        """Answers unread questions; reading marks them, so a lost answer to reading is re-read."""
        page = answerer.patient("chat_history", chat=other.caller.name, limit=1)
        for message in page["messages"]:
            question = message["body"]
            if message["sender"]["id"] != str(other.caller.id) or question in self._answered_at:
                continue
            time.sleep(rng.choice([0, 0, 0.01, 0.05, 0.2]))
            chat.send(answerer, [other.caller.name], f"re {question}")
            self._answered_at[question] = time.monotonic()
        answerer.patient("chat_open", chat=other.caller.name)
