from __future__ import annotations

from collections.abc import Sequence

import pytest

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.publishing.folding import FoldError
from portal.publishing.money_fold import TELLS
from portal.publishing.shelf import Case
from portal.publishing.shelf import Flow
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status
from portal.publishing.tracing import Leg
from tests.told import APPROVED
from tests.told import ASKER
from tests.told import AT
from tests.told import CHAIR
from tests.told import CONFIRMED
from tests.told import CONFIRMER
from tests.told import FOUNDED
from tests.told import ONE
from tests.told import PREPARED
from tests.told import PREPARER
from tests.told import RELEASER
from tests.told import SENT
from tests.told import approved
from tests.told import entry
from tests.told import fund
from tests.told import paid
from tests.told import prepared
from tests.told import revised
from tests.told import told
from tests.told import told_in

LATER = "2026-11-25T05:00:00Z"
PAYMENT = "RYG-2570-P000001"


def back(
    satang: int,
    *,
    what: str = "returned",
    fee: int = 0,
    party: str = CONFIRMER,
    payment: str = PAYMENT,
) -> Entry:
    fees: dict[str, Json] = {"fee_satang": fee} if what == "returned" else {}
    facts = {"reference": ONE, "party": party, "payment": payment, "satang": satang, **fees}
    return told_in(f"payment.{what}", LATER, facts, "treasurer")


def rest(satang: int, *, party: str = PREPARER) -> Entry:
    facts: dict[str, Json] = {"reference": ONE, "party": party, "satang": satang}
    return told_in("fund_request.rest_released", LATER, facts, "treasurer")


def receipt(
    satang: int = 150_000,
    *,
    party: str = ASKER,
    role: str = "officer",
    kind: str = "slip",
    payment: str = PAYMENT,
) -> Entry:
    facts: dict[str, Json] = {"reference": ONE, "party": party, "payment": payment}
    return told_in("payment.receipted", LATER, facts | {"satang": satang, "receipt": kind}, role)


def closed(satang: int = 150_000) -> Entry:
    return entry("fund_request.closed", reference=ONE, party=ASKER, satang=satang)


def case(*entries: Entry) -> tuple[Shelf, Case]:
    shelf = told(entries)
    return shelf, shelf.cases[ONE]


def sums(shelf: Shelf) -> dict[str, int]:
    found = {measure: sum(shelf.sums(measure).values()) for measure in Measure}
    moved = (Measure.APPROVED, Measure.DISBURSED, Measure.RETURNED, Measure.FEES, Measure.RELEASED)
    return {measure.value: found[measure] for measure in moved if found[measure]}


def test_what_bounced_before_it_was_paid_is_paid_again() -> None:
    shelf, one = case(*SENT, back(150_000, fee=1_000), prepared(2, satang=149_000))
    assert (one.status, one.approved_satang, one.disbursed_satang) == (Status.APPROVED, 149_000, 0)
    assert sums(shelf) == {"approved": 150_000, "fees": 1_000}
    assert one.payments[PAYMENT].state == "returned"


def test_what_came_back_of_paid_money_is_paid_no_more() -> None:
    shelf, one = case(*CONFIRMED, back(20_000, fee=500), back(30_000, what="refunded"))
    assert (one.status, one.paid_at) == (Status.APPROVED, "")
    assert (one.approved_satang, one.disbursed_satang) == (149_500, 100_000)
    assert sums(shelf) == {
        "approved": 150_000,
        "disbursed": 150_000,
        "came_back": 50_000,
        "fees": 500,
    }
    assert one.payments[PAYMENT].stayed == 100_000


def test_the_rest_may_be_decided_on_again() -> None:
    before = told(CONFIRMED).left["GEN", "SC5"]
    shelf, one = case(*CONFIRMED, back(20_000, fee=500), rest(19_500))
    assert (one.status, one.paid_at, one.approved_satang) == (Status.PAID, LATER, 130_000)
    assert shelf.left["GEN", "SC5"] == before + 19_500
    _, one = case(*APPROVED, rest(150_000))
    assert (one.status, one.paid_at) == (Status.PAID, "")


def test_receipts_close_a_request_and_money_that_comes_back_opens_it() -> None:
    _, one = case(*CONFIRMED, receipt(), closed())
    assert (one.status, one.paid_at) == (Status.CLOSED, AT)
    _, one = case(*CONFIRMED, receipt(role="treasurer", party=PREPARER), closed(), receipt())
    assert one.status is Status.CLOSED
    _, one = case(*CONFIRMED, receipt(), closed(), back(10_000, what="refunded"))
    assert (one.status, one.disbursed_satang) == (Status.APPROVED, 140_000)


def test_what_the_bank_kept_whole_leaves_nothing_open() -> None:
    _, one = case(*SENT, back(150_000, fee=150_000), closed(0))
    assert (one.status, one.approved_satang, one.paid_at) == (Status.CLOSED, 0, "")
    _, one = case(*CONFIRMED, receipt(), closed(), back(300, fee=300), closed(149_700))
    assert (one.status, one.disbursed_satang) == (Status.CLOSED, 149_700)


def test_what_came_back_whole_may_be_revised() -> None:
    _, one = case(*SENT, back(150_000, fee=1_000), revised(120_000), approved(satang=120_000))
    assert (one.status, one.approved_satang) == (Status.APPROVED, 120_000)


def spent(satang: int = 150_000, *, kind: str = "shop_receipt", **who: str) -> Entry:
    facts = {"reference": ONE, "party": who.get("party", ASKER), "payment": PAYMENT}
    told: dict[str, Json] = {**facts, "satang": satang, "receipt": kind}
    return told_in("advance.voucher_filed", LATER, told, who.get("role", "officer"))


def cleared(satang: int = 150_000, *, party: str = CONFIRMER) -> Entry:
    facts: dict[str, Json] = {"reference": ONE, "party": party, "payment": PAYMENT}
    told: dict[str, Json] = {**facts, "satang": satang, "count": 1}
    return told_in("advance.cleared", LATER, told, "treasurer")


def going(payment: Entry) -> Sequence[Entry]:
    """A payment on its way, prepared on these terms."""
    return (*APPROVED, payment, paid("released"), paid("sent"))


AGREED = paid("confirmed", party=CONFIRMER)
LENT = (*going(prepared(advance="work")), AGREED)
HANDED_OVER = going(prepared(channel="cash"))
SIGNED = receipt(kind="signed_receipt")


def test_what_was_lent_is_settled_by_vouchers() -> None:
    _, one = case(*LENT, spent(100_000), spent(70_000), back(20_000, what="refunded"))
    assert not one.payments[PAYMENT].is_settled
    done = (spent(), back(20_000, what="refunded"), rest(20_000), cleared(130_000), closed(130_000))
    _, one = case(*LENT, *done)
    assert (one.status, one.payments[PAYMENT].is_cleared) == (Status.CLOSED, True)


def test_cash_is_signed_for_before_it_is_confirmed() -> None:
    _, one = case(*HANDED_OVER, SIGNED, AGREED, closed())
    assert one.status is Status.CLOSED


PLANTED: dict[str, tuple[Sequence[Entry], Entry, str]] = {
    "back before it left": (PREPARED, back(150_000), "cannot come back"),
    "back of no payment": (SENT, back(150_000, payment="RYG-2570-P000009"), "cannot come back"),
    "more back than was paid": (CONFIRMED, back(150_001), "cannot come back"),
    "nothing back": (CONFIRMED, back(0), "cannot come back"),
    "a part before it is paid": (SENT, back(100), "cannot come back"),
    "a fee of more than came back": (CONFIRMED, back(100, fee=101), "cannot come back"),
    "a refund before it is paid": (SENT, back(150_000, what="refunded"), "cannot come back"),
    "back by who released it": (CONFIRMED, back(100, party=RELEASER), "two duties"),
    "back by the chair": (CONFIRMED, back(100, party=CHAIR), "two duties"),
    "the same twice": ((*SENT, back(150_000)), back(150_000), "cannot come back"),
    "confirmed after it came back": (
        (*SENT, back(150_000)),
        paid("confirmed", party=CONFIRMER),
        "cannot be confirmed",
    ),
    "too much paid again": (
        (*SENT, back(150_000, fee=1)),
        prepared(2),
        "more than was approved",
    ),
    "a rest that is not there": (CONFIRMED[:-1], rest(1), "0 satang are left"),
    "another rest than is left": (APPROVED, rest(1), "150000 satang are left"),
    "a rest by who asks": (APPROVED, rest(150_000, party=ASKER), "two duties"),
    "a receipt before the money": (SENT, receipt(), "is not confirmed"),
    "a receipt of no payment": (CONFIRMED, receipt(payment="P"), "is not confirmed"),
    "a receipt of another amount": (CONFIRMED, receipt(1), "is not confirmed"),
    "a receipt by the chair": (CONFIRMED, receipt(party=CHAIR), "two duties"),
    "a treasurer's receipt by who asks": (
        CONFIRMED,
        receipt(role="treasurer"),
        "two duties",
    ),
    "an officer's receipt by who pays": (CONFIRMED, receipt(party=PREPARER), "two duties"),
    "a receipt of nothing known": (CONFIRMED, receipt(kind="hope"), "is no receipt"),
    "closed without a receipt": (CONFIRMED, closed(), "a receipt is missing"),
    "closed with another amount": ((*CONFIRMED, receipt()), closed(1), "another amount arrived"),
    "closed before it is paid": (SENT, closed(), "is approved"),
    "lent for something unheard of": (APPROVED, prepared(advance="fun"), "is no advance"),
    "a voucher of what was given": (CONFIRMED, spent(), "no advance to be cleared"),
    "a voucher before the money": (LENT[:-1], spent(), "no advance to be cleared"),
    "a voucher of nothing": (LENT, spent(0), "is no receipt"),
    "a voucher of nothing known": (LENT, spent(kind="hope"), "is no receipt"),
    "a voucher by the chair": (LENT, spent(party=CHAIR), "two duties"),
    "a receipt for what was lent": (LENT, receipt(), "is not confirmed"),
    "cleared without vouchers": (LENT, cleared(), "not what was lent"),
    "cleared with less": ((*LENT, spent()), cleared(149_999), "not what was lent"),
    "cleared by who released it": ((*LENT, spent()), cleared(party=RELEASER), "two duties"),
    "cleared by who asks": ((*LENT, spent()), cleared(party=ASKER), "two duties"),
    "cleared twice": ((*LENT, spent(), cleared()), cleared(), "no advance to be cleared"),
    "closed with an advance held": ((*LENT, spent()), closed(), "a receipt is missing"),
    "cash that nobody signed for": (HANDED_OVER, AGREED, "nobody signed"),
    "revised while a part stayed": (
        (*CONFIRMED, back(100)),
        revised(),
        "while it is being paid",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_entry_that_breaks_a_rule_of_money_stops_the_fold(name: str) -> None:
    before, planted, why = PLANTED[name]
    with pytest.raises(FoldError, match=why) as caught:
        told((*before, planted))
    assert caught.value.index == len(before)


def fee(satang: int, *, fund: str = "GEN") -> Entry:
    return entry("fee.charged", account="MAIN", fund=fund, satang=satang)


def test_a_fee_goes_out_of_what_a_fund_has_not_allocated() -> None:
    before = told(FOUNDED).left["GEN", ""]
    shelf = told((*FOUNDED, fee(3_000)))
    assert shelf.left["GEN", ""] == before - 3_000
    assert sum(shelf.sums(Measure.BANK_FEES).values()) == 3_000
    with pytest.raises(FoldError, match="are taken"):
        told((*FOUNDED, fee(before + 1)))


def test_every_entry_that_comes_after_payment_is_told_here() -> None:
    seen = {one.type for before, planted, _ in PLANTED.values() for one in (*before, planted)}
    after = ("payment.", "advance.", "fund_request.")
    told_here = {kind for kind in TELLS if kind.startswith(after)}
    assert told_here <= seen | {"payment.voided"}


def test_a_fund_begins_with_nothing() -> None:
    shelf = told((*FOUNDED, fund("NEW")))
    assert shelf.left["NEW", ""] == 0


def flows(shelf: Shelf, leg: Leg) -> dict[int, Flow]:
    return {index: flow for index, flow in shelf.flows.items() if flow.leg is leg}


def paid_flow(satang: int) -> Flow:
    category = told(CONFIRMED).cases[ONE].category
    return Flow(Leg.PAYMENT, "GEN", satang, "SC5", category, PAYMENT, ONE)


def test_money_is_told_leg_by_leg() -> None:
    shelf = told(CONFIRMED)
    ((_, gift),) = flows(shelf, Leg.DONATION).items()
    ((_, share),) = flows(shelf, Leg.ALLOCATION).items()
    assert (gift.fund, gift.subcommittee, gift.request) == ("GEN", "", "")
    assert gift.reference
    assert (share.fund, share.subcommittee, share.reference) == ("GEN", "SC5", "")
    assert flows(shelf, Leg.PAYMENT) == {len(CONFIRMED) - 1: paid_flow(150_000)}


def test_a_payment_takes_what_did_not_come_back_and_what_the_bank_kept() -> None:
    confirmed_at = len(CONFIRMED) - 1
    shelf = told([*CONFIRMED, back(20_000, fee=500), back(30_000, what="refunded")])
    assert flows(shelf, Leg.PAYMENT) == {confirmed_at: paid_flow(100_500)}
    shelf = told([*CONFIRMED, back(150_000, what="refunded")])
    assert flows(shelf, Leg.PAYMENT) == {confirmed_at: paid_flow(0)}


def test_of_what_bounced_only_the_fee_is_gone() -> None:
    assert flows(told([*SENT, back(150_000)]), Leg.PAYMENT) == {}
    assert flows(told([*SENT, back(150_000, fee=1_000)]), Leg.PAYMENT) == {
        len(SENT): paid_flow(1_000)
    }
