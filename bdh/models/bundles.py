"""A policy's document, as people edit it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Strict: a key that is misspelt would be a rule that nobody has."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RoleText(Part):
    """What a role is for, and how it goes about it."""

    summary: str | None = None
    playbook: str


class ProtectedPath(Part):
    """Files that the guard watches whoever holds them."""

    glob: Annotated[str, Field(min_length=1, max_length=200)]
    action: Literal["warn", "deny", "ask"]
    reason: str | None = None


class Rules(Part):
    """What the guard enforces by itself."""

    protected_paths: Annotated[list[ProtectedPath], Field(max_length=100)] = []
    max_files_per_claim: Annotated[int, Field(ge=1, le=100_000)] | None = None


class Bundle(Part):
    """The rules for everybody, and a playbook a role."""

    invariants: list[str]
    roles: Annotated[dict[str, RoleText], Field(min_length=1)]
    rules: Rules | None = None
    version: int | None = None
