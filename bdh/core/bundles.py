"""What can be said of a policy's document before the database judges it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bdh.errors import RefusedError
from bdh.models.bundles import Bundle
from bdh.models.problems import first_problem


def check(bundle: dict[str, Any]) -> None:
    """
    Nothing, if the document has the shape of a policy.

    Raises:
        RefusedError: `bad_policy`, as the database says it too, naming the first wrong key.
    """
    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        raise RefusedError(
            f"The policy is not well-formed: {first_problem(error)}",
            code="bad_policy",
            hint="bdh :policy show --json prints one that is",
        ) from None
