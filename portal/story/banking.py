"""The treasurers of the story at the bank's statements: read each morning, and explained at once.

What came in the last days is read and left for whoever tries the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import time
from datetime import timedelta

from sqlalchemy import select

from portal.money import Money
from portal.money import total
from portal.payments.confirming import Pairing
from portal.payments.confirming import confirm_fee
from portal.payments.confirming import confirm_pairings
from portal.payments.confirming import confirm_return
from portal.payments.confirming import set_aside
from portal.payments.matching_page import MatchingPage
from portal.payments.matching_page import Proposal
from portal.payments.matching_page import matching_page
from portal.payments.models import PayingAccount
from portal.payments.returning import Back
from portal.payments.statement_lines import import_statement
from portal.roles import Actor
from portal.roles import Role
from portal.story.days import YEAR
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.thai import BANGKOK
from portal.thai import bangkok_day
from portal.working_days import is_working_day

_MORNING = time(8, 40)
# Until then everything is explained, and payments some days longer; the last one is only read.
_EXPLAINED_UNTIL, _CONFIRMED_UNTIL, _READ_UNTIL = 345, 356, YEAR - 1
_CHARGED_ON = range(20, YEAR, 30)
_CHARGE, _CHARGED_TO = Money.baht(100), "GEN"
_UNNAMED_ON, _UNNAMED = 352, Money.baht(500)
_WHY_BACK = "ธนาคารปลายทางแจ้งว่าบัญชีปิดแล้ว ติดต่อผู้รับเงินขอเลขที่บัญชีใหม่"
_WHY_ASIDE = "เงินบริจาคที่บันทึกรับเข้ากองทุนแล้ว"


def bank_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the bank's statements, and of what the bank books unasked."""
    yield from (_charged(teller, day) for day in _CHARGED_ON)
    yield _unnamed(teller)
    yield _read(teller)


def _charged(teller: Teller, day: int) -> Life:
    yield teller.days.on(day)
    teller.bank.book(bangkok_day(teller.at), -_CHARGE, "ค่าธรรมเนียมบริการธนาคารออนไลน์รายเดือน")


def _unnamed(teller: Teller) -> Life:
    """Let somebody give money of whom nobody knows."""
    yield teller.days.on(_UNNAMED_ON)
    teller.bank.book(bangkok_day(teller.at), _UNNAMED, "รับโอนเงินพร้อมเพย์")


def _read(teller: Teller) -> Life:
    for day in range(1, _READ_UNTIL + 1):
        on = teller.days.begins_on + timedelta(days=day)
        if not is_working_day(on, teller.days.closed):
            continue
        yield datetime.combine(on, _MORNING, BANGKOK).astimezone(UTC)
        if teller.bank.unread:
            _read_statement(teller, day)


def _read_statement(teller: Teller, day: int) -> None:
    treasurers = teller.holders(Role.TREASURER)
    account = teller.session.scalars(select(PayingAccount)).one()
    content = teller.bank.statement(account.account_number)
    name, by, at = f"{bangkok_day(teller.at)}.csv", treasurers[day % len(treasurers)], teller.tick()
    import_statement(teller.session, account.code, content, name=name, by=by, at=at)
    for each in treasurers if day <= _CONFIRMED_UNTIL else ():
        page = matching_page(teller.session, account.code, each, at=teller.at)
        _confirm(teller, page, by=each)
        if day <= _EXPLAINED_UNTIL:
            _explain(teller, page, by=each)
        # Who released a payment leaves it to the next.
        if not page.others and all(one.refusal is None for one in page.returns):
            break


def _confirm(teller: Teller, page: MatchingPage, *, by: Actor) -> None:
    pairings = [Pairing(one.suggestion.lines, one.names) for one in page.mine]
    if pairings:
        confirm_pairings(teller.session, pairings, by=by, at=teller.tick())


def _explain(teller: Teller, page: MatchingPage, *, by: Actor) -> None:
    """Say of each line that is no payment what it is."""
    session = teller.session
    for one in page.returns:
        if one.refusal is None:
            _take_back(teller, one, by=by)
    for one in page.fees:
        confirm_fee(session, one.suggestion.lines, _CHARGED_TO, by=by, at=teller.tick())
    for line in page.unmatched:
        set_aside(session, [line.key], note=_WHY_ASIDE, by=by, at=teller.tick())


def _take_back(teller: Teller, one: Proposal, *, by: Actor) -> None:
    """Confirm what came back; the bank kept the rest of it."""
    payment, at = one.payments[0], teller.tick()
    came = total(row.line.amount for row in one.lines)
    back = Back(payment.amount, _WHY_BACK, payment.amount - came)
    confirm_return(
        teller.session,
        one.suggestion.lines,
        payment.id,
        back,
        seen_version=payment.version,
        by=by,
        at=at,
    )
