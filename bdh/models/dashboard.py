"""The dashboard, as its verb prints it."""

from __future__ import annotations

from dataclasses import dataclass

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class DashboardOpened(Row):
    """Where the dashboard is; the address signs in once, within a minute, and then no more."""

    url: str
    opened: bool


@dataclass(frozen=True, repr=False, eq=False)
class DashboardExported(Row):
    """A folder for a static host, and the backend that it talks to."""

    folder: str
    backend: str
