"""Values that no client of ours sends, for each type an argument can have."""

from __future__ import annotations

from typing import Any

LONG = "x" * 1_000_000
ODD = "\u202e\u0007\u200b\U0001d4b3\u0301'\"\\%_;--"
NOWHERE = "00000000-0000-4000-8000-00000000dead"

# As the text that is cast to the type; None is null.
BY_TYPE: dict[str, list[str | None]] = {
    "text": [None, "", LONG, ODD, "-1"],
    "integer": [None, "-1", "2147483647"],
    "bigint": [None, "-1", "9223372036854775807"],
    "boolean": [None],
    "uuid": [None, NOWHERE],
    "timestamp with time zone": [None, "infinity", "-infinity", "290000-01-01"],
    "text[]": [
        None, "{NULL}", "{x,x,NULL}", "{{a,b},{c,d}}", "{" + LONG + "}",
        "{" + ",".join(map(str, range(20_000))) + "}",
    ],
    "uuid[]": [None, "{NULL}", f"{{{NOWHERE},{NOWHERE},NULL}}"],
    "jsonb": [None, "null", "[]", "{}", '"x"', "1", "[null]", "[[]]", '{"x": {}}'],
}  # fmt: skip

# What stands where one value of a JSON argument stood.
IN_JSON: list[Any] = [None, "", ODD, "infinity", "x" * 5000, -1, 10**12, True, {}, [None]]

# JSON arguments with everything in them, in place of those of `arguments.CALLS`.
FULL: dict[str, dict[str, Any]] = {
    "update_beads": {
        "changes": {
            "title": "t", "description": "d", "status": "open", "priority": 1, "assignee": "me",
            "estimated_minutes": 5, "external_ref": "x", "defer_until": "2030-01-01T00:00:00Z",
            "parent_id": None, "labels": ["a"], "remove_labels": ["b"],
        },
        "epochs": {"$free": 1},
    },
    "close_beads": {"epochs": {"x": 1}},
    "create_bead": {"depends_on": [{"id": "$free", "type": "blocks"}]},
    "import_beads": {
        "beads": [{
            "id": "aa-90", "title": "t", "status": "open", "priority": 1, "assignee": "x",
            "labels": ["a"], "created_at": "2026-01-01T00:00:00Z", "defer_until": None,
            "dependencies": [{"depends_on_id": "aa-1", "created_at": "2026-01-01T00:00:00Z"}],
            "comments": [{"author": "a", "text": "t", "created_at": "2026-01-01T00:00:00Z"}],
        }],
    },
    "reserve_paths": {"metadata": {"a": 1}},
    "notify_settings": {"changes": {"quiet_from": "10:00", "time_zone": "UTC", "reminders": 1}},
    "set_channel": {"config": {"p256dh": "x", "auth": "y"}},
    "begin_import": {
        "project": {
            "id": "a0000000-0000-4000-8000-000000000001", "slug": "moved", "name": "Moved",
            "prefix": "mm", "next_bead": 1, "created_at": "2026-01-01T00:00:00Z",
            "settings": {"guard_mode": "off"}, "members": [{"id": NOWHERE, "email": "x@y.z"}],
        },
    },
}  # fmt: skip


def mutations(value: Any) -> list[Any]:
    """`value` with each of its parts replaced by each hostile one, and with each part left out."""
    if isinstance(value, dict):
        found: list[Any] = []
        for key, part in value.items():
            rest = {k: v for k, v in value.items() if k != key}
            found += [rest, *({**rest, key: bad} for bad in [*IN_JSON, *mutations(part)])]
        return found
    if isinstance(value, list) and value:
        return [[bad, *value[1:]] for bad in [*IN_JSON, *mutations(value[0])]]
    return []
