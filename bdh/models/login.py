"""Sign-ins of humans."""

from __future__ import annotations

from dataclasses import dataclass

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Login(Row):
    """Who signs in to which backend; not `signed_in`: a code has been mailed, or it is over."""

    email: str | None
    url: str
    signed_in: bool
