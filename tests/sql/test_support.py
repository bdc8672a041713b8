"""The helpers of the SQL tests speak like the gateway."""

from __future__ import annotations

import pytest

from tests.support.sql import Project, Refused, Sql


async def test_a_call_acts_as_its_caller(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend")

    page = await sql.call(bob, "list_events")

    assert (page["events"], page["next_cursor"]) == ([], None)
    assert {"cursor", "now"} <= page.keys()


async def test_a_refusal_carries_code_and_status(sql: Sql, project: Project) -> None:
    stranger = await sql.user()

    with pytest.raises(Refused) as refusal:
        await sql.call(stranger, "list_events", project_id=project.id)

    assert (refusal.value.code, refusal.value.status) == ("not_member", 403)
