"""
Every verb at once, on few things: no deadlock and no fault reaches a caller, and all stays sound.

The storm of the claims' tests knows beads only; this one mixes what locks beads with what locks
chats, mail, files, members, invites and the outbox. `make soak` lets it blow for longer.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from tests.sql.claims.conftest import beads
from tests.sql.claims.invariants import assert_sound
from tests.support.sql import Caller, Project, Refused, Sql

CONNECTIONS = 16
Call = tuple[Caller, str, dict[str, Any]]

OFFENCES = {
    "a removed workspace holds a claim": """
        select w.alias from public.workspaces as w join public.claims as c on c.holder_id = w.id
        where w.removed_at is not null and c.ended_at is null""",
    "a removed workspace holds a file": """
        select w.alias from public.workspaces as w
        join public.reservations as r on r.workspace_id = w.id where w.removed_at is not null""",
    "a removed workspace waits for a file": """
        select w.alias from public.workspaces as w
        join public.lock_waits as l on l.workspace_id = w.id where w.removed_at is not null""",
    "a removed workspace waits in a chat": """
        select w.alias from public.workspaces as w join public.chat_waits as c on c.waiter_id = w.id
        where w.removed_at is not null and c.ended_at is null""",
    "a removed workspace is told of beads": """
        select w.alias from public.workspaces as w
        join public.subscriptions as s on s.subscriber_id = w.id where w.removed_at is not null""",
    "a removed workspace asks": """
        select w.alias from public.workspaces as w join public.escalations as e on e.asker_id = w.id
        where w.removed_at is not null and e.status = 'pending'""",
    "two exclusive locks on one path": """
        select r.key from public.reservations as r
        join public.reservations as o on o.repo_id = r.repo_id and o.workspace_id <> r.workspace_id
            and (o.key = r.key or r.is_directory and starts_with(o.key, r.key || '/'))
        where 'exclusive' in (r.mode, o.mode) and r.expires_at > now() and o.expires_at > now()""",
    "a gap in a chat": """
        select s.id::text from public.chat_sessions as s
        where s.last_seq <> (
            select count(*) from public.chat_messages as m where m.session_id = s.id)""",
    "a jump-in without its mail": """
        select c.bead_id from public.claims as c
        where c.ended_reason = 'jump_in' and c.holder_kind = 'workspace'
        group by c.project_id, c.holder_id, c.bead_id
        having count(*) <> (
            select count(*) from public.mail as m
            join public.mail_recipients as r on r.mail_id = m.id
            where r.recipient_id = c.holder_id and m.subject like '% took over ' || c.bead_id)""",
    "a project has not one owner": """
        select p.slug from public.projects as p where 1 <> (
            select count(*) from public.members as m
            where m.project_id = p.id and m.role = 'owner')""",
    "somebody was told of a change twice": """
        select o.key from private.outbox as o group by o.recipient_id, o.key having count(*) > 1""",
}


class Storm:
    """Random calls by agents and humans, some of whom come and go."""

    def __init__(self, sql: Sql, project: Project, ids: list[str], seed: int) -> None:
        self.sql, self.project, self.ids = sql, project, ids
        self.random = random.Random(seed)
        self.agents: list[Caller] = []
        self.humans = [project.owner]
        self.codes: Counter[str] = Counter()
        self.numbers = itertools.count()

    async def gather(self) -> None:
        self.agents += [await self.sql.workspace(self.project, f"a{n}-dev") for n in range(6)]
        self.humans += [await self.sql.member(self.project, "admin") for _ in range(3)]

    def names(self) -> list[str]:
        return [f"a{n}" for n in self.random.sample(range(len(self.agents)), 2)]

    def on_beads(self, agent: Caller, human: Caller) -> list[Call]:
        one, other = self.random.sample(self.ids, 2)
        some = self.random.sample(self.ids, 3)
        issue = {"id": one, "title": "s", "status": "open", "updated_at": "2090-01-01T00:00:00Z"}
        jump = {"jump_in": True, "reason": "storm"}
        return [
            (agent, "claim_bead", {"bead_id": one, "force": True, **jump}),
            (agent, "claim_next", {}),
            (human, "release_bead", {"bead_id": one, "reason": "storm"}),
            (agent, "close_beads", {"ids": some, "jump_in": True, "jump_in_reason": "storm"}),
            (agent, "reopen_beads", {"ids": some}),
            (human, "update_beads", {"ids": some, "changes": {"status": "in_progress"}, **jump}),
            (agent, "update_beads", {"ids": some, "changes": {"parent_id": other, "priority": 1}}),
            (agent, "update_beads", {"ids": some, "changes": {"parent_id": None}}),
            (agent, "add_dependency", {"id": one, "depends_on": other}),
            (agent, "remove_dependency", {"id": one, "depends_on": other}),
            (agent, "create_bead", {"title": "s", "parent_id": one, "depends_on": [other]}),
            (agent, "create_bead", {"title": "s", "status": "in_progress"}),
            (agent, "comment_bead", {"id": one, "body": "storm"}),
            (agent, "import_beads", {"beads": [issue, {**issue, "id": other}]}),
            (human, "subscribe", {"bead_ids": some}),
            (agent, "subscribe", {"bead_ids": some}),
            (agent, "unsubscribe", {}),
        ]  # fmt: skip

    def on_words(self, agent: Caller, human: Caller) -> list[Call]:
        to, key = self.names(), str(self.random.randrange(50))
        return [
            (agent, "send_mail", {"to": to, "body": key, "idempotency_key": key}),
            (agent, "send_mail", {"to": ["@all", "@humans"], "body": "x"}),
            (agent, "chat_send", {"to": to[:1], "body": "x", "wait_seconds": 60}),
            (agent, "chat_send", {"to": to, "body": "x", "wait_seconds": 60}),
            (agent, "chat_send", {"to": to, "body": "x", "leave": True}),
            (agent, "chat_open", {"chat": to[0]}),
            (agent, "chat_listen", {}),
            (agent, "chat_listen", {"chat": to[0]}),
            (agent, "chat_leave", {"chat": to[0]}),
            (agent, "chat_extend_wait", {"chat": to[0]}),
            (agent, "escalate", {"subject": "x", "situation": "y", "expires_seconds": 1}),
            (human, "notices", {"session": key}),
        ]

    def on_files_and_people(self, agent: Caller, human: Caller) -> list[Call]:
        paths = self.random.sample(["a/", "a/x.py", "a/y.py", "b.py", "c/d/"], 2)
        repo = self.project.repo_id
        return [
            (agent, "reserve_paths", {"paths": paths, "wait_seconds": 60}),
            (agent, "reserve_paths", {"paths": paths, "automatic": True}),
            (agent, "release_paths", {"paths": paths}),
            (human, "release_paths", {"all": True, "for_alias": self.names()[0]}),
            (agent, "heartbeat", {"modified_paths": paths, "branch": paths[0]}),
            (agent, "end_lock_wait", {"repo_id": repo}),
            (human, "project_settings", {"changes": {"guard_mode": "warn"}}),
            (human, "set_channel", {"type": "webhook", "address": "https://example.com/x"}),
            (human, "update_member", {
                "member_id": self.random.choice(self.humans).id, "role": "admin"}),
            (human, "transfer_ownership", {"member_id": self.random.choice(self.humans).id}),
            (human, "reattach_workspace", {"alias": self.names()[0]}),
            (human, "retry_outbox", {}),
        ]  # fmt: skip

    async def step(self) -> None:
        agent, human = self.random.choice(self.agents), self.random.choice(self.humans)
        chance = self.random.random()
        if chance < 0.02:
            await self.renew(agent, human)
        elif chance < 0.05:
            await self.mark_what_is_shown(agent)
        elif chance < 0.08:
            await self.answer(human)
        elif chance < 0.10:
            await self.sql.execute("select private.run_schedules()")
        elif chance < 0.11:
            await self.sql.call(agent, "delete_beads", ids=[self.random.choice(self.ids)])
        else:
            kinds: list[Callable[[Caller, Caller], list[Call]]] = [
                self.on_beads, self.on_beads, self.on_words, self.on_files_and_people,
            ]  # fmt: skip
            caller, fn, args = self.random.choice(self.random.choice(kinds)(agent, human))
            await self.sql.call(caller, fn, **args)

    async def renew(self, agent: Caller, human: Caller) -> None:
        """A workspace goes and a new one joins by an invite; or one comes back as another user."""
        number = self.agents.index(agent)
        if self.random.random() < 0.5:
            made = await self.sql.call(human, "reattach_workspace", alias=f"a{number}")
        else:
            await self.sql.call(human, "remove_workspace", alias=f"a{number}")
            made = await self.sql.call(human, "create_invite")
        user = await self.sql.user(f"u{next(self.numbers)}", anonymous=True)
        origin = await self.sql.value(
            "select origin from public.repos where id = $1", self.project.repo_id
        )
        joined = await self.sql.call(
            user, "join_project", token=made["token"], repo_origin=origin, alias=f"a{number}-dev"
        )
        self.agents[number] = Caller(
            user.user_id, f"a{number}-dev", joined["workspace"]["id"], self.project.id,
            self.project.repo_id, anonymous=True,
        )  # fmt: skip

    async def mark_what_is_shown(self, agent: Caller) -> None:
        shown = [n["id"] for n in (await self.sql.call(agent, "notices"))["notices"]]
        await self.sql.call(agent, "notices", shown=shown, session=str(self.random.randrange(3)))
        chats = [i.removeprefix("chat:") for i in shown if i.startswith("chat:")]
        await self.sql.call(agent, "chat_mark_read", shown=chats)

    async def answer(self, human: Caller) -> None:
        open_ones = await self.sql.call(human, "list_escalations", status=["pending"], limit=3)
        for question in open_ones["escalations"]:
            await self.sql.call(human, "answer_escalation", id=question["id"], answer="storm")

    async def blow(self, seconds: float) -> None:
        """One connection's share; refusals are counted, anything else is an error."""
        end = monotonic() + seconds
        while monotonic() < end:
            try:
                await self.step()
                self.codes["done"] += 1
            except Refused as refused:
                self.codes[refused.code] += 1


async def storm(sql: Sql, project: Project, seconds: float, seed: int) -> Counter[str]:
    """The refusals of a storm over every verb, after everything was found sound."""
    weather = Storm(sql, project, await beads(sql, project, 12), seed)
    await weather.gather()
    await asyncio.gather(*(weather.blow(seconds) for _ in range(CONNECTIONS)))
    await assert_sound(sql)
    broken = {name: [row[0] for row in await sql.fetch(q)] for name, q in OFFENCES.items()}
    assert {name: rows for name, rows in broken.items() if rows} == {}
    return weather.codes


EXPECTED = {
    "done", "claim_taken", "bead_blocked", "bead_closed", "cycle", "not_found", "human_only",
    "role_required", "conflict", "workspace_gone", "not_waiting", "already_answered", "alias_taken",
    "escalation_closed", "invite_invalid", "self_chat", "no_recipient", "not_participant",
    "not_member",
}  # fmt: skip


async def test_a_storm_over_every_verb_leaves_everything_sound(sql: Sql, project: Project) -> None:
    codes = await storm(sql, project, 4, 20261123)

    assert codes["done"] > 200
    assert set(codes) <= EXPECTED


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
async def test_long_storms(sql: Sql, project: Project, seed: int) -> None:
    codes = await storm(sql, project, 30, seed)

    assert set(codes) <= EXPECTED
