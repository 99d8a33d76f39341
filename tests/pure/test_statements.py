from __future__ import annotations

from dataclasses import replace

from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.statements import AccountYear
from portal.funds.statements import Moved
from portal.funds.statements import TrialBalance
from portal.funds.statements import fund_statements
from portal.money import Money

NOTHING = Money(0)


def account(
    place: Place, opening: int, subcommittee: str = "", **moved: tuple[int, int]
) -> AccountYear:
    told = {EntryKind[kind.upper()]: Moved(Money(d), Money(c)) for kind, (d, c) in moved.items()}
    return AccountYear(Account("GEN", subcommittee, place), Money(opening), told)


# Carried over 100 + 50. In the year: 1,000 in, 400 allocated, 300 approved and sent; 200 of it
# confirmed, of which 30 came back (1 kept); 100 bounced (2 kept), of which 60 are set free. The
# bank took 5 for itself.
YEAR = [
    account(Place.SOURCE, -180, donation=(0, 1000)),
    account(Place.AVAILABLE, 100, donation=(1000, 0), allocation=(0, 400), fee=(0, 5)),
    account(Place.FEES, 0, fee=(5, 0)),
    account(Place.AVAILABLE, 50, "SC5", allocation=(400, 0), commitment=(0, 300), release=(60, 0)),
    account(Place.COMMITTED, 0, "SC5", commitment=(300, 0), sending=(0, 300)),
    account(
        Place.IN_TRANSIT, 0, "SC5", sending=(300, 0), confirmation=(0, 200), **{"return": (0, 100)}
    ),
    account(
        Place.DISBURSED, 30, "SC5", confirmation=(200, 0), **{"return": (0, 10)}, refund=(0, 20)
    ),
    account(Place.RETURNED, 0, "SC5", **{"return": (107, 0)}, refund=(20, 0), release=(0, 60)),
    account(Place.FEES, 0, "SC5", **{"return": (3, 0)}),
]


def test_a_trial_balance_comes_out() -> None:
    trial = TrialBalance(YEAR)
    assert (trial.debit, trial.credit) == (Money(2395), Money(2395))
    assert (trial.opening, trial.closing) == (NOTHING, NOTHING)
    assert trial.is_balanced
    assert TrialBalance(()).is_balanced


def test_a_trial_balance_that_does_not_come_out_says_so() -> None:
    first, *others = YEAR
    for wrong in (
        replace(first, opening=first.opening + Money(1)),
        replace(first, moved={EntryKind.DONATION: Moved(NOTHING, Money(999))}),
        replace(
            first, opening=Money(-181), moved={EntryKind.DONATION: Moved(Money(1), Money(1000))}
        ),
    ):
        assert not TrialBalance([wrong, *others]).is_balanced


def test_a_statement_tells_what_became_of_the_money() -> None:
    (told,) = fund_statements(YEAR)
    assert (told.fund, told.carried_over, told.received) == ("GEN", Money(150), Money(1000))
    assert (told.paid, told.returned, told.fees) == (Money(200), Money(30), Money(8))
    assert (told.allocated, told.approved, told.released) == (Money(400), Money(300), Money(60))
    assert told.left == Money(150 + 1000 - 200 + 30 - 8)
    assert (told.unallocated, told.available, told.set_aside) == (Money(695), Money(210), Money(67))
    assert told.left == told.unallocated + told.available + told.set_aside


def test_every_fund_has_its_own_statement() -> None:
    other = AccountYear(Account("CSR", "", Place.AVAILABLE), Money(7), {})
    first, second = fund_statements([*YEAR, other])
    assert (first.fund, first.left, second.fund) == ("CSR", Money(7), "GEN")
