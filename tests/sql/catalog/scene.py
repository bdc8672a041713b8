"""
Two projects: `ours` with something in every table, and another one whose people try to get at it.

Everything stored for ours contains `SECRET`, so that whatever leaks can be recognised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.sql import Caller, Project, Sql

SECRET = "zzsecret"


@dataclass(frozen=True)
class Scene:
    """Who there is, and the ids of what ours holds."""

    ours: Project
    theirs: Project
    callers: dict[str, Caller]
    ids: dict[str, Any] = field(default_factory=dict)


async def build(sql: Sql) -> Scene:
    """The two projects, through the functions that clients use."""
    ours = await sql.project(SECRET, prefix="aa")
    theirs = await sql.project("theirs", prefix="bb")
    callers = {
        "alice": await sql.workspace(ours, f"alice-{SECRET}", human_name=f"Ada {SECRET}"),
        "bob": await sql.workspace(ours, f"bob-{SECRET}"),
        "owner": ours.owner,
        "member": await sql.member(ours, name=f"mia-{SECRET}"),
        "ghost": await sql.workspace(ours, f"ghost-{SECRET}"),
        "stranger": await sql.user("stranger"),
        "newcomer": await sql.user("newcomer", anonymous=True),
        "outsider": await sql.workspace(theirs, "eve-developer"),
        "their_owner": theirs.owner,
    }
    scene = Scene(ours, theirs, callers)
    await _beads(sql, scene)
    await _messages(sql, scene)
    await _administration(sql, scene)
    await sql.call(ours.owner, "remove_workspace", alias="ghost")
    return scene


async def _beads(sql: Sql, scene: Scene) -> None:
    alice, bob = scene.callers["alice"], scene.callers["bob"]
    epic = await sql.call(alice, "create_bead", title=f"Epic {SECRET}", issue_type="epic")
    for name in ("claimed", "free", "closed", "blocked"):
        bead = await sql.call(
            alice, "create_bead", title=f"{name} {SECRET}", description=SECRET,
            labels=[SECRET], parent_id=epic["id"] if name == "claimed" else None,
        )  # fmt: skip
        scene.ids[name] = bead["id"]
    scene.ids["epic"] = epic["id"]
    await sql.call(alice, "add_dependency", id=scene.ids["blocked"], depends_on=scene.ids["free"])
    await sql.call(alice, "comment_bead", id=scene.ids["free"], body=f"Look at {SECRET}")
    await sql.call(alice, "claim_bead", bead_id=scene.ids["claimed"])
    await sql.call(alice, "close_beads", ids=[scene.ids["closed"]], reason=SECRET)
    await sql.call(bob, "subscribe", bead_ids=[scene.ids["claimed"]])
    await sql.call(alice, "reserve_paths", paths=["src/api.py", f"{SECRET}/"], reason=SECRET)
    await sql.call(bob, "reserve_paths", paths=["src/api.py"], wait_seconds=300)


async def _messages(sql: Sql, scene: Scene) -> None:
    alice, bob, ids = scene.callers["alice"], scene.callers["bob"], scene.ids
    mail = await sql.call(alice, "send_mail", to=["bob"], body=SECRET, subject=SECRET)
    ids["mail"], ids["thread"] = mail["id"], mail["thread_id"]
    chat = await sql.call(alice, "chat_send", to=["bob"], body=f"{SECRET}?", wait_seconds=120)
    ids["session"], ids["wait"] = chat["session_id"], chat["wait"]["id"]
    asked = await sql.call(
        bob, "escalate", subject=f"Which {SECRET}?", situation=SECRET, options=[SECRET, "other"]
    )
    ids["escalation"] = asked["id"]


async def _administration(sql: Sql, scene: Scene) -> None:
    owner, ids = scene.ours.owner, scene.ids
    for kind in ("workspace", "member"):
        made = await sql.call(owner, "create_invite", kind=kind, uses=9)
        ids[f"{kind}_token"], ids["invite"] = made["token"], made["id"]
    mailed = await sql.call(owner, "create_invite", kind="member", email=f"{SECRET}@example.com")
    ids["mailed_invite"] = mailed["id"]
    await sql.execute("insert into private.imports (project_id) values ($1)", scene.ours.id)
    bundle = (await sql.call(owner, "get_policy"))["bundle"] | {"invariants": [SECRET]}
    ids["bundle"] = bundle
    await sql.call(owner, "edit_policy", bundle=bundle, base_version=0, note=SECRET)
    channel = await sql.call(
        owner, "set_channel", type="webhook", address=f"https://example.com/{SECRET}"
    )
    ids["channel"] = channel["id"]
    ids["member"] = scene.callers["member"].id
    ids["repo"], ids["project"] = scene.ours.repo_id, scene.ours.id
