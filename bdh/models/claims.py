"""Claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.actors import Actor, Holder
from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Claim(Row):
    """
    The right to work on a bead; live while `ended_at` is `None`.

    `epoch` rises with each new holder. `stale`: its holder has been offline for long.
    """

    PARTS: ClassVar[dict[str, type[Row]]] = {"holder": Holder, "ended_by": Actor}

    id: str
    bead_id: str
    bead_title: str = ""
    apex_id: str | None = None
    apex_title: str | None = None
    epoch: int = 1
    claimed_at: str = ""
    ended_at: str | None = None
    ended_reason: str | None = None
    ended_by: Actor | None = None
    note: str | None = None
    stale: bool = False
    holder: Holder | None = None


@dataclass(frozen=True, repr=False, eq=False)
class TakenClaim(Claim):
    """A claim just taken, or held before; `jumped_in_over` is whom it was taken from."""

    PARTS: ClassVar[dict[str, type[Row]]] = {**Claim.PARTS, "jumped_in_over": Holder}

    already_held: bool = False
    jumped_in_over: Holder | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Released(Row):
    """A bead given back; `claim` is the one that ended, `released` false when there was none."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"claim": Claim}

    bead_id: str
    released: bool = True
    claim: Claim | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ClaimList(Row):
    """A page of claims."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"claims": Claim}

    claims: tuple[Claim, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class NoClaim(Row):
    """Nothing was ready, so there is no claim."""

    claim: None = None
