"""
For every public function a call that works, made by somebody of ours on things of ours.

`$name` stands for an id of the scene. The tenancy tests let everybody else try the same; a function
without an entry fails them.
"""

from __future__ import annotations

import re
from typing import Any

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    # projects and people
    "create_project": ("stranger", {"slug": "new"}),
    "project_settings": ("owner", {"changes": {"guard_mode": "off"}}),
    "register_repo": ("alice", {"origin": "example.com/acme/new"}),
    "create_invite": ("owner", {}),
    "revoke_invite": ("owner", {"invite_id": "$invite"}),
    "resend_invite": ("owner", {"invite_id": "$mailed_invite"}),
    "list_invites": ("owner", {}),
    "accept_invite": ("stranger", {"token": "$member_token"}),
    "join_project": (
        "newcomer",
        {"token": "$workspace_token", "repo_origin": "example.com/a/b"},
    ),
    "add_sibling": ("alice", {}),
    "remove_workspace": ("owner", {"alias": "alice"}),
    "reattach_workspace": ("owner", {"alias": "alice"}),
    "update_workspace": ("alice", {"focus": "this"}),
    "heartbeat": ("alice", {"modified_paths": ["src/api.py"]}),
    "list_members": ("alice", {}),
    "update_member": ("owner", {"member_id": "$member", "role": "admin"}),
    "remove_member": ("owner", {"member_id": "$member"}),
    "transfer_ownership": ("owner", {"member_id": "$member"}),
    "leave_project": ("member", {}),
    "list_workspaces": ("alice", {}),
    "team_status": ("alice", {}),
    "whoami": ("alice", {}),
    "schema_version": ("alice", {}),
    "list_events": ("alice", {}),
    "plan_usage": ("alice", {}),
    "change_plan": ("service", {"project_id": "$project", "plan": "free"}),
    "begin_import": (
        "stranger",
        {
            "project": {
                "id": "a0000000-0000-4000-8000-000000000001",
                "slug": "moved",
                "name": "Moved",
                "prefix": "mm",
                "next_bead": 1,
                "created_at": "2026-01-01T00:00:00Z",
            }
        },
    ),
    "import_rows": (
        "owner",
        {
            "batch": 0,
            "table": "bead_labels",
            "rows": [{"bead_id": "$free", "label": "moved"}],
        },
    ),
    "finish_import": ("owner", {}),
    # beads
    "create_bead": ("alice", {"title": "new", "parent_id": "$epic"}),
    "update_beads": (
        "alice",
        {"ids": ["$free"], "changes": {"status": "in_progress"}},
    ),
    "close_beads": ("alice", {"ids": ["$claimed"]}),
    "reopen_beads": ("alice", {"ids": ["$closed"]}),
    "delete_beads": ("alice", {"ids": ["$free"]}),
    "comment_bead": ("alice", {"id": "$free", "body": "well"}),
    "add_dependency": (
        "alice",
        {"id": "$claimed", "depends_on": "$free"},
    ),
    "remove_dependency": (
        "alice",
        {"id": "$blocked", "depends_on": "$free"},
    ),
    "dependency_tree": ("alice", {"id": "$blocked"}),
    "show_bead": ("alice", {"id": "$free"}),
    "list_beads": ("alice", {"include_closed": True}),
    "ready_beads": ("alice", {}),
    "blocked_beads": ("alice", {}),
    "bead_stats": ("alice", {}),
    "claim_bead": (
        "bob",
        {"bead_id": "$claimed", "jump_in": True, "reason": "urgent"},
    ),
    "claim_next": ("bob", {}),
    "release_bead": ("alice", {"bead_id": "$claimed"}),
    "list_claims": ("alice", {"include_ended": True}),
    "import_beads": (
        "alice",
        {"beads": [{"id": "$free", "title": "mine", "status": "open"}]},
    ),
    "export_beads": ("alice", {}),
    # messages
    "send_mail": ("alice", {"in_reply_to": "$mail", "body": "and?"}),
    "list_mail": ("bob", {"thread_id": "$thread", "box": "all"}),
    "open_mail": ("bob", {"id": "$mail"}),
    "ack_mail": ("bob", {"ids": ["$mail"]}),
    "search_mail": ("bob", {"query": "zzsecret"}),
    "chat_send": ("bob", {"session_id": "$session", "body": "yes"}),
    "chat_pending": ("bob", {}),
    "chat_open": ("bob", {"chat": "$session"}),
    "chat_history": ("bob", {"chat": "$session"}),
    "chat_mark_read": ("bob", {"shown": ["$session:1"]}),
    "chat_listen": ("bob", {"chat": "$session"}),
    "chat_wait_refresh": ("alice", {"wait_id": "$wait"}),
    "chat_wait_end": ("alice", {"wait_id": "$wait"}),
    "chat_extend_wait": ("bob", {"chat": "$session"}),
    "chat_leave": ("bob", {"chat": "$session"}),
    "chat_join": ("member", {"session_id": "$session"}),
    "escalate": ("alice", {"subject": "What?", "situation": "so"}),
    "list_escalations": ("bob", {}),
    "show_escalation": ("bob", {"id": "$escalation"}),
    "answer_escalation": ("owner", {"id": "$escalation", "option": 2}),
    "withdraw_escalation": ("bob", {"id": "$escalation"}),
    "notices": ("bob", {}),
    "attend": ("bob", {}),
    # files and policies
    "reserve_paths": ("alice", {"paths": ["lib/x.py"], "repo_id": "$repo"}),
    "release_paths": ("owner", {"all": True, "for_alias": "alice"}),
    "check_paths": ("bob", {"paths": ["src/api.py"], "repo_id": "$repo"}),
    "list_locks": ("bob", {"repo_id": "$repo"}),
    "end_lock_wait": ("bob", {"repo_id": "$repo"}),
    "get_policy": ("alice", {"version": 1}),
    "list_policies": ("alice", {}),
    "edit_policy": ("alice", {"bundle": "$bundle", "base_version": 1}),
    "activate_policy": ("owner", {"version": 1}),
    "reset_policy": ("owner", {}),
    "list_roles": ("alice", {}),
    # being told
    "subscribe": ("alice", {"bead_ids": ["$free"]}),
    "unsubscribe": ("bob", {"bead_ids": ["$claimed"]}),
    "list_subscriptions": ("bob", {}),
    "set_channel": ("owner", {"type": "email"}),
    "update_channel": ("owner", {"channel_id": "$channel", "enabled": False}),
    "remove_channel": ("owner", {"channel_id": "$channel"}),
    "list_channels": ("owner", {}),
    "ask_push_key": ("owner", {}),
    "notify_settings": ("owner", {}),
    "list_outbox": ("owner", {}),
    "retry_outbox": ("owner", {}),
    "lease_outbox": ("service", {}),
    "settle_outbox": (
        "service",
        {"id": "$mail", "lease": "$mail", "results": []},
    ),
    "keep_push_keys": ("service", {"public": "x", "private": {}}),
    "show_answer_link": ("service", {"token": "x"}),
    "check_relay_token": ("service", {"token": "x"}),
    "repos_to_verify": ("service", {}),
    "set_repo_visibility": ("service", {"repo_id": "$repo", "visibility": "public"}),
    "answer_by_link": ("service", {"token": "x", "option": 1}),
}

# Made for people who are not in the project yet, or for everybody.
OPEN = frozenset(
    {"create_project", "begin_import", "accept_invite", "join_project", "schema_version"}
)


def filled(value: Any, ids: dict[str, Any]) -> Any:
    """`value` with every `$name` replaced by the scene's id of that name."""
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("$") and value[1:] in ids:
        return ids[value[1:]]
    return re.sub(r"\$(\w+)", lambda found: str(ids[found[1]]), value)
