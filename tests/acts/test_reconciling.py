from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from portal.money import Money
from portal.payments.accounts import open_account
from portal.payments.reconciling import month_sheet
from portal.payments.reconciling import months
from portal.payments.reconciling import sheet_table
from portal.payments.statement_lines import import_statement
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
JANUARY = date(2027, 1, 1)
WITH_BALANCE = """วันที่,รายการ,ถอนเงิน,ฝากเงิน,คงเหลือ
30/10/2569,โอน,100,,900.00
2/11/2569,โอน,50,,850.00
"""
WITHOUT = """วันที่,รายการ,ถอนเงิน,ฝากเงิน
3/1/2570,โอน,70,
"""
MT940 = """:20:X
:25:9870123456
:28C:1/1
:60F:C{day}THB1000,00
:61:{day}{short}D500,00NTRFNONREF
:86:TRANSFER
:62F:C{day}THB500,00
"""


@pytest.fixture(autouse=True)
def account(world: World) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)


def read_in(world: World, text: str) -> None:
    content, by = text.encode(), world.anong
    import_statement(world.session, ACCOUNT.code, content, name="a.csv", by=by, at=NOON)


def ends(session: Session, month: date) -> tuple[Money, Money, Money]:
    sheet = month_sheet(session, ACCOUNT.code, month).sheet
    return sheet.opening, sheet.closing, sheet.missing


def test_the_months_of_an_account(session: Session, world: World) -> None:
    assert months(session, ACCOUNT.code) == []
    read_in(world, WITH_BALANCE)
    read_in(world, WITHOUT)
    assert months(session, ACCOUNT.code) == [JANUARY, DECEMBER, NOVEMBER, OCTOBER]


def test_a_month_begins_where_the_one_before_it_ended(session: Session, world: World) -> None:
    read_in(world, WITH_BALANCE)
    nothing = Money(0)
    assert ends(session, OCTOBER) == (Money.baht(1000), Money.baht(900), nothing)
    assert ends(session, NOVEMBER) == (Money.baht(900), Money.baht(850), nothing)
    assert ends(session, DECEMBER) == (Money.baht(850), Money.baht(850), nothing)


def test_what_no_file_tells_is_reckoned(session: Session, world: World) -> None:
    assert ends(session, JANUARY) == (Money(0), Money(0), Money(0))
    read_in(world, WITHOUT)
    assert ends(session, JANUARY) == (Money(0), -Money.baht(70), Money(0))
    month = month_sheet(session, ACCOUNT.code, JANUARY)
    assert ("line_out", -Money.baht(70), 1, "") in list(sheet_table(month, "x").rows)


def test_a_file_may_tell_its_ends_alone(session: Session, world: World) -> None:
    read_in(world, MT940.format(day="261123", short="1123"))
    assert ends(session, NOVEMBER) == (Money.baht(1000), Money.baht(500), Money(0))


def test_a_line_that_is_missing_is_seen(session: Session, world: World) -> None:
    read_in(world, WITH_BALANCE)
    read_in(world, MT940.format(day="261223", short="1223"))
    assert ends(session, DECEMBER) == (Money.baht(850), Money.baht(500), Money.baht(150))
