from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds import money_in
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.money import Money
from portal.money import total
from portal.publishing.donation_page import DonationPage
from portal.publishing.donation_page import donation_page
from portal.publishing.donation_page import donations
from portal.publishing.log_page import PAGE_LENGTH
from portal.publishing.models import PublishedFlow
from portal.publishing.models import PublishedPosition
from portal.publishing.tracing import Leg
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.moved import everything_that_moves_money
from tests.statements import statements
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

DONOR = "ผู้ให้ที่ไม่มีใครควรรู้"


def donated(world: World, amount: Money, *, fund: str = "GEN") -> str:
    answer = DonationAnswer("", fund, amount, NOON.date(), DONOR)
    return money_in.receive_donation(world.session, answer, by=world.malee, at=NOON).reference


def allocated(world: World, amount: Money, *, to: str = "SC5") -> None:
    answer = AllocationAnswer("GEN", to, amount, 2570)
    money_in.allocate(world.session, answer, by=world.malee, at=NOON)


def page_of(reference: str, *, after: int = -1) -> DonationPage:
    with Session(db.engine) as session:
        return donation_page(session, reference, after=after)


def every_page() -> dict[str, DonationPage]:
    with Session(db.engine) as session:
        found = donations(session).lines
    return {line.reference: page_of(line.reference) for line in found}


def test_the_donations_together_are_all_that_was_allocated_and_paid(
    portal: Portal, made: Maker
) -> None:
    def story(world: World) -> None:
        everything_that_moves_money(world)
        donated(world, Money(1))
        donated(world, Money(333))
        allocated(world, Money(2), to="SC1")

    made(story)
    portal.install.publish(db.engine)
    pages = every_page()
    with Session(db.engine) as session:
        flows = session.scalars(select(PublishedFlow)).all()
    whole = Counter[str]()
    for flow in flows:
        whole[flow.leg] += flow.satang
    shown = {
        Leg.DONATION: total(page.donation.amount for page in pages.values()).satang,
        Leg.ALLOCATION: total(page.allocated for page in pages.values()).satang,
        Leg.FEE: total(page.fees for page in pages.values()).satang,
        Leg.PAYMENT: total(page.paid for page in pages.values()).satang,
    }
    assert shown == whole
    assert all(shown.values())
    payments, shares = Counter[int](), Counter[int]()
    for page in pages.values():
        assert total(line.part for line in page.given) == page.allocated
        assert total(line.part for line in page.payments) == page.paid
        assert page.allocated + page.fees <= page.donation.amount
        assert all(line.part for lines in (page.given, page.payments) for line in lines)
        for line in page.payments:
            payments[line.index] += line.part.satang
        for given in page.given:
            shares[given.index] += given.part.satang
    told = {flow.idx: flow.satang for flow in flows if flow.satang}
    assert {index: told[index] for index in (*payments, *shares)} == {**payments, **shares}
    assert len(payments) == sum(flow.leg == Leg.PAYMENT and bool(flow.satang) for flow in flows)


def test_a_donation_that_nothing_was_given_of_yet_says_so(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    reference = made(lambda world: donated(world, Money.baht(700)))
    assert client.get(f"/donations/{reference}").status_code == 404
    portal.install.publish(db.engine)
    page = page_of(reference)
    assert (page.allocated, page.paid, page.given, page.payments) == (Money(0), Money(0), [], [])
    text = client.get(f"/en/donations/{reference}").text
    assert ("Nothing of it is allocated yet" in text, "700" in text) == (True, True)
    assert DONOR not in text


def test_a_donation_is_followed_to_its_payments(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    reference = made(lambda world: world.confirmed().reference)
    portal.install.publish(db.engine)
    pages = [page for page in every_page().values() if page.payments]
    (line,) = pages[0].payments
    assert (line.reference, line.part, line.amount) == (reference, Money.baht(1500), line.part)
    text = client.get(f"/en/donations/{pages[0].donation.reference}").text
    assert all(words in text for words in (reference, f"/requests/{line.request}", "1,500"))
    listed = client.get("/en/donations").text
    assert f'href="/en/donations/{pages[0].donation.reference}"' in listed
    answer = client.get("/donations")
    again = client.get("/donations", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_many_payments_are_paged(client: Visitor, made: Maker, portal: Portal) -> None:
    def many(world: World) -> None:
        for number in range(PAGE_LENGTH + 2):
            small = world.approved(answer=replace(ANSWER, amount=Money(100)))
            world.confirmed(f"KTB{number}", fund_request=small)

    made(many)
    portal.install.publish(db.engine)
    (first,) = [page for page in every_page().values() if page.payments]
    assert (len(first.payments), first.next_after) == (PAGE_LENGTH, first.payments[-1].index)
    assert first.next_after is not None
    second = page_of(first.donation.reference, after=first.next_after)
    assert (len(second.payments), second.next_after) == (2, None)
    path = f"/en/donations/{first.donation.reference}"
    assert f"{path}?after={first.next_after}" in client.get(path).text
    assert "First page" in client.get(f"{path}?after={first.next_after}").text
    assert client.get(f"{path}?after={10**40}").status_code == 200


def test_many_donations_are_paged(client: Visitor, made: Maker, portal: Portal) -> None:
    made(lambda world: [donated(world, Money(5)) for _ in range(PAGE_LENGTH)])
    portal.install.publish(db.engine)
    with Session(db.engine) as session:
        first = donations(session)
        assert first.older is not None
        second = donations(session, before=first.older)
        count = session.scalar(select(func.count()).where(PublishedFlow.leg == Leg.DONATION))
    assert (first.first, second.first, second.older) == (1, PAGE_LENGTH + 1, None)
    assert len(first.lines) + len(second.lines) == first.count == count
    assert first.amount == total(line.amount for line in (*first.lines, *second.lines))
    assert f"before={first.older}" in client.get("/en/donations").text
    assert 'rel="prev"' in client.get(f"/en/donations?before={first.older}").text


@pytest.mark.parametrize("path", ["/donations/NONE", "/office/money-in/donations/NONE"])
def test_a_donation_that_is_not_there(client: Visitor, path: str) -> None:
    answer = client.sign_in("malee").get(f"/en{path}")
    assert (answer.status_code, "no" in answer.text) == (404, True)


def test_nothing_is_listed_before_anything_is_published(portal: Portal, client: Visitor) -> None:
    with db.engine.begin() as connection:
        connection.execute(delete(PublishedFlow))
        # As after a new release of the fold: the next publishing fills the tables anew.
        connection.execute(update(PublishedPosition).values(fold_version=0))
    assert "No donation is published yet." in client.get("/en/donations").text
    portal.install.publish(db.engine)


def test_the_officer_sees_who_gave_it(client: Visitor, made: Maker) -> None:
    reference = made(lambda world: donated(world, Money.baht(7)))
    client.sign_in("malee")
    page = client.get(f"/en/office/money-in/donations/{reference}").text
    assert (DONOR in page, f'href="/en/donations/{reference}"' in page) == (True, True)
    for username in ("anong", "wipa", "admin"):
        client.sign_in(username)
        assert client.get(f"/office/money-in/donations/{reference}").status_code == 403


def test_a_longer_way_asks_no_more_of_the_database(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    def asked(reference: str) -> int:
        portal.install.publish(db.engine)
        with statements() as heard:
            assert client.get(f"/donations/{reference}").status_code == 200
        return len(heard)

    made(lambda world: world.confirmed().id)
    portal.install.publish(db.engine)
    (page,) = [page for page in every_page().values() if page.payments]
    once = asked(page.donation.reference)
    made(lambda world: [world.confirmed(f"KTB{number}").id for number in range(3)])
    assert asked(page.donation.reference) == once
