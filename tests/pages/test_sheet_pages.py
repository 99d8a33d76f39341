"""Each paper from its page: asked for, made by a worker, opened, read by other tools."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.link import check_document
from portal.audit.models import LogEntry
from portal.clock import now
from portal.db import db
from portal.funds.issuing import PAPER_JOB
from portal.funds.models import Donation
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import receive_donation
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.jobs import rules
from portal.jobs.models import Job
from portal.jobs.service import claim_jobs
from portal.money import Money
from portal.papers import Order
from portal.papers import make_paper
from portal.papers import make_papers
from portal.payments import service
from portal.payments.accounts import open_account
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.asking import ask_sheet
from portal.payments.models import Payment
from portal.payments.printing import Begun
from portal.payments.printing import begin
from portal.people.models import Person
from tests.acts.test_advances import ITEM as BOUGHT
from tests.acts.test_advances import cleared
from tests.acts.test_advances import voucher
from tests.acts.test_reconciling import WITH_BALANCE
from tests.acts.test_reconciling import read_in
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.pages.test_printed_papers import bare
from tests.pages.test_printed_papers import read_by_chrome
from tests.pages.test_printed_papers import read_by_poppler
from tests.world import ACCOUNT
from tests.world import ITEM
from tests.world import LINED
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

DECEMBER = datetime(2026, 12, 3, 5, 0, tzinfo=UTC)
DONOR = "ห้างหุ้นส่วนจำกัดน้ำใจที่ไม่มีใครควรรู้"
LINK = re.compile(rb"/URI \(http://127\.0\.0\.1:8000/v#1\.[A-Za-z0-9_-]{22}\.([A-Za-z0-9_-]{43})\)")
PAPER = re.compile(r'href="(/office/papers/[0-9]+\.pdf)"')
only_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper is asked for, by whom, about what, and some of what it says."""

    kind: str
    username: str
    page: str
    bring: Callable[[World], object]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.kind


def paid(world: World) -> int:
    return world.confirmed(fund_request=world.approved(answer=LINED)).id


def lent(world: World) -> int:
    return world.lent(Advance(AdvanceKind.TRAVEL, date(2026, 11, 28))).id


def settled(world: World) -> int:
    payment = world.lent(Advance(AdvanceKind.WORK))
    cleared(world, payment, voucher(world, payment, Money.baht(1500)))
    return payment.id


def month(world: World) -> str:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    read_in(world, WITH_BALANCE)
    return "MAIN-2026-10"


def given(world: World) -> str:
    answer = DonationAnswer("", "GEN", Money(5_000_050), date(2026, 11, 19), DONOR)
    donation: Donation = receive_donation(world.session, answer, by=world.malee, at=NOON)
    return donation.reference


PLACES = (
    Place(
        "withdrawal",
        "malee",
        "/office/requests/{}",
        lambda world: world.submitted(answer=LINED).id,
        ("ใบขอเบิกเงิน", "RYG-2570-000001", ITEM, "(หนึ่งพันห้าร้อยบาทถ้วน)", "อสม. ตัวอย่าง"),
    ),
    Place(
        "memo",
        "malee",
        "/office/requests/{}",
        lambda world: world.submitted().id,
        ("บันทึกข้อความ", "RYG-2570-M000001", "ขออนุมัติเบิกจ่ายเงิน", "ทะเบียนผู้รับประโยชน์"),
    ),
    Place(
        "voucher",
        "anong",
        "/treasury/payments/{}",
        paid,
        ("ใบสำคัญจ่าย", "RYG-2570-V000001", "KTB0001", ITEM, "ผู้จ่ายเงิน", "จ่ายสุทธิ"),
    ),
    Place(
        "receipt",
        "phailin",
        "/treasury/payments/{}",
        paid,
        ("ใบสำคัญรับเงิน", "RYG-2570-R000001", f"แม่ของ{SECRETS[0]}", SECRETS[1], "ผู้ปกครอง"),
    ),
    Place(
        "advance",
        "anong",
        "/treasury/payments/{}",
        lent,
        ("สัญญายืมเงินทดรองจ่าย", "RYG-2570-A000001", "13 ธันวาคม พ.ศ. 2569", "ภายใน 15 วัน"),
    ),
    Place(
        "clearing",
        "anong",
        "/treasury/payments/{}",
        settled,
        ("ใบส่งใช้เงินยืม", "RYG-2570-C000001", BOUGHT, "ส่งใช้เงินยืมครบถ้วนแล้ว"),
    ),
    Place(
        "remittance",
        "anong",
        "/treasury/batches/{}",
        lambda world: world.batched(world.prepared()).id,
        ("RYG-2570-B000001", SECRETS[3], "รวมทั้งสิ้น 1 ราย"),
    ),
    Place(
        "reconciliation",
        "anong",
        "/treasury/statements/MAIN/2026-10",
        month,
        ("RYG-2570-K000001", "ตุลาคม พ.ศ. 2569", "900"),
    ),
    Place(
        "thanks",
        "malee",
        "/office/money-in/donations/{}",
        given,
        (DONOR, "50,000.50", "ห้าหมื่นบาทห้าสิบสตางค์", "RYG-2570-T000001", "ประธานกรรมการมูลนิธิ"),
    ),
)
each_place = pytest.mark.parametrize("place", PLACES, ids=str)


def ask(client: Visitor, place: Place, about: object) -> str:
    """Press the button on the page, and return the address of the job."""
    page = client.get(place.page.format(about)).text
    assert f'action="/office/papers/{place.kind}/{about}"' in page
    answer = client.post(f"/office/papers/{place.kind}/{about}")
    assert answer.status_code == 303
    return str(answer.location)


@each_place
def test_each_paper_is_made_from_its_page_and_can_be_checked(
    client: Visitor, made: Maker, portal: Portal, place: Place, tmp_path: Path
) -> None:
    about = made(place.bring)
    client.sign_in(place.username)
    job = ask(client, place, about)
    waits = client.get(job).text
    assert "ดูอีกครั้ง" in waits
    assert PAPER.search(waits) is None
    assert portal.print_papers() == 1
    done = client.get(job).text
    assert "ดูอีกครั้ง" not in done
    url = PAPER.search(done)
    assert url is not None
    answer = client.get(url[1])
    content = answer.data
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    for reader in (read_by_poppler, read_by_chrome):
        found = bare(reader(content, tmp_path / "paper.pdf"))
        assert [word for word in place.words if bare(word) not in found] == []
    # It lies where it was asked for; asked again with nothing new, it is the same job and paper.
    assert url[1] in client.get(place.page.format(about)).text
    assert ask(client, place, about) == job
    assert portal.print_papers() == 0
    assert client.get(url[1]).data == content
    assert_checked(portal, content)


def assert_checked(portal: Portal, content: bytes) -> None:
    """From the link on the paper to the proof: what is sealed in the entry are these bytes."""
    link = LINK.search(content)
    assert link is not None
    with Session(db.engine) as session:
        sheet = session.scalars(select(IssuedSheet)).one()
        body = session.scalars(select(LogEntry.body).where(LogEntry.eid == sheet.log_eid)).one()
    digest = hashlib.sha256(content).hexdigest()
    assert digest == sheet.digest
    check_document(parse(body), salt=link[1].decode(), digest=digest)
    portal.install.publish(db.engine)
    visitor = portal.app.test_client()
    assert visitor.get(f"/proof/{sheet.log_eid}.tlog-proof").status_code == 200
    # The public log tells that there is a paper, and nothing that stands on it.
    for secret in (*SECRETS, DONOR, ITEM, BOUGHT, digest):
        assert secret.encode() not in body


@only_sqlite
def test_the_same_input_gives_the_same_bytes(made: Maker, portal: Portal) -> None:
    def told(world: World) -> list[Order]:
        about, batch = str(paid(world)), world.batched(world.prepared()).id
        for kind in (SheetKind.VOUCHER, SheetKind.RECEIPT):
            ask_sheet(world.session, kind, about, by=world.anong, at=NOON)
        ask_sheet(world.session, SheetKind.REMITTANCE, str(batch), by=world.anong, at=NOON)
        held = claim_jobs(world.session, PAPER_JOB, count=3, at=NOON)
        begun = [begin(world.session, one, ahead=Counter(), at=NOON) for one in held]
        return [one.order for one in begun if isinstance(one, Begun)]

    orders, base_url = made(told), portal.install.settings.base_url
    assert len(orders) == 3
    by_the_press = [paper.content for paper in make_papers(orders, base_url=base_url)]
    assert by_the_press == [make_paper(order, base_url=base_url) for order in orders]


@only_sqlite
def test_a_paper_goes_to_those_who_may_see_what_it_is_about(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    about = made(given)
    client.sign_in("malee")
    job = ask(client, PLACES[-1], about)
    portal.print_papers()
    found = PAPER.search(client.get(job).text)
    assert found is not None
    for username, status in (("malee", 200), ("anong", 404), ("wipa", 404), ("chair5", 404)):
        visitor = Visitor(portal.app, portal.app.response_class).sign_in(username)
        assert (username, visitor.get(found[1]).status_code) == (username, status)
    stranger = portal.app.test_client().get(found[1])
    assert (stranger.status_code, b"%PDF" in stranger.data) == (302, False)


@only_sqlite
def test_an_officer_is_led_back_to_the_request_and_a_treasurer_to_the_payment(
    client: Visitor, made: Maker
) -> None:
    about = made(paid)
    for username, back in (
        ("malee", "/office/requests/1#papers"),
        ("anong", f"/treasury/payments/{about}#papers"),
    ):
        client.sign_in(username)
        job = client.post(f"/office/papers/voucher/{about}").location
        assert f'href="{back}"' in client.get(job).text
        client.post("/sign-out")


@only_sqlite
def test_a_month_that_goes_on_and_an_unknown_donor_have_no_button(
    client: Visitor, made: Maker
) -> None:
    def bring(world: World) -> str:
        month(world)
        answer = DonationAnswer("", "GEN", Money.baht(100), date(2026, 11, 19), "")
        return receive_donation(world.session, answer, by=world.malee, at=NOON).reference

    reference = made(bring)
    client.sign_in("malee")
    assert "papers/thanks" not in client.get(f"/office/money-in/donations/{reference}").text
    assert client.post(f"/office/papers/thanks/{reference}").status_code == 409
    client.post("/sign-out")
    client.sign_in("anong")
    assert "papers/reconciliation" in client.get("/treasury/statements/MAIN/2026-10").text
    assert "papers/reconciliation" not in client.get("/treasury/statements/MAIN/2099-12").text
    answer = client.post("/en/office/papers/reconciliation/MAIN-2099-12")
    assert answer.status_code == 409
    assert "when it is over" in answer.text
    for path in ("/office/papers/banknote/1", "/office/papers/decision/1"):
        assert client.post(path).status_code == 404
    assert client.get("/office/papers/999.pdf").status_code == 404


@only_sqlite
def test_a_dissolved_batch_and_a_draft_have_no_button(client: Visitor, made: Maker) -> None:
    draft, prepared = made(lambda world: (world.draft().id, world.prepared().id))
    client.sign_in("malee")
    assert "/office/papers/" not in client.get(f"/office/requests/{draft}").text
    client.post("/sign-out")
    client.sign_in("anong")
    assert "/office/papers/" not in client.get(f"/treasury/payments/{prepared}").text


# What fails, and whom that is told.


def tried(client: Visitor, portal: Portal, job: str, hour: int) -> str:
    """Let a worker try it again some hours later, and return the page of the job."""
    assert portal.print_papers(lambda: now() + timedelta(hours=hour)) == 0
    return client.get(job).text


def test_what_cannot_be_printed_is_given_up_seen_by_an_administrator_and_tried_again(
    client: Visitor, made: Maker, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = made(paid)
    client.sign_in("anong")
    job = f"/en{client.post(f'/office/papers/voucher/{about}').location}"
    with monkeypatch.context() as broken:
        # A process that makes papers ends before it made one.
        broken.setattr("sys.executable", "/bin/false")
        pages = [tried(client, portal, job, hour) for hour in range(rules.ATTEMPTS_MAX)]
    for page in pages[:-1]:
        assert "The last attempt failed; it is tried again." in page
        assert "Look again" in page
    assert "The paper could not be made." in pages[-1]
    assert "could not be printed" in pages[-1]
    assert "Look again" not in pages[-1]
    client.post("/sign-out")
    client.sign_in("admin")
    failed = client.get("/en/office/jobs/failed").text
    assert "Payment voucher" in failed
    assert [secret for secret in SECRETS if secret in failed] == []
    found = re.search(r'action="(/en/office/jobs/[0-9]+/retry)"', failed)
    assert found is not None
    assert client.post(found[1]).location == "/en/office/jobs/failed"
    assert "No job has failed." in client.get("/en/office/jobs/failed").text
    assert portal.print_papers() == 1
    with Session(db.engine) as session:
        # What failed took no number.
        assert session.scalars(select(IssuedSheet.reference)).all() == ["RYG-2570-V000001"]


@only_sqlite
def test_what_was_cancelled_meanwhile_is_not_made(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    about = made(lambda world: world.released().id)
    client.sign_in("anong")
    job = client.post(f"/office/papers/voucher/{about}").location
    made(lambda world: cancelled(world, about))
    assert portal.print_papers() == 0
    assert "cannot be made yet, or no more" in client.get(f"/en{job}").text
    with Session(db.engine) as session:
        assert session.scalars(select(IssuedSheet)).all() == []


def cancelled(world: World, about: int) -> None:
    payment = world.session.get_one(Payment, about)
    service.void_payment(
        world.session, about, note="-", seen_version=payment.version, by=world.phailin, at=NOON
    )


@only_sqlite
def test_for_whoever_may_sign_in_no_more_nothing_is_made(made: Maker, portal: Portal) -> None:
    about = made(paid)
    visitor = Visitor(portal.app, portal.app.response_class).sign_in("anong")
    visitor.post(f"/office/papers/voucher/{about}")
    with Session(db.engine) as session, session.begin():
        session.execute(update(Person).where(Person.username == "anong").values(is_active=False))
    assert portal.print_papers() == 0
    with Session(db.engine) as session:
        assert session.scalars(select(Job.state)).one() is rules.JobState.DEAD
        assert session.scalars(select(IssuedSheet)).all() == []


@only_sqlite
def test_what_was_made_for_one_is_given_to_another_who_asks(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    about = made(paid)
    jobs = []
    for username in ("anong", "phailin"):
        client.sign_in(username)
        jobs.append(client.post(f"/office/papers/voucher/{about}").location)
        client.post("/sign-out")
    assert jobs[0] != jobs[1]
    # The second is told just this while the first is made, and gets its paper.
    portal.print_papers()
    with Session(db.engine) as session:
        assert len(session.scalars(select(IssuedSheet)).all()) == 1
        assert len({*session.scalars(select(Job.result))}) == 1
    assert client.get(jobs[0]).status_code == 302
    client.sign_in("anong")
    assert client.get(jobs[0]).status_code == 200
    assert client.get(jobs[1]).status_code == 404


@only_sqlite
def test_a_letter_of_another_day_is_nothing_new(made: Maker, portal: Portal) -> None:
    about = made(given)
    visitor = Visitor(portal.app, portal.app.response_class).sign_in("malee")
    first = visitor.post(f"/office/papers/thanks/{about}").location
    assert portal.print_papers(lambda: DECEMBER) == 1
    assert visitor.post(f"/office/papers/thanks/{about}").location == first
