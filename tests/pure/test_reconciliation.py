from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.money import Money
from portal.money import total
from portal.payments.reconciliation import Books
from portal.payments.reconciliation import Cause
from portal.payments.reconciliation import Match
from portal.payments.reconciliation import Meaning
from portal.payments.reconciliation import Sheet
from portal.payments.reconciliation import Tally
from portal.payments.reconciliation import Unmatched
from portal.payments.reconciliation import reconcile
from portal.payments.statement import Line
from portal.payments.statement import Written
from portal.payments.statement import read_line

DAY = date(2026, 11, 10)
# A month: one payment, its fee, another that came back, a donation, and what nobody knows.
LINES = {
    "paid": (-1000, "โอนเงิน"),
    "fee": (-10, "ค่าธรรมเนียม"),
    "second": (-500, "โอนเงิน"),
    "back": (500, "คืนเงิน"),
    "gift": (700, "บริจาค"),
}
MATCHES = (
    Match(Meaning.PAYMENT, ("paid",), ("P1",)),
    Match(Meaning.FEE, ("fee",)),
    Match(Meaning.PAYMENT, ("second",), ("P2",)),
    Match(Meaning.RETURN, ("back",), ("P2",)),
    Match(Meaning.OTHER, ("gift",)),
)


def lines_of(told: dict[str, tuple[int, str]]) -> dict[str, Line]:
    return {
        key: read_line(Written(DAY, Money.baht(baht), text)) for key, (baht, text) in told.items()
    }


def books(*, fees: int = 10, returns: int = 500, **confirmed: int) -> Books:
    paid = confirmed or {"P1": 1000, "P2": 500}
    amounts = {name: Money.baht(baht) for name, baht in paid.items()}
    return Books(amounts, Money.baht(fees), Money.baht(returns))


def sheet(
    told: dict[str, tuple[int, str]] | None = None,
    matches: tuple[Match, ...] = MATCHES,
    kept: Books | None = None,
    missing: int = 0,
) -> Sheet:
    lines = lines_of(LINES if told is None else told)
    moved = total(line.amount for line in lines.values())
    opening = Money.baht(5000)
    return reconcile(
        lines,
        matches,
        kept or books(),
        opening=opening,
        closing=opening + moved + Money.baht(missing),
    )


def causes(found: Sheet) -> list[tuple[Cause, int, tuple[str, ...], tuple[str, ...]]]:
    return [
        (one.cause, one.amount.satang // 100, one.lines, one.payments) for one in found.explanations
    ]


def test_a_month_that_agrees() -> None:
    found = sheet()
    assert found.outflow == Money.baht(1010)
    assert found.money_in == Money.baht(700)
    assert (found.confirmed, found.fees, found.returns) == (
        Money.baht(1500),
        Money.baht(10),
        Money.baht(500),
    )
    assert found.difference == Money(0)
    assert found.opening + found.money_in - found.outflow == found.closing
    assert found.unmatched == {}
    assert found.is_reconciled


def test_lines_that_nobody_matched_stay_visible_by_what_they_look_like() -> None:
    found = sheet(LINES | {"more": (-7, "โอนเงิน"), "in": (5, "โอนเข้า")}, matches=())
    assert found.unmatched == {
        Unmatched.OUT: Tally(3, Money.baht(-1507)),
        Unmatched.FEE: Tally(1, Money.baht(-10)),
        Unmatched.RETURN: Tally(1, Money.baht(500)),
        Unmatched.IN: Tally(2, Money.baht(705)),
    }
    assert causes(found) == [
        (Cause.NOT_IN_STATEMENT, -1500, (), ("P1", "P2")),
        (Cause.FEES_DIFFER, -10, (), ()),
        (Cause.RETURNS_DIFFER, 500, (), ()),
        (Cause.UNMATCHED_OUT, 1507, ("paid", "second", "more"), ()),
        (Cause.UNMATCHED_FEE, 10, ("fee",), ()),
        (Cause.UNMATCHED_RETURN, -500, ("back",), ()),
    ]
    assert found.difference == Money.baht(7)
    assert not found.is_reconciled


def test_money_in_that_nobody_matched_makes_no_difference_but_is_not_done() -> None:
    found = sheet(LINES | {"in": (5, "โอนเข้า")})
    assert found.difference == Money(0)
    assert found.explanations == ()
    assert not found.is_reconciled


def test_a_payment_that_the_bank_does_not_show_is_named() -> None:
    found = sheet(kept=books(P1=1000, P2=500, P3=250))
    assert causes(found) == [(Cause.NOT_IN_STATEMENT, -250, (), ("P3",))]
    assert found.difference == Money.baht(-250)


def test_a_payment_matched_in_another_month_is_not_in_this_statement() -> None:
    matches = (*MATCHES, Match(Meaning.PAYMENT, ("october",), ("P3",)))
    found = sheet(matches=matches, kept=books(P1=1000, P2=500, P3=250))
    assert causes(found) == [(Cause.NOT_IN_STATEMENT, -250, (), ("P3",))]


def test_a_line_whose_payment_the_books_have_in_another_month_is_named() -> None:
    found = sheet(kept=books(P1=1000))
    assert causes(found) == [(Cause.NOT_IN_BOOKS, 500, ("second",), ())]


def test_amounts_that_differ_are_named_with_both_sides() -> None:
    found = sheet(kept=books(P1=999, P2=500, fees=12, returns=400))
    assert causes(found) == [
        (Cause.AMOUNT_DIFFERS, 1, ("paid",), ("P1",)),
        (Cause.FEES_DIFFER, -2, ("fee",), ()),
        (Cause.RETURNS_DIFFER, -100, ("back",), ()),
    ]
    assert found.difference == Money.baht(-101)


def test_money_of_others_explains_itself() -> None:
    found = sheet(
        LINES | {"moved": (-300, "โอนระหว่างบัญชี")},
        matches=(*MATCHES, Match(Meaning.OTHER, ("moved",))),
    )
    assert causes(found) == [(Cause.OTHER, 300, ("moved",), ())]
    assert found.difference == Money.baht(300)
    assert found.is_reconciled


def test_a_fee_that_the_bank_gives_back_makes_the_fees_less() -> None:
    found = sheet(
        LINES | {"refund": (4, "FEE")},
        matches=(*MATCHES, Match(Meaning.FEE, ("refund",))),
        kept=books(fees=6),
    )
    assert found.difference == Money(0)
    assert found.money_in == Money.baht(700)
    assert found.is_reconciled


def test_lines_that_the_statement_lacks_are_seen() -> None:
    found = sheet(missing=-25)
    assert found.missing == Money.baht(-25)
    assert not found.is_reconciled


def test_a_month_without_anything_is_reconciled() -> None:
    found = sheet({}, (), Books({}, Money(0), Money(0)))
    assert found.is_reconciled
    assert found.closing == found.opening


KEYS, NAMES = "abcdefgh", ("P1", "P2", "P3", "P4")


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.tuples(
            st.sampled_from([-1000, -500, -10, 10, 500]),
            st.sampled_from(["โอนเงิน", "FEE", "RETURN"]),
        ),
    ),
    st.lists(
        st.builds(
            Match,
            st.sampled_from(Meaning),
            st.lists(st.sampled_from(KEYS), unique=True, max_size=3).map(tuple),
            st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple),
        ),
        max_size=6,
    ).map(tuple),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([1000, 500])),
    st.integers(0, 20),
)
def test_the_explanations_are_the_difference_always(
    told: dict[str, tuple[int, str]],
    matches: tuple[Match, ...],
    confirmed: dict[str, int],
    fees: int,
) -> None:
    amounts = {name: Money.baht(baht) for name, baht in confirmed.items()}
    found = sheet(told, matches, Books(amounts, Money.baht(fees), Money.baht(500)))
    assert total(one.amount for one in found.explanations) == found.difference
    assert found.opening + found.money_in - found.outflow + found.missing == found.closing
    unmatched = sum(tally.count for tally in found.unmatched.values())
    assert unmatched == len(set(told) - {key for match in matches for key in match.lines})
