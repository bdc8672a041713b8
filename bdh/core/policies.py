"""Policies: what the team has agreed on, and the playbook of each role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bdh.core.ports import Backend
from bdh.models.policies import Policy, PolicyHistory, PolicyVersion, RoleList


def show(backend: Backend, *, role: str | None = None, version: int | None = None) -> Policy:
    """The active policy, or one version of it, for the caller's role or another."""
    return Policy.from_json(backend.call("get_policy", role=role, version=version))


def history(
    backend: Backend, *, limit: int | None = None, cursor: str | None = None
) -> PolicyHistory:
    """Versions, newest first."""
    return PolicyHistory.from_json(backend.call("list_policies", limit=limit, cursor=cursor))


def edit(
    backend: Backend, bundle: Mapping[str, Any], base_version: int, note: str | None = None
) -> PolicyVersion:
    """
    Propose a version made from `base_version`; a human puts it in force.

    Raises:
        RefusedError: `policy_stale`, when there is a later one; `bad_policy`.
    """
    result = backend.call("edit_policy", bundle=dict(bundle), base_version=base_version, note=note)
    return PolicyVersion.from_json(result)


def activate(human: Backend, version: int) -> PolicyVersion:
    """Put a version in force."""
    return PolicyVersion.from_json(human.call("activate_policy", version=version))


def reset(human: Backend) -> PolicyVersion:
    """Put bdh's default in force, as a new version."""
    return PolicyVersion.from_json(human.call("reset_policy"))


def roles(backend: Backend) -> RoleList:
    """Roles of the policy and of live workspaces."""
    return RoleList.from_json(backend.call("list_roles"))
