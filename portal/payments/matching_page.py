"""Reads for the pages of statements: open lines, what they may be, and who may say so. Private."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.labels import Name
from portal.money import Money
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.known_payments import KnownPayment
from portal.payments.known_payments import known_payments
from portal.payments.known_payments import sent
from portal.payments.match_values import MatchKind
from portal.payments.match_values import Suggestion
from portal.payments.match_values import Why
from portal.payments.matching import Matching
from portal.payments.matching import suggestions
from portal.payments.models import BankLine
from portal.payments.models import BankStatement
from portal.payments.models import MatchedLine
from portal.payments.models import PayingAccount
from portal.payments.rules import PaymentAction
from portal.payments.statement import Line
from portal.roles import Actor


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in a list: up to which day its statements tell, and what they end with."""

    code: str
    name: Name
    bank_code: str
    number: str
    is_closed: bool
    newest_on: date | None
    closing: Money | None
    open_count: int


def accounts(session: Session) -> list[AccountRow]:
    """Return every account, by code."""
    newest = _newest_statements(session)
    counted = select(BankLine.account_code, func.count().label("lines")).where(_IS_OPEN)
    counts = session.execute(counted.group_by(BankLine.account_code))
    open_counts = {row.account_code: row.lines for row in counts}
    return [
        AccountRow(
            code=row.code,
            name=Name(row.name_th, row.name_en),
            bank_code=row.bank_code,
            number=row.account_number,
            is_closed=row.is_closed,
            newest_on=newest[row.code].last_on if row.code in newest else None,
            closing=_closing(newest.get(row.code)),
            open_count=open_counts.get(row.code, 0),
        )
        for row in session.scalars(select(PayingAccount).order_by(PayingAccount.code))
    ]


def account_row(session: Session, code: str) -> AccountRow:
    """Return one account, or raise `AccountNotFoundError`."""
    for row in accounts(session):
        if row.code == code:
            return row
    raise AccountNotFoundError


def _newest_statements(session: Session) -> Mapping[str, BankStatement]:
    order = (BankStatement.last_on.desc(), BankStatement.id.desc())
    place = func.row_number().over(partition_by=BankStatement.account_code, order_by=order)
    ranked = select(BankStatement.id, place.label("place")).subquery()
    found = select(BankStatement).join(ranked, ranked.c.id == BankStatement.id)
    rows = session.scalars(found.where(ranked.c.place == 1))
    return {row.account_code: row for row in rows}


def _closing(statement: BankStatement | None) -> Money | None:
    if statement is None or statement.closing_satang is None:
        return None
    return Money(statement.closing_satang)


_IS_OPEN = BankLine.id.not_in(select(MatchedLine.bank_line_id))


def open_lines(session: Session, account: str) -> dict[str, Line]:
    """Return the lines that nobody has confirmed yet, by fingerprint, oldest first."""
    found = select(BankLine).where(BankLine.account_code == account, _IS_OPEN)
    rows = session.scalars(found.order_by(BankLine.booked_on, BankLine.id))
    return {row.fingerprint: row.line for row in rows}


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that nobody has confirmed yet."""

    key: str
    line: Line


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggestion with its lines and payments; `refusal` keeps this person from confirming it."""

    suggestion: Suggestion
    lines: tuple[OpenLine, ...]
    payments: tuple[KnownPayment, ...]
    refusal: PortalError | None

    @property
    def kind(self) -> MatchKind:
        """Return how lines and payments were found to belong together."""
        return self.suggestion.kind

    @property
    def why(self) -> Why:
        """Return the reason."""
        return self.suggestion.why

    @property
    def named(self) -> Sequence[tuple[str, KnownPayment | None]]:
        """Return what it may be, by reference; a batch is no payment."""
        known = {payment.reference: payment for payment in self.payments}
        return [(name, known.get(name)) for name in self.names]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the references of what it may be, of a batch its own."""
        return self.suggestion.payments


@dataclass(frozen=True, slots=True)
class MatchingPage:
    """The open lines of an account by what they may be; `mine` are sure and this person's to say.

    `others` are sure, but somebody else must say so.
    """

    matching: Matching
    mine: Sequence[Proposal]
    others: Sequence[Proposal]
    returns: Sequence[Proposal]
    fees: Sequence[Proposal]
    to_look_at: Sequence[Proposal]
    unmatched: Sequence[OpenLine]


_APART_FROM_PAYMENTS = frozenset({MatchKind.RETURN, MatchKind.FEE})


def matching_page(session: Session, account: str, by: Actor, *, at: datetime) -> MatchingPage:
    """Return what the open lines of an account may be."""
    lines = open_lines(session, account)
    known = known_payments(session, account, by, at=at)
    matching = suggestions(lines, sent(session, known))
    proposals = [_proposal(one, lines, known, by) for one in matching.suggestions]
    sure = [
        one
        for one in proposals
        if one.suggestion.can_be_confirmed and one.kind not in _APART_FROM_PAYMENTS
    ]
    return MatchingPage(
        matching=matching,
        mine=[one for one in sure if one.refusal is None],
        others=[one for one in sure if one.refusal is not None],
        returns=[one for one in proposals if one.kind is MatchKind.RETURN],
        fees=[one for one in proposals if one.kind is MatchKind.FEE],
        to_look_at=[one for one in proposals if not one.suggestion.can_be_confirmed],
        unmatched=[OpenLine(key, lines[key]) for key in matching.unmatched],
    )


def _proposal(
    suggestion: Suggestion,
    lines: Mapping[str, Line],
    known: Mapping[str, KnownPayment],
    by: Actor,
) -> Proposal:
    payments = tuple(known[name] for name in suggestion.payments if name in known)
    is_back = suggestion.kind is MatchKind.RETURN
    action = PaymentAction.BOUNCE if is_back else PaymentAction.CONFIRM
    refusals = (one.refusal(action, by) for one in payments)
    return Proposal(
        suggestion,
        tuple(OpenLine(key, lines[key]) for key in suggestion.lines),
        payments,
        next((refusal for refusal in refusals if refusal is not None), None),
    )


def lines_of(session: Session, account: str, keys: Collection[str]) -> list[OpenLine]:
    """Return these of the open lines of an account, oldest first."""
    lines = open_lines(session, account)
    return [OpenLine(key, line) for key, line in lines.items() if key in keys]


def proposals_for(
    session: Session, account: str, keys: Collection[str], by: Actor, *, at: datetime
) -> list[Proposal]:
    """Return what these lines may be, as far as anything was found."""
    page = matching_page(session, account, by, at=at)
    found = (*page.mine, *page.others, *page.returns, *page.fees, *page.to_look_at)
    return [one for one in found if not set(keys).isdisjoint(one.suggestion.lines)]
