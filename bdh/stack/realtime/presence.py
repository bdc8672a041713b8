"""Who is here: metas by topic and key, and the differences to tell others. One process, no CRDT."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Meta = dict[str, Any]
Owner = TypeVar("Owner")
# (private, topic without its prefix): public and private channels are separate worlds.
TopicKey = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Diff:
    """The payload of a `presence_diff`."""

    joins: dict[str, Any] = field(default_factory=dict)
    leaves: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"joins": self.joins, "leaves": self.leaves}


class Presence(Generic[Owner]):
    """Each owner (a channel) has at most one meta, under one key; a key may have many owners."""

    def __init__(self) -> None:
        self._topics: dict[TopicKey, dict[str, dict[Owner, Meta]]] = {}

    def state(self, topic: TopicKey) -> dict[str, Any]:
        """The payload of a `presence_state`."""
        keys = self._topics.get(topic, {})
        return {key: {"metas": list(owners.values())} for key, owners in keys.items()}

    def track(self, topic: TopicKey, key: str, owner: Owner, meta: Meta) -> Diff | None:
        """Set the owner's meta; None when it said the same before."""
        owners = self._topics.setdefault(topic, {}).setdefault(key, {})
        old = owners.get(owner)
        if old is not None and _stripped(old) == _stripped(meta):
            return None
        # Clients find a meta by phx_ref and lose their reader when it is missing.
        new = {**_stripped(meta), "phx_ref": secrets.token_urlsafe(12)}
        if old is not None:
            new["phx_ref_prev"] = old["phx_ref"]
        owners[owner] = new
        leaves = {} if old is None else {key: {"metas": [old]}}
        return Diff({key: {"metas": [new]}}, leaves)

    def untrack(self, topic: TopicKey, key: str, owner: Owner) -> Diff | None:
        """Remove the owner's meta; None when there was none."""
        keys = self._topics.get(topic, {})
        owners = keys.get(key, {})
        old = owners.pop(owner, None)
        if old is None:
            return None
        if not owners:
            del keys[key]
        if not keys:
            del self._topics[topic]
        return Diff({}, {key: {"metas": [old]}})


def _stripped(meta: Meta) -> Meta:
    return {name: meta[name] for name in meta if name not in ("phx_ref", "phx_ref_prev")}
