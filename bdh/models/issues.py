"""An issue as a line of bd's JSONL has it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr

Name = Annotated[StrictStr, Field(min_length=1, max_length=200)]


class Part(BaseModel):
    """Fields that bdh does not know are kept; a number may stand where a text is meant."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


class IssueEdge(Part):
    """An edge to another issue, which need not be in the file."""

    depends_on_id: Name
    type: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    created_at: str | None = None


class IssueComment(Part):
    """A comment, by somebody who need not be here."""

    author: str | None = None
    text: str | None = None
    created_at: str | None = None


class Issue(Part):
    """An issue that the database can be asked to store; whether it does is for it to say."""

    id: Name
    title: Annotated[StrictStr, Field(min_length=1)]
    description: str | None = None
    design: str | None = None
    acceptance_criteria: str | None = None
    notes: str | None = None
    status: Annotated[str, Field(min_length=1)] | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    estimated_minutes: int | None = None
    external_ref: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    updated_at: str | None = None
    closed_at: str | None = None
    close_reason: str | None = None
    labels: list[Annotated[str, Field(max_length=200)]] | None = None
    dependencies: list[IssueEdge] | None = None
    comments: list[IssueComment] | None = None
