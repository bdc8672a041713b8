"""How policies look to people and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bdh.cli.text import ago, block, columns, line

if TYPE_CHECKING:
    from bdh.models.actors import Actor
    from bdh.models.policies import Policy, PolicyHistory, PolicyVersion, RoleList


def whole(policy: Policy) -> str:
    """The rules for everybody and one role's playbook, as Markdown."""
    state = "in force" if policy.active else "not in force"
    head = [f"# Policy, version {policy.version} ({state}), for {line(policy.role)}"]
    if policy.latest_version > policy.version:
        head.append(f"(version {policy.latest_version} is proposed: bdh :policy history)")
    rules = [f"- {line(rule, 2000)}" for rule in policy.invariants]
    unknown = f"(no playbook for the role {line(policy.role)}; there are: {_roles(policy)})"
    playbook = block(policy.playbook) if policy.playbook else unknown
    return "\n".join([*head, "", "## Everybody", "", *rules, "", playbook, *_rules(policy)])


def _roles(policy: Policy) -> str:
    return ", ".join(map(line, policy.roles))


def _rules(policy: Policy) -> list[str]:
    """What the guard enforces by itself."""
    rules = [
        f"- {line(rule.get('glob'))}: {line(rule.get('action'))} ({line(rule.get('reason'))})"
        for rule in policy.rules.get("protected_paths") or ()
    ]
    if policy.rules.get("max_files_per_claim"):
        rules.append(f"- at most {policy.rules['max_files_per_claim']} files in a claim")
    return ["", "## Enforced", "", *rules] if rules else []


def history(found: PolicyHistory) -> str:
    """One line a version, newest first; the default is version 0."""
    rows = [_version(version) for version in found.policies]
    rows.append(["0", "in force" if found.active_version == 0 else "", "bdh's default", ""])
    return columns(rows)


def _version(version: PolicyVersion) -> list[str]:
    when = f"{ago(version.created_at)} by {_who(version.created_by)}"
    return [
        str(version.version), "in force" if version.active else "", line(version.note) or "-", when
    ]  # fmt: skip


def _who(actor: Actor | None) -> str:
    return line(actor.name, 80) if actor else "bdh"


def proposed(version: PolicyVersion) -> str:
    return (
        f"Version {version.version} is proposed; a human puts it in force\n"
        f"  → bdh :policy activate {version.version}"
    )


def activated(version: PolicyVersion) -> str:
    return f"Version {version.version} is in force; everybody has been told"


def roles(found: RoleList) -> str:
    """One line a role: what it is for, who has it."""
    rows = [
        [line(role.name), line(role.summary) or "(not in the policy)", ", ".join(role.workspaces)]
        for role in found.roles
    ]
    return columns(rows)
