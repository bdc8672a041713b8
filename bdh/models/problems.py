"""What pydantic found wrong, as people are told it."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError


class Problem(NamedTuple):
    """The first thing that is wrong: where, pydantic's name for it, and a phrase."""

    where: str
    kind: str
    phrase: str

    def __str__(self) -> str:
        return f"{self.where}: {self.phrase}" if self.where else self.phrase


def first_problem(error: ValidationError) -> Problem:
    """The first problem of a validation, without the value: that may be long, or a secret."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step)[:80] for step in found["loc"])
    return Problem(where, found["type"], found["msg"][0].lower() + found["msg"][1:])
