"""What the backend sends is what the rows declare: pydantic reads it strictly, and alike."""

from __future__ import annotations

import importlib
import json
import re

from pydantic import TypeAdapter, ValidationError

from bdh.models.row import Row
from bdh.stack.schema import PACKAGE
from tests.sql.catalog.arguments import CALLS
from tests.sql.catalog.test_tenancy import Trial, prepared, trial

__all__ = ["prepared", "trial"]

# Which row `bdh.core` reads from each function's answer.
ROWS = {
    "accept_invite": "members:MemberJoined",
    "ack_mail": "mail:AckedMail",
    "activate_policy": "policies:PolicyVersion",
    "add_dependency": "dependencies:AddedDependency",
    "add_sibling": "workspaces:Invite",
    "answer_escalation": "escalations:Escalation",
    "bead_stats": "beads:Stats",
    "blocked_beads": "beads:BlockedList",
    "chat_extend_wait": "chat:ExtendedWait",
    "chat_history": "chat:ChatHistory",
    "chat_leave": "chat:LeftChat",
    "chat_listen": "chat:Sent",
    "chat_open": "chat:OpenedChat",
    "chat_pending": "chat:ChatList",
    "chat_send": "chat:Sent",
    "chat_wait_refresh": "chat:Refreshed",
    "claim_bead": "claims:TakenClaim",
    "claim_next": "claims:TakenClaim",
    "close_beads": "beads:ClosedBeads",
    "comment_bead": "beads:Comment",
    "create_bead": "beads:Bead",
    "create_invite": "workspaces:Invite",
    "create_project": "workspaces:Project",
    "delete_beads": "beads:DeletedBeads",
    "dependency_tree": "dependencies:Tree",
    "edit_policy": "policies:PolicyVersion",
    "escalate": "escalations:Escalation",
    "finish_import": "team:ImportedProject",
    "get_policy": "policies:Policy",
    "join_project": "workspaces:Joined",
    "leave_project": "members:LeftMember",
    "list_beads": "beads:BeadList",
    "list_channels": "team:ChannelList",
    "list_claims": "claims:ClaimList",
    "list_escalations": "escalations:EscalationList",
    "list_events": "events:EventPage",
    "list_invites": "members:OpenInvites",
    "list_locks": "locks:LockList",
    "list_mail": "mail:MailList",
    "list_members": "members:MemberList",
    "list_outbox": "team:DeliveryList",
    "list_policies": "policies:PolicyHistory",
    "list_roles": "policies:RoleList",
    "list_subscriptions": "team:SubscriptionList",
    "list_workspaces": "workspaces:WorkspaceList",
    "notify_settings": "team:Preferences",
    "open_mail": "mail:Mail",
    "plan_usage": "team:Plan",
    "project_settings": "workspaces:Project",
    "ready_beads": "beads:ReadyBeads",
    "reattach_workspace": "workspaces:Invite",
    "release_bead": "claims:Released",
    "release_paths": "locks:ReleasedLocks",
    "remove_channel": "team:ChannelRemoved",
    "remove_dependency": "dependencies:RemovedDependency",
    "remove_member": "members:LeftMember",
    "remove_workspace": "workspaces:Workspace",
    "reopen_beads": "beads:BeadList",
    "resend_invite": "members:OpenInvite",
    "reserve_paths": "locks:Reserved",
    "reset_policy": "policies:PolicyVersion",
    "retry_outbox": "team:Retried",
    "revoke_invite": "members:Uninvited",
    "search_mail": "mail:FoundMailList",
    "send_mail": "mail:Mail",
    "set_channel": "team:Channel",
    "show_bead": "beads:BeadDetail",
    "show_escalation": "escalations:Escalation",
    "subscribe": "team:SubscriptionList",
    "team_status": "workspaces:TeamStatus",
    "transfer_ownership": "members:Member",
    "unsubscribe": "team:Unsubscribed",
    "update_beads": "beads:ChangedBeads",
    "update_member": "members:Member",
    "whoami": "workspaces:Whoami",
    "withdraw_escalation": "escalations:Escalation",
}


# Of these answers verbs read a number or nothing.
NO_ROW = {
    "attend", "begin_import", "chat_mark_read", "chat_wait_end", "end_lock_wait", "export_beads",
    "import_beads", "import_rows",
}  # fmt: skip


def row(name: str) -> type[Row]:
    module, model = name.split(":")
    found: type[Row] = getattr(importlib.import_module(f"bdh.models.{module}"), model)
    return found


async def test_rows_take_exactly_what_is_sent(trial: Trial) -> None:
    """Hot verbs read answers unchecked, so here they are checked once for all."""
    offences = {}
    for fn, name in ROWS.items():
        outcome = await trial.call(trial.scene.callers[CALLS[fn][0]], fn)
        try:
            checked = TypeAdapter(row(name)).validate_json(json.dumps(outcome.result), strict=True)
        except ValidationError as error:
            offences[fn] = str(error)
        else:
            assert checked.as_json() == row(name).from_json(outcome.result).as_json(), fn

    assert offences == {}


def test_every_answer_that_is_read_as_a_row_is_compared() -> None:
    sources = "".join(path.read_text() for path in (PACKAGE / "core").glob("*.py"))

    asked = set(re.findall(r'call\(\s*"([a-z_]+)"', sources))

    assert asked - set(ROWS) == NO_ROW
