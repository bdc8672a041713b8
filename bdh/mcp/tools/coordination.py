"""Who is here, what is to be done, who does it."""

from __future__ import annotations

from typing import Any

from bdh.cli import claim as claim_text
from bdh.cli import close as close_text
from bdh.cli import create as create_text
from bdh.cli import ready as ready_text
from bdh.cli import release as release_text
from bdh.cli import show as show_text
from bdh.cli import status as status_text
from bdh.cli import update as update_text
from bdh.cli import whoami as whoami_text
from bdh.cli.text import line
from bdh.core import beads, claims, policies, team
from bdh.errors import UsageError
from bdh.mcp.arguments import flag, number, text, texts
from bdh.mcp.tool import Call, Reply, Tool
from bdh.models.beads import Bead, BeadDetail, ChangedBeads, ClosedBeads, ReadyBeads
from bdh.models.claims import NoClaim, Released, TakenClaim
from bdh.models.policies import Policy
from bdh.models.workspaces import TeamStatus, Whoami

DEFAULT_LIMIT = 10
TEAM_LIMIT = 50
DEFAULT_REASON = "taken over through MCP"


def whoami(call: Call) -> Reply:
    who = team.whoami(call.agent.backend)
    return Reply(who, whoami_text.human(who))


def team_status(call: Call) -> Reply:
    status = team.status(call.agent.backend, limit=call["limit"] or TEAM_LIMIT)
    return Reply(status, status_text.human(status))


def ready_beads(call: Call) -> Reply:
    found = beads.ready(
        call.agent.backend,
        labels=tuple(call["labels"] or ()),
        priority_max=call["priority_max"],
        limit=call["limit"] or DEFAULT_LIMIT,
    )
    return Reply(found, ready_text.human(found))


def show_bead(call: Call) -> Reply:
    bead = beads.show(call.agent.backend, call["bead_id"])
    return Reply(bead, show_text.human(bead))


def create_bead(call: Call) -> Reply:
    edges = [{"id": bead_id, "type": "blocks"} for bead_id in call["depends_on"] or ()]
    bead = beads.create(
        call.agent.backend,
        call["title"],
        description=call["description"],
        priority=call["priority"],
        parent_id=call["parent_id"],
        depends_on=tuple(edges),
    )
    return Reply(bead, create_text.human(bead))


def claim_bead(call: Call) -> Reply:
    agent, bead_id = call.agent, call["bead_id"]
    if bead_id:
        # Without a reason the database refuses, with the words that say why.
        jump_in = (call["reason"] or "") if call["jump_in"] else None
        taken = claims.claim(agent.backend, agent.epochs, bead_id, jump_in=jump_in)
        return Reply(taken, claim_text.human(taken))
    best = claims.claim_next(agent.backend, agent.epochs)
    if best is None:
        return Reply(NoClaim(), "Nothing is ready")
    return Reply(best, claim_text.human(best))


def release_bead(call: Call) -> Reply:
    agent = call.agent
    released = claims.release(agent.backend, agent.epochs, call["bead_id"], note=call["note"])
    return Reply(released, release_text.human(released))


def update_bead(call: Call) -> Reply:
    agent, bead_id, status = call.agent, call["bead_id"], call["status"]
    changes: dict[str, Any] = {
        name: call[name] for name in ("priority", "notes") if call[name] is not None
    }
    if not changes and status is None and call["comment"] is None:
        raise UsageError("There is nothing to change", code="usage", hint="give status or comment")
    if status is not None and status != "closed":
        changes["status"] = status
    if call["comment"] is not None:
        beads.comment(agent.backend, bead_id, call["comment"])
    if changes:
        changed = beads.update(agent.backend, agent.epochs, [bead_id], changes)
    if status == "closed":
        closed = beads.close(agent.backend, agent.epochs, [bead_id], reason=call["reason"])
        return Reply(closed, close_text.human(closed))
    if changes:
        return Reply(changed, update_text.human(changed))
    bead = beads.show(agent.backend, bead_id)
    return Reply(bead, f"Commented on {bead_id}: {line(bead.title)}")


def get_policy(call: Call) -> Reply:
    policy = policies.show(call.agent.backend, role=call["role"])
    return Reply(policy, policy_text(policy))


def policy_text(policy: Policy) -> str:
    """The rules for everybody and one role's playbook, as Markdown."""
    rules = [f"- {line(rule, 2000)}" for rule in policy.invariants]
    playbook = policy.playbook or f"(the policy has no playbook for the role {policy.role})"
    head = f"# Policy, version {policy.version}, for {policy.role}"
    return "\n".join([head, "", "## Everybody", "", *rules, "", playbook.rstrip()])


TOOLS = (
    Tool(
        "whoami",
        "Your alias, role, project, claims. Call it first when unsure who you are.",
        whoami,
        (Whoami,),
        reads=True,
        repeatable=True,
    ),
    Tool(
        "team_status",
        "Who is here, on which bead, holding which files, waiting for whom. "
        "Use it before you start and before you ask somebody.",
        team_status,
        (TeamStatus,),
        {"limit": number()},
        reads=True,
        repeatable=True,
    ),
    Tool(
        "ready_beads",
        "Work that nothing blocks, best first. Use it to choose what to do next.",
        ready_beads,
        (ReadyBeads,),
        {"labels": texts(), "priority_max": number("0 urgent to 4"), "limit": number()},
        reads=True,
        repeatable=True,
    ),
    Tool(
        "show_bead",
        "One bead whole: text, acceptance, blockers, comments, claims. Read it before you work.",
        show_bead,
        (BeadDetail,),
        {"bead_id": text(required=True)},
        reads=True,
        repeatable=True,
    ),
    Tool(
        "create_bead",
        "Note a piece of work as a bead. Use it for what you find on the way; do not do it too.",
        create_bead,
        (Bead,),
        {
            "title": text(required=True),
            "description": text(),
            "priority": number("0 urgent to 4"),
            "parent_id": text(),
            "depends_on": texts("ids that block it"),
        },
    ),
    Tool(
        "claim_bead",
        "Claim a bead before you work on it; without bead_id the best ready one. Refused when "
        "taken: then take another, or jump_in with a reason when its holder is gone.",
        claim_bead,
        (TakenClaim, NoClaim),
        {"bead_id": text(), "jump_in": flag("take it over"), "reason": text("told to the holder")},
        destructive=True,
        repeatable=True,
    ),
    Tool(
        "release_bead",
        "Give a bead back unfinished. The note tells the next agent what is done and what is not.",
        release_bead,
        (Released,),
        {"bead_id": text(required=True), "note": text()},
        repeatable=True,
    ),
    Tool(
        "update_bead",
        "Change, comment on or close a bead; closing tells what it unblocked.",
        update_bead,
        (ChangedBeads, ClosedBeads, BeadDetail),
        {
            "bead_id": text(required=True),
            "status": text(choices=("open", "in_progress", "blocked", "deferred", "closed")),
            "comment": text(),
            "reason": text("of closing"),
            "priority": number(),
            "notes": text(),
        },
        destructive=True,
    ),
    Tool(
        "get_policy",
        "The team's rules and the playbook of your role. Read it once at the start.",
        get_policy,
        (Policy,),
        {"role": text("another role")},
        reads=True,
        repeatable=True,
    ),
)
