"""What the reconciliation of an account's month tells, led from books and bank to one sum."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import RuleError
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import READERS
from portal.funds.sheet_rules import About
from portal.money import Money
from portal.payments import reconciling
from portal.payments.match_rules import MonthNotFoundError
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.paper_parts import OpenLine
from portal.payments.printed import ReconciliationSheet
from portal.payments.reconciliation import Cause
from portal.payments.reconciliation import Explanation
from portal.payments.reconciling import MonthSheet
from portal.payments.told_batches import our_account
from portal.roles import Actor

# Why something stands on one side only, as accountants say it. No line tells whom it is about.
TEXTS: Mapping[Cause, str] = {
    Cause.UNMATCHED_OUT: "เงินออก ยังไม่ทราบรายการ",
    Cause.UNMATCHED_FEE: "ค่าธรรมเนียมธนาคาร ยังไม่บันทึกบัญชี",
    Cause.UNMATCHED_RETURN: "เงินคืนจากธนาคาร ยังไม่บันทึกบัญชี",
    Cause.NOT_IN_STATEMENT: "จ่ายแล้วตามบัญชี ธนาคารยังไม่มีรายการ",
    Cause.NOT_IN_BOOKS: "รายการที่บัญชีบันทึกไว้ในเดือนอื่น",
    Cause.AMOUNT_DIFFERS: "จำนวนเงินของธนาคารต่างจากบัญชี",
    Cause.OTHER: "เงินออกที่ไม่ใช่การจ่ายตามคำขอ",
    Cause.FEES_DIFFER: "ค่าธรรมเนียมต่างจากบัญชี",
    Cause.RETURNS_DIFFER: "เงินคืนต่างจากบัญชี",
}
# Each of their lines is an open line of its own; of the others the difference alone is.
_LINE_BY_LINE = frozenset(
    {
        Cause.UNMATCHED_OUT,
        Cause.UNMATCHED_FEE,
        Cause.UNMATCHED_RETURN,
        Cause.NOT_IN_BOOKS,
        Cause.OTHER,
    }
)


class MonthNotOverError(RuleError):
    """A month is reconciled when it is over, from a statement that tells of it."""

    def __init__(self) -> None:
        super().__init__(
            N_("A month is reconciled on paper when it is over and its statement was read.")
        )


def seen_month(session: Session, about: str, by: Actor) -> tuple[PayingAccount, date]:
    """Return an account and the month that `MAIN-2026-11` names, to those who may see it."""
    code, month = about[: -len("-2026-11")], about[-len("2026-11") :]
    first = reconciling.read_month(month)
    account = session.get(PayingAccount, code)
    if account is None or about != f"{code}-{month}" or not READERS[About.MONTH] & by.roles:
        raise MonthNotFoundError
    return account, first


def is_over(first: date, on: date) -> bool:
    """Say whether the month that begins on a day is over."""
    return (on.year, on.month) > (first.year, first.month)


def reconciliation(session: Session, about: str, by: Actor, on: date) -> Matter:
    """Tell the reconciliation of a month that is over."""
    account, first = seen_month(session, about, by)
    known = reconciling.months(session, account.code)
    if first not in known or not is_over(first, on):
        raise MonthNotOverError
    month = reconciling.month_sheet(session, account.code, first)
    figures = month.sheet
    unmatched = sum(tally.count for tally in figures.unmatched.values())
    sheet = ReconciliationSheet(
        foundation=our_account(session, account.code).holder,
        account=our_account(session, account.code),
        month_on=first,
        opening=figures.opening,
        received=figures.money_in,
        paid=figures.confirmed + figures.fees - figures.returns,
        bank_closing=figures.closing,
        matched_count=len(month.lines) - unmatched,
        not_at_bank=tuple(_not_at_bank(session, month, first)),
        not_in_books=tuple(_not_in_books(month, first)),
        prepared=None,
        checked=None,
    )
    return Matter(
        about=f"month:{about}",
        reference=about,
        subject=f"account:{account.code}",
        log_eid=account.log_eid,
        sheet=sheet,
    )


def _not_at_bank(session: Session, month: MonthSheet, first: date) -> Iterator[OpenLine]:
    """Give the payments that the books have and no line of the bank shows."""
    names = [
        name
        for one in month.sheet.explanations
        if one.cause is Cause.NOT_IN_STATEMENT
        for name in one.payments
    ]
    found = select(Payment).where(Payment.reference.in_(names)).order_by(Payment.id)
    text = TEXTS[Cause.NOT_IN_STATEMENT]
    for payment in session.scalars(found):
        yield OpenLine(first, payment.reference, text, -payment.amount)


def _not_in_books(month: MonthSheet, first: date) -> Iterator[OpenLine]:
    """Give what the bank has and the books have not, or have otherwise."""
    for one in month.sheet.explanations:
        if one.cause in _LINE_BY_LINE:
            yield from _lines(month, one)
        elif one.cause is not Cause.NOT_IN_STATEMENT:
            reference = one.payments[0] if one.payments else ""
            yield OpenLine(first, reference, TEXTS[one.cause], -one.amount)


def _lines(month: MonthSheet, one: Explanation) -> Iterator[OpenLine]:
    for key in one.lines:
        line = month.lines[key]
        amount: Money = line.amount
        yield OpenLine(line.booked_on, line.bank_reference, TEXTS[one.cause], amount)
