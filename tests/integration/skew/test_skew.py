"""
Upgrades without downtime: migrations first, clients when they get to it, in any order.

Today's client works on a schema of tomorrow; on one of yesterday it says what that cannot do.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli.test_json import check
from tests.integration.messaging.conftest import Agent, Office
from tests.integration.skew.conftest import changed
from tests.integration.skew.schemas import DEMANDING, grow, shrink
from tests.support.cluster import TestCluster, TestDatabase

# What an agent and its human do in a day, with the schema of what it prints.
SCENE = """
create One -p 1 -t epic | create
create Two --parent bd-1 | create
create Three | create
create Four | create
dep add bd-3 bd-2 | dep-add
ready | ready
claim bd-2 | claim
claims | claims
blocked | blocked
{future}
list --all | list
show bd-1 | show
show bd-4 | show
search two | search
stats | stats
comment bd-2 Hello | comment
update bd-2 -p 0 | update
dep tree bd-3 | dep-tree
release bd-2 --note Later | release
update bd-2 -s in_progress | update
close bd-2 -r Done | close
reopen bd-2 | reopen
delete bd-3 | delete
:status | status
:whoami | whoami
:workspaces list | workspaces-list
:locks | locks
:aweb mail send @humans Hello | aweb-mail-send
:aweb mail list --sent | aweb-mail-list
:aweb chat send-and-leave bob Hi | aweb-chat-send-and-leave
:aweb chat pending | aweb-chat-pending
:escalate What So | escalate
:escalations | escalations-list
:policy | policy-show
:roles | roles
:subscribe bd-1 | subscribe
:subscriptions | subscriptions
:project settings guard_mode=block | project-settings
:members list | members-list
:invite | invite
:members invite ada@example.org | members-invite
:channels add email | channels-add
:channels list | channels-list
:outbox list | outbox-list
:plan | plan
"""
FUTURE = "select private.from_the_future($1)"
LATER = pytest.mark.parametrize("database", ["later"], indirect=True)
EARLIER = pytest.mark.parametrize("database", ["earlier"], indirect=True)


@pytest.fixture(scope="module", params=["later", "earlier"])
def database(request: pytest.FixtureRequest, cluster: TestCluster) -> Iterator[TestDatabase]:
    """A schema of another release."""
    with changed(cluster, grow if request.param == "later" else shrink) as database:
        yield database


def is_later(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["database"] == "later")


async def test_a_day_goes_by_as_ever(
    request: pytest.FixtureRequest, office: Office, alice: Agent
) -> None:
    for text in SCENE.strip().splitlines():
        if text == "{future}":
            if is_later(request):
                await office.sql.execute(FUTURE, office.project.id)
            continue
        command, _, schema = text.partition(" | ")
        done = alice.run(*shlex.split(command), "--json")
        check(f"{schema}.json", json.loads(done.stdout))
        assert "too old" not in done.stderr, command
    for words in ("list --all", "show bd-1", "show bd-4", ":status", "claims --all", "ready"):
        assert alice.run(*words.split()).stdout


@LATER
async def test_the_log_has_types_that_nobody_here_knows(office: Office, alice: Agent) -> None:
    listed = await office.sql.call(alice.caller, "list_members")
    assert listed["members"][0]["from_the_future"] == [1]
    watching = alice.start(":watch", "--count", "1")
    await office.until("select exists (select from private.attendance)")
    await office.sql.execute(FUTURE, office.project.id)

    out, _ = watching.communicate(timeout=20)
    assert "galaxy.opened r2 galaxy 7" in out


@EARLIER
async def test_what_is_missing_is_said_with_what_to_do(alice: Agent) -> None:
    alice.run(":members", "invite", "ada@example.org")

    for words in ((":members", "invites"), (":members", "resend", "ada@example.org")):
        error = refused(alice, *words)
        assert error["code"] == "schema_too_old"
        assert error["details"]["backend_code"] == "PGRST202"
        assert "bdh :deploy-check" in error["hint"]
    # The hooks ask notices() with an argument that is not there yet: they stay out of the way.
    assert refused(alice, ":notify")["code"] == "schema_too_old"


async def test_a_schema_that_has_left_this_client_behind_says_so(
    request: pytest.FixtureRequest, office: Office, alice: Agent
) -> None:
    """Which side is the older one is asked only when something is missing."""
    before = await office.sql.value(
        "select pg_get_functiondef('public.schema_version()'::regprocedure)"
    )
    await office.sql.execute(DEMANDING)
    try:
        if is_later(request):
            done = alice.run("ready")
            assert "too old for the backend, which asks for 99.0.0 or newer" in done.stderr
            assert "pip install --upgrade bdh" in done.stderr
        else:
            error = refused(alice, ":members", "invites")
            assert error["code"] == "client_too_old"
            assert error["hint"] == "pip install --upgrade bdh"
    finally:
        await office.sql.execute(before)


def refused(agent: Agent, *words: str) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(agent.run(*words, "--json", code=1).stdout)["error"]
    return error
