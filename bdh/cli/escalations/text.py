"""How escalations look to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bdh.cli.text import age, block, columns, line, quoted

if TYPE_CHECKING:
    from bdh.models.actors import Actor
    from bdh.models.escalations import Escalation, EscalationList

SHORT_ID = 8
LEARNS = {
    "now": "sees it now",
    "next_command": "is here and sees it soon",
    "when_back": "is away and sees it on return",
}


def who(actor: Actor | None) -> str:
    return line(actor.short or actor.name, 80) if actor else "bdh"


def asked(found: Escalation) -> str:
    """What the asker is told."""
    lines = [f"Asked {found.id[:SHORT_ID]}: {quoted(found.subject)}"]
    lines += [f"  {line(w.name, 80)} {LEARNS.get(w.learns or '', 'has it')}" for w in found.wake]
    lines.append(f"  → bdh :escalations show {found.id[:SHORT_ID]} --wait")
    return "\n".join(lines)


def outcome(found: Escalation) -> str:
    """How it ended, for the one who waited."""
    if found.status == "answered":
        text = f"{who(found.closed_by)}: {block(found.answer, '  ').strip()}"
        return text + (f"\n  note: {block(found.note, '  ').strip()}" if found.note else "")
    if found.status == "pending":
        return f"No answer yet: {quoted(found.subject)}"
    return f"The escalation {quoted(found.subject)} was {found.status}"


def listed(found: EscalationList) -> str:
    """One line an escalation."""
    if not found.escalations:
        return "No escalations"
    rows = [
        [e.id[:SHORT_ID], e.status, who(e.asker), age(e.created_at), quoted(e.subject)]
        for e in found.escalations
    ]
    more = f"\n… more: --cursor {found.next_cursor}" if found.next_cursor else ""
    return columns(rows) + more


def shown(found: Escalation) -> str:
    """The whole question, what the asker was doing, and the outcome."""
    lines = [
        f"{found.id[:SHORT_ID]} {found.status}, from {who(found.asker)}, {age(found.created_at)}",
        quoted(found.subject, 500),
        block(found.situation, "  "),
    ]
    lines += [f"  {n}. {line(option, 500)}" for n, option in enumerate(found.options, 1)]
    lines += _context(found)
    if found.status != "pending":
        lines.append(outcome(found))
    return "\n".join(lines)


def _context(found: Escalation) -> list[str]:
    context = found.context
    lines = []
    if context.get("branch"):
        lines.append(f"branch {line(context['branch'])}")
    for claim in context.get("claims") or ():
        lines.append(f"works on {line(claim.get('bead_id'))}: {line(claim.get('bead_title'))}")
    for lock in context.get("locks") or ():
        lines.append(f"holds {line(lock.get('path'))}")
    for message in context.get("messages") or ():
        lines.append(f"  {line(message.get('sender'), 80)}: {quoted(message.get('text'))}")
    return lines
