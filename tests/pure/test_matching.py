from __future__ import annotations

import sys
from datetime import date
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import N_
from portal.money import Money
from portal.payments.matching import Matching
from portal.payments.matching import MatchKind
from portal.payments.matching import Sent
from portal.payments.matching import Why
from portal.payments.matching import suggestions
from portal.payments.statement import Line
from portal.payments.statement import Written
from portal.payments.statement import read_line

DAY = date(2026, 11, 10)
ONE, TWO = "RYG-2570-P000001", "RYG-2570-P000002"
BATCH = "RYG-2570-B000001"
ACCOUNT, OTHER = "1234567890", "1234567891"
SHOWN = "123-4-56789-0"


def out(baht: int, text: str = "", *, after: int = 0) -> Line:
    return read_line(Written(DAY + timedelta(after), Money.baht(-baht), text))


def into(baht: int, text: str, *, after: int = 5) -> Line:
    return read_line(Written(DAY + timedelta(after), Money.baht(baht), text))


def sent(  # noqa: PLR0913 - a payment has so many facts
    reference: str = ONE,
    baht: int = 1000,
    *,
    account: str = "",
    after: int = 0,
    batch: str = "",
    total: int = 0,
    is_confirmed: bool = False,
    returned: int = 0,
) -> Sent:
    return Sent(
        reference=reference,
        amount=Money.baht(baht),
        sent_on=DAY + timedelta(after),
        account=account,
        batch=batch,
        batch_total=Money.baht(total) if total else None,
        is_confirmed=is_confirmed,
        returned=Money.baht(returned),
    )


def match(lines: list[Line], *payments: Sent) -> Matching:
    return suggestions({str(place): line for place, line in enumerate(lines)}, payments)


def found(matching: Matching) -> list[tuple[MatchKind, str, list[str]]]:
    return [
        (suggestion.kind, "".join(suggestion.lines), list(suggestion.payments))
        for suggestion in matching.suggestions
    ]


def why(matching: Matching) -> str:
    return str(matching.suggestions[0].why)


# What the bank names


def test_a_line_that_names_a_payment_is_that_payment() -> None:
    matching = match([out(1000, f"โอนเงิน {ONE}", after=90)], sent(), sent(TWO))
    assert found(matching) == [(MatchKind.END_TO_END, "0", [ONE])]
    assert why(matching) == f"The line names {ONE}, and the amount is the same."
    assert matching.suggestions[0].can_be_confirmed
    assert matching.unmatched == ()


def test_a_name_counts_before_account_and_words() -> None:
    matching = match(
        [out(1000, f"ค่าธรรมเนียม {TWO} {SHOWN}")], sent(account=ACCOUNT), sent(TWO, account=OTHER)
    )
    assert found(matching) == [(MatchKind.END_TO_END, "0", [TWO])]


def test_a_line_may_name_all_the_payments_it_is() -> None:
    matching = match([out(1500, f"{ONE} {TWO}")], sent(), sent(TWO, 500))
    assert found(matching) == [(MatchKind.END_TO_END, "0", [ONE, TWO])]
    assert why(matching) == "The line names 2 payments, and together they are its amount."
    for lines, payments in (
        ([out(1400, f"{ONE} {TWO}")], [sent(), sent(TWO, 500)]),
        ([out(1500, f"{ONE} {TWO}")], [sent(), sent(TWO, 500, is_confirmed=True)]),
    ):
        assert found(match(lines, *payments)) == [(MatchKind.AMBIGUOUS, "0", [ONE, TWO])]


def test_a_payment_in_several_lines_that_name_it() -> None:
    matching = match([out(300, ONE), out(700, ONE), out(10, f"FEE {ONE}")], sent())
    assert found(matching) == [(MatchKind.SPLIT, "01", [ONE]), (MatchKind.FEE, "2", [ONE])]
    assert why(matching) == f"2 lines name {ONE}, and together they are its amount."


def test_a_name_with_another_amount_is_shown_and_nothing_else_is_tried() -> None:
    matching = match([out(900, ONE), out(1000)], sent())
    assert found(matching) == [(MatchKind.DIFFERS, "0", [ONE])]
    assert why(matching) == f"The line names {ONE}, but tells 900 baht instead of 1,000 baht."
    assert not matching.suggestions[0].can_be_confirmed
    assert matching.unmatched == ("1",)


def test_a_second_line_for_a_payment_is_a_duplicate() -> None:
    matching = match([out(1000, ONE), out(1000, ONE), out(5, ONE)], sent())
    assert found(matching) == [
        (MatchKind.END_TO_END, "0", [ONE]),
        (MatchKind.DUPLICATE, "1", [ONE]),
        (MatchKind.DIFFERS, "2", [ONE]),
    ]
    confirmed = match([out(1000, ONE)], sent(is_confirmed=True))
    assert found(confirmed) == [(MatchKind.DUPLICATE, "0", [ONE])]
    assert why(confirmed) == (f"Another line has paid {ONE} already: the bank may have paid twice.")


# Batches


def batch(**more: bool) -> list[Sent]:
    return [
        sent(ONE, 1000, batch=BATCH, total=1500, account=ACCOUNT),
        sent(TWO, 500, batch=BATCH, total=1500, account=OTHER, **more),
    ]


def test_one_line_is_a_whole_batch_by_its_name_or_its_total() -> None:
    for text in (f"BULK {BATCH}", f"BULK {SHOWN}", "BULK"):
        assert found(match([out(1500, text)], *batch())) == [(MatchKind.BATCH, "0", [ONE, TWO])]
    told = f"Only {BATCH}, sent on 2026-11-10, has this amount."
    assert why(match([out(1500)], *batch())) == told


def test_a_batch_may_be_booked_in_parts() -> None:
    matching = match([out(800, BATCH), out(700, BATCH)], *batch())
    assert found(matching) == [(MatchKind.BATCH, "01", [ONE, TWO])]


def test_the_payments_of_a_batch_may_be_booked_one_by_one() -> None:
    lines = [out(1000, f"{ONE} {BATCH}"), out(500, TWO), out(1500, BATCH)]
    assert found(match(lines, *batch())) == [
        (MatchKind.END_TO_END, "0", [ONE]),
        (MatchKind.END_TO_END, "1", [TWO]),
        (MatchKind.DUPLICATE, "2", [ONE, TWO]),
    ]


def test_a_batch_of_which_payments_are_missing_is_not_paid_by_its_total() -> None:
    incomplete = batch()[0]
    assert found(match([out(1500, BATCH)], incomplete)) == [(MatchKind.DIFFERS, "0", [ONE])]
    assert match([out(1500)], incomplete).unmatched == ("0",)
    one_confirmed = match([out(1500, BATCH)], *batch(is_confirmed=True))
    assert found(one_confirmed) == [(MatchKind.DUPLICATE, "0", [ONE, TWO])]


def test_a_payment_and_its_batch_are_not_both_paid() -> None:
    lines = [out(1000), out(1500)]
    assert found(match(lines, *batch())) == [(MatchKind.AMOUNT, "0", [ONE])]


# Account, amount, day


@pytest.mark.parametrize("text", [SHOWN, f"006-{SHOWN}", "xxx-x-x6789-0", "X6789-0", "1234xxxx90"])
def test_amount_account_and_day_are_one_payment(text: str) -> None:
    payments = [sent(account=ACCOUNT), sent(TWO, account="1234567811")]
    matching = match([out(1000, f"โอนไป {text}", after=3)], *payments)
    assert found(matching) == [(MatchKind.ACCOUNT, "0", [ONE])]
    assert why(matching) == f"Amount and account are those of {ONE}, sent on 2026-11-10."


def test_two_payments_to_one_account_are_not_guessed() -> None:
    payments = [sent(account=ACCOUNT), sent(TWO, account=ACCOUNT)]
    matching = match([out(1000, SHOWN), out(1000, SHOWN)], *payments)
    assert found(matching) == [
        (MatchKind.AMBIGUOUS, "0", [ONE, TWO]),
        (MatchKind.AMBIGUOUS, "1", [ONE, TWO]),
    ]
    assert why(matching) == "2 payments fit; which one it is, a person must say."
    apart = match(
        [out(1000, SHOWN), out(1000, SHOWN, after=20)],
        sent(account=ACCOUNT),
        sent(TWO, account=ACCOUNT, after=20),
    )
    assert found(apart) == [(MatchKind.ACCOUNT, "0", [ONE]), (MatchKind.ACCOUNT, "1", [TWO])]


def test_two_lines_for_one_payment_are_not_guessed() -> None:
    matching = match([out(1000, SHOWN), out(1000, SHOWN)], sent(account=ACCOUNT))
    assert [kind for kind, _, _ in found(matching)] == [MatchKind.AMBIGUOUS] * 2
    assert why(matching) == f"{ONE} fits, but other lines may be it as well: a person must say."


@pytest.mark.parametrize(
    ("line", "payment"),
    [
        (out(1000, SHOWN), sent(account=OTHER)),
        (out(1000, SHOWN), sent(account="")),
        (out(999, SHOWN), sent(account=ACCOUNT)),
        (out(1000, SHOWN, after=8), sent(account=ACCOUNT)),
        (out(1000, SHOWN, after=-2), sent(account=ACCOUNT)),
        (out(1000, "xx789-0"), sent(account=OTHER)),
        (out(1000, after=8), sent()),
        (into(1000, SHOWN), sent(account=ACCOUNT)),
        (into(1000, ""), sent()),
    ],
)
def test_what_does_not_fit_stays_visible(line: Line, payment: Sent) -> None:
    assert match([line], payment).unmatched == ("0",)


def test_the_week_after_and_the_day_before_fit() -> None:
    for after in (-1, 7):
        matching = match([out(1000, SHOWN, after=after)], sent(account=ACCOUNT))
        assert found(matching) == [(MatchKind.ACCOUNT, "0", [ONE])]


def test_lines_of_one_day_to_one_account_may_be_one_payment() -> None:
    lines = [out(300, SHOWN), out(700, SHOWN), out(5, f"FEE {SHOWN}")]
    matching = match(lines, sent(account=ACCOUNT))
    assert found(matching) == [(MatchKind.SPLIT, "01", [ONE]), (MatchKind.FEE, "2", [])]
    assert why(matching) == (f"2 lines of one day to the account of {ONE} are its amount together.")


def test_the_amount_alone_is_enough_where_nothing_else_fits() -> None:
    matching = match([out(1000), out(500)], sent(account=ACCOUNT), sent(TWO, 500))
    assert found(matching) == [(MatchKind.AMOUNT, "0", [ONE]), (MatchKind.AMOUNT, "1", [TWO])]
    assert why(matching) == f"Only {ONE}, sent on 2026-11-10, has this amount."
    two = match([out(1000)], sent(), sent(TWO))
    assert found(two) == [(MatchKind.AMBIGUOUS, "0", [ONE, TWO])]


def test_of_many_that_fit_a_few_are_listed_and_all_counted() -> None:
    many = [sent(f"RYG-2570-P{number:06}") for number in range(40)]
    matching = match([out(1000)], *many)
    assert len(matching.suggestions[0].payments) == 10
    assert why(matching) == "40 payments fit; which one it is, a person must say."


def test_more_ways_to_hide_digits_than_a_bank_has_are_only_listed() -> None:
    lines = [out(number + 1, f"x{'x' * (number % 9)}{number:04}") for number in range(30)]
    assert match(lines, sent(account=ACCOUNT)).unmatched == tuple(map(str, range(30)))


# Fees, and money that came back


def test_a_fee_is_a_fee_with_or_without_a_name() -> None:
    lines = [out(10, f"ค่าธรรมเนียม {ONE}"), out(10, "FEE"), into(10, f"FEE {ONE}")]
    matching = match(lines, sent(is_confirmed=True), sent(TWO, 10))
    assert (MatchKind.FEE, "1", []) in found(matching)
    assert (MatchKind.FEE, "2", [ONE]) in found(matching)
    alone = match([lines[0]], sent())
    assert found(alone) == [(MatchKind.FEE, "0", [ONE])]
    assert why(alone) == "The bank calls it a fee."


def test_money_that_names_a_payment_came_back() -> None:
    whole = match([into(1000, f"RETURN {ONE}")], sent(is_confirmed=True))
    assert found(whole) == [(MatchKind.RETURN, "0", [ONE])]
    assert why(whole) == f"The whole of {ONE} came back."
    part = match([into(985, f"คืนเงิน หักค่าธรรมเนียม {ONE}")], sent(is_confirmed=True))
    assert why(part) == f"985 of the 1,000 baht of {ONE} came back; 15 baht did not."


def test_a_payment_may_come_back_in_parts_but_never_more_than_it_was() -> None:
    payment = sent(is_confirmed=True, returned=400)
    parts = match([into(200, ONE), into(400, ONE)], payment)
    assert found(parts) == [(MatchKind.RETURN, "01", [ONE])]
    assert why(parts) == f"The whole of {ONE} came back."
    more = match([into(601, ONE)], payment)
    assert found(more) == [(MatchKind.DIFFERS, "0", [ONE])]
    assert why(more) == f"More came back than {ONE} was: 1,001 of 1,000 baht."


def test_a_payment_may_leave_and_come_back_in_one_statement() -> None:
    matching = match([out(1000, ONE), into(1000, ONE)], sent())
    assert found(matching) == [
        (MatchKind.END_TO_END, "0", [ONE]),
        (MatchKind.RETURN, "1", [ONE]),
    ]


def test_a_return_that_names_two_is_not_guessed() -> None:
    matching = match([into(1000, f"RETURN {ONE} {TWO}")], sent(), sent(TWO))
    assert found(matching) == [(MatchKind.AMBIGUOUS, "0", [ONE, TWO])]


@pytest.mark.parametrize("text", [f"RETURN {SHOWN}", "คืนเงิน"])
def test_a_return_without_a_name_is_the_one_payment_it_can_be(text: str) -> None:
    payments = [sent(account=ACCOUNT, is_confirmed=True), sent(TWO, 500, account=OTHER)]
    matching = match([into(1000, text, after=60)], *payments)
    assert found(matching) == [(MatchKind.RETURN, "0", [ONE])]
    for late in (-1, 61):
        assert match([into(1000, text, after=late)], *payments).unmatched == ("0",)
    came_back = sent(account=ACCOUNT, is_confirmed=True, returned=1)
    assert match([into(1000, text)], came_back).unmatched == ("0",)


def test_returns_that_could_be_two_payments_are_listed() -> None:
    payments = [sent(account=ACCOUNT), sent(TWO, account=ACCOUNT)]
    for text in ("RETURN", f"RETURN {SHOWN}"):
        matching = match([into(1000, text)], *payments)
        assert found(matching) == [(MatchKind.AMBIGUOUS, "0", [ONE, TWO])]


# All of it


@st.composite
def statements(draw: st.DrawFn) -> tuple[list[Line], list[Sent]]:
    texts = st.sampled_from(
        ["", ONE, TWO, BATCH, f"{ONE} {TWO}", SHOWN, "x6789-0", "FEE", "RETURN"]
    )
    lines = draw(
        st.lists(
            st.builds(
                lambda baht, text, after: read_line(
                    Written(DAY + timedelta(after), Money.baht(baht), text)
                ),
                st.sampled_from([-1500, -1000, -500, -10, 500, 1000]),
                st.builds("{} {}".format, texts, texts),
                st.integers(0, 3),
            ),
            max_size=8,
        )
    )
    in_batch = draw(st.booleans())
    payments = [
        sent(name, baht, account=account, batch=BATCH if in_batch else "", total=1500)
        for name, baht, account in ((ONE, 1000, ACCOUNT), (TWO, 500, OTHER))
    ]
    return lines, payments


@given(statements())
def test_each_line_has_one_place_and_no_payment_is_paid_twice(
    given_: tuple[list[Line], list[Sent]],
) -> None:
    lines, payments = given_
    matching = match(lines, *payments)
    placed = [key for suggestion in matching.suggestions for key in suggestion.lines]
    assert sorted([*placed, *matching.unmatched]) == [str(place) for place in range(len(lines))]
    amounts = {payment.reference: payment.amount for payment in payments}
    paid: list[str] = []
    for suggestion in matching.suggestions:
        if suggestion.kind in {MatchKind.FEE, MatchKind.RETURN} or not suggestion.can_be_confirmed:
            continue
        moved = sum(lines[int(key)].amount.satang for key in suggestion.lines)
        assert -moved == sum(amounts[name].satang for name in suggestion.payments)
        paid += suggestion.payments
    assert len(paid) == len(set(paid))


def steps_for(count: int, text: str) -> int:
    """Count the lines that run for equal amounts within one month, which is the worst there is."""
    payments, lines = [], []
    for number in range(count):
        name, account = f"RYG-2570-P{number:06}", f"{number * 7919 % 10**10:010}"
        payments.append(sent(name, account=account, after=number % 28))
        shown = text.format(name, account, account[5:9])
        lines.append(out(1000, shown, after=number % 28 + 1))
    steps = 0

    def step(_frame: FrameType, _event: str, _: object) -> Any:  # what sys.settrace asks for
        nonlocal steps
        steps += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        found = match(lines, *payments)
    finally:
        sys.settrace(before)
    assert found.unmatched == ()
    return steps


@pytest.mark.parametrize("text", ["{0}", "{1}", "xxx-x-x{2}-x", ""])
def test_the_work_grows_as_that_of_sorting(text: str) -> None:
    """Six times the lines would be 36 times the work if each were tried with each."""
    assert steps_for(1200, text) < 9 * steps_for(200, text)


def test_a_reason_is_a_sentence_with_its_facts() -> None:
    assert str(Why(N_("The bank calls it a fee."))) == "The bank calls it a fee."
