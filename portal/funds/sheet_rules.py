"""The papers of a request, a payment, a batch, an account's month, a donation: who issues which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rules import RoleNeededError
from portal.roles import Actor
from portal.roles import Role

ROW_DIGITS_MAX = 9


class SheetKind(StrEnum):
    """What a paper is. Each kind has a template `templates/pdf/<kind>.html`."""

    WITHDRAWAL = "withdrawal"
    MEMO = "memo"
    VOUCHER = "voucher"
    RECEIPT = "receipt"
    REMITTANCE = "remittance"
    ADVANCE = "advance"
    CLEARING = "clearing"
    RECONCILIATION = "reconciliation"
    THANKS = "thanks"

    @property
    def counter(self) -> str:
        """Return what its running numbers are counted by."""
        return self.value[:12]


class About(StrEnum):
    """What a paper is about."""

    REQUEST = "request"
    PAYMENT = "payment"
    BATCH = "batch"
    MONTH = "month"
    DONATION = "donation"


@dataclass(frozen=True, slots=True)
class SheetTerms:
    """What a paper is about, and who issues it: in the first of the roles that they hold.

    `letter` stands before its running number, one for each fiscal year; a paper without one bears
    the number of what it is about.
    """

    about: About
    issuers: tuple[Role, ...]
    letter: str = ""


TERMS: Mapping[SheetKind, SheetTerms] = {
    SheetKind.WITHDRAWAL: SheetTerms(About.REQUEST, (Role.OFFICER, Role.TREASURER, Role.FINDER)),
    SheetKind.MEMO: SheetTerms(About.REQUEST, (Role.OFFICER,), "M"),
    SheetKind.VOUCHER: SheetTerms(About.PAYMENT, (Role.TREASURER, Role.OFFICER), "V"),
    SheetKind.RECEIPT: SheetTerms(About.PAYMENT, (Role.OFFICER, Role.TREASURER, Role.FINDER), "R"),
    SheetKind.ADVANCE: SheetTerms(About.PAYMENT, (Role.OFFICER, Role.TREASURER), "A"),
    SheetKind.CLEARING: SheetTerms(About.PAYMENT, (Role.TREASURER, Role.OFFICER), "C"),
    SheetKind.REMITTANCE: SheetTerms(About.BATCH, (Role.TREASURER,)),
    SheetKind.RECONCILIATION: SheetTerms(About.MONTH, (Role.TREASURER,), "K"),
    SheetKind.THANKS: SheetTerms(About.DONATION, (Role.OFFICER,), "T"),
}
# Who reads papers that are about no request; those about one are read by whoever may see it.
READERS: Mapping[About, frozenset[Role]] = {
    About.BATCH: frozenset({Role.TREASURER, Role.AUDITOR}),
    About.MONTH: frozenset({Role.TREASURER, Role.AUDITOR}),
    # A donor's name is for the officers alone.
    About.DONATION: frozenset({Role.OFFICER}),
}


class SheetTooEarlyError(RuleError):
    """What the paper is about has not come to what the paper would tell."""

    def __init__(self, kind: SheetKind) -> None:
        super().__init__(N_("“{sheet}” cannot be made yet, or no more."), sheet=kind)


class SheetUnknownError(NotFoundError):
    """There is no such paper, or it is not this person's to read."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such paper."))


class SheetChangedError(StaleError):
    """What the paper tells was changed while it was made, or its number was given to another."""

    def __init__(self) -> None:
        super().__init__(N_("What the paper tells was changed meanwhile; it is made anew."))


def row_of(about: str) -> int:
    """Return the number of a row that stands in an address; there is no paper of anything else."""
    if not about.isascii() or not about.isdecimal() or len(about) > ROW_DIGITS_MAX:
        raise SheetUnknownError
    return int(about)


def issuing_role(kind: SheetKind, by: Actor, *, asked_by: int | None) -> Role:
    """Return the role in which this person issues a paper, or raise the rule against it.

    A finder does so for what they asked for themselves; `asked_by` is who did.
    """
    role = _role(kind, by, asked_by)
    if role is None:
        raise RoleNeededError(TERMS[kind].issuers)
    return role


def _role(kind: SheetKind, by: Actor, asked_by: int | None) -> Role | None:
    held = (role for role in TERMS[kind].issuers if by.holds(role))
    return next(
        (role for role in held if role is not Role.FINDER or asked_by == by.person_id), None
    )


def sheets_to_ask(about: About, by: Actor, *, asked_by: int | None = None) -> list[SheetKind]:
    """Return the papers about something that this person may ask for."""
    return [
        kind
        for kind, terms in TERMS.items()
        if terms.about is about and _role(kind, by, asked_by) is not None
    ]
