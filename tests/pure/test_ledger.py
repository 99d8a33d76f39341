from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.funds import ledger
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.ledger import Posting
from portal.money import Money
from portal.money import total

AMOUNTS = st.integers(min_value=1, max_value=10**12).map(Money)


@given(AMOUNTS)
def test_every_journal_entry_adds_up_to_zero(amount: Money) -> None:
    for postings in (
        ledger.donation("F", amount),
        ledger.allocation("F", "SC1", amount),
        *(ledger.onward(kind, "F", "SC1", amount) for kind in ledger.ONWARD),
    ):
        ledger.check_balanced(postings)
        assert total(posting.amount for posting in postings) == Money(0)
        assert postings[0].amount == -amount


def test_unbalanced_postings_are_our_own_mistake() -> None:
    here = Account("F", "", Place.SOURCE)
    with pytest.raises(ValueError, match="add up to"):
        ledger.check_balanced([Posting(here, Money(1))])


@pytest.mark.parametrize("satang", [0, -1])
def test_nothing_and_less_does_not_move(satang: int) -> None:
    with pytest.raises(ValueError, match="moves forward"):
        ledger.donation("F", Money(satang))


def test_everybody_locks_accounts_in_one_order() -> None:
    postings = ledger.allocation("F", "SC1", Money(5))
    assert ledger.in_lock_order(postings) == ledger.in_lock_order(postings[::-1])


def test_an_account_says_where_it_is() -> None:
    assert str(Account("F", "SC1", Place.COMMITTED)) == "F/SC1 committed"
    assert str(Account("F", "", Place.SOURCE)) == "F source"
