"""`:watch`: nothing lost or doubled, also across restarts; `--exec` cannot be injected."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from tests.integration.messaging.conftest import Agent, Office

MAILS = 30


async def watching(office: Office, agent: Agent, *words: str) -> subprocess.Popen[str]:
    """A watch that has begun."""
    process = agent.start(":watch", "--json", *words)
    await office.until("select count(*) > 0 from private.attendance where until > now()")
    return process


async def lines(process: subprocess.Popen[str], count: int) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(await asyncio.to_thread(process.stdout.readline)) for _ in range(count)]


async def mail(office: Office, agent: Agent, subject: str) -> None:
    await office.sql.call(agent.caller, "send_mail", to=["alice"], body="x", subject=subject)


async def test_events_come_once_and_in_order_across_restarts(
    office: Office, alice: Agent, bob: Agent
) -> None:
    process = await watching(office, alice, "--type", "mail.sent", "--count", str(MAILS))
    reading = asyncio.create_task(lines(process, MAILS))
    for number in range(MAILS):
        if number in (10, 20):
            office.gateway.kill()
        await mail(office, bob, str(number))
        if number in (12, 21):
            await asyncio.to_thread(office.gateway.restart)

    events = await reading

    logged = await office.sql.events(office.project, "mail.sent")
    assert [event["id"] for event in events] == [event["id"] for event in logged]
    assert await asyncio.to_thread(process.wait, 10) == 0


async def test_it_resumes_after_its_last_event(office: Office, alice: Agent, bob: Agent) -> None:
    process = await watching(office, alice, "--count", "1")
    await mail(office, bob, "one")
    (first,) = await lines(process, 1)
    await mail(office, bob, "two")

    again = alice.start(":watch", "--json", "--since", first["cursor"], "--count", "1")
    (second,) = await lines(again, 1)

    logged = await office.sql.events(office.project)
    assert [first["id"], second["id"]] == [event["id"] for event in logged]


async def test_a_late_commit_is_not_skipped(office: Office, alice: Agent, bob: Agent) -> None:
    """An event written before others and committed after them."""
    process = await watching(office, alice, "--count", "2")
    async with office.sql.acting(bob.caller) as slow:
        await slow.fetchval("select public.send_mail(p_to => array['alice'], p_body => 'slow')")
        await mail(office, bob, "quick")

    events = await lines(process, 2)

    assert {event["id"] for event in events} == {
        event["id"] for event in await office.sql.events(office.project)
    }


async def test_exec_gets_the_event_and_nothing_is_injected(
    office: Office, alice: Agent, bob: Agent
) -> None:
    script = alice.folder / "seen.py"
    script.write_text(
        "import sys, json, pathlib\n"
        "event = json.load(sys.stdin)\n"
        "line = event['type'] + ' ' + repr(sys.argv[1:]) + '\\n'\n"
        "with pathlib.Path('seen.txt').open('a') as out: out.write(line)\n"
    )
    program = f"{sys.executable} {script} 'a b' ; $(touch injected)"
    process = alice.start(
        ":watch", "--exec", program, "--type", "escalation.opened", "--count", "2"
    )
    await office.until("select count(*) > 0 from private.attendance")
    for _ in range(2):
        await office.sql.call(
            bob.caller, "escalate", subject="'; touch injected; $(touch injected)", situation="`x`"
        )

    out, err = await asyncio.to_thread(process.communicate, timeout=20)

    assert process.returncode == 0, err
    seen = (alice.folder / "seen.txt").read_text().splitlines()
    assert seen == ["escalation.opened ['a b', ';', '$(touch', 'injected)']"] * 2
    assert not (alice.folder / "injected").exists()
    assert len(out.splitlines()) == 2


async def test_exec_runs_one_at_a_time_and_each_once_across_a_restart(
    office: Office, alice: Agent, bob: Agent
) -> None:
    script = alice.folder / "slow.py"
    script.write_text(
        "import sys, json, pathlib, time\n"
        "text = json.load(sys.stdin)['data']['subject']\n"
        "log = pathlib.Path('log.txt').open('a', buffering=1)\n"
        "log.write(f'begin {text}\\n')\n"
        "time.sleep(0.1)\n"
        "log.write(f'end {text}\\n')\n"
        "sys.exit(3)\n"
    )
    process = alice.start(
        ":watch", "--exec", f"{sys.executable} {script}",
        "--type", "escalation.opened", "--count", "8",
    )  # fmt: skip
    await office.until("select count(*) > 0 from private.attendance")
    for number in range(8):
        if number == 3:
            office.gateway.kill()
        await office.sql.call(bob.caller, "escalate", subject=str(number), situation="x")
        if number == 5:
            await asyncio.to_thread(office.gateway.restart)

    _out, err = await asyncio.to_thread(process.communicate, timeout=20)

    assert process.returncode == 0, err
    assert (alice.folder / "log.txt").read_text().splitlines() == [
        f"{what} {number}" for number in range(8) for what in ("begin", "end")
    ]
    # A program that fails is named, and the next event is given to it all the same.
    assert err.count("ended with 3") == 8


async def test_a_watcher_sees_messages_now(office: Office, alice: Agent, bob: Agent) -> None:
    process = await watching(office, alice)
    sent = bob.json(":aweb", "mail", "send", "alice", "hello")
    assert sent["wake"][0]["learns"] == "now"

    process.terminate()
    _out, err = await asyncio.to_thread(process.communicate, timeout=15)

    assert process.returncode == 130
    assert "To go on: bdh :watch --since " in err
    sent = bob.json(":aweb", "mail", "send", "alice", "hello")
    assert sent["wake"][0]["learns"] == "next_command"


async def test_notify_is_quiet_when_nothing_waits(alice: Agent, bob: Agent) -> None:
    assert alice.run(":notify").stdout == ""

    bob.run(":aweb", "mail", "send", "alice", "the plan", "--priority", "urgent")

    assert 'URGENT MAIL from bob: "the plan"' in alice.run(":notify").stdout
    assert alice.run(":notify").stdout == ""
    # Hooks call in, so the next sender is told so.
    assert bob.json(":aweb", "mail", "send", "alice", "x")["wake"][0]["learns"] == "next_tool_call"
