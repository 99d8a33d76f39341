"""Whoever is erased is gone everywhere, for good, and the log still verifies."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import erasure
from portal.archive import PaperLostError
from portal.audit.erasing import NoTicketError
from portal.audit.erasing import TicketTakenError
from portal.audit.models import Erasure
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.audit.sealing import Opening
from portal.audit.vault import Box
from portal.audit.vault import KeyDestroyedError
from portal.audit.vault import Vault
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.docket import Reply
from portal.concerns.findings import FindingAnswer
from portal.concerns.findings import answer_finding
from portal.concerns.findings import close_finding
from portal.concerns.findings import raise_finding
from portal.concerns.findings import reopen_finding
from portal.concerns.forgetting import StillOpenError
from portal.concerns.models import Finding
from portal.concerns.queries import concern_page
from portal.concerns.queries import finding_page
from portal.concerns.queries import followed_concern
from portal.concerns.rules import ErasedError
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import answer_concern
from portal.concerns.service import close_concern
from portal.concerns.service import followed
from portal.concerns.service import receive_concern
from portal.concerns.service import take_up_concern
from portal.db import db
from portal.db import writing
from portal.erasure import ForgottenErasureError
from portal.erasure import check_erasures
from portal.erasure import erase
from portal.erasure import finish_erasures
from portal.funds.drafting import RequestAnswer
from portal.funds.forgetting import NobodyKnownError
from portal.funds.forgetting import NobodyToForgetError
from portal.funds.forgetting import StillNeededError
from portal.funds.models import Attachment
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.models import RequestLine
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import receive_donation
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.funds.service import reject_request
from portal.funds.sheet_rules import SheetKind
from portal.install import Install
from portal.money import Money
from portal.payments import batching
from portal.payments import returning
from portal.payments import service as payments
from portal.payments.batching import send_batch
from portal.payments.confirming import confirm_return
from portal.payments.models import Payment
from portal.payments.returning import Back
from portal.payments.rules import PayeeErasedError
from portal.youths.models import Youth
from tests import cases
from tests.acts.test_advances import ITEM as BOUGHT
from tests.acts.test_advances import WORK
from tests.acts.test_advances import cleared
from tests.acts.test_advances import voucher
from tests.acts.test_statement_lines import imported
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners
from tests.world import ANSWER
from tests.world import FILE_NAME
from tests.world import ITEM
from tests.world import LINED
from tests.world import LINES
from tests.world import NOON
from tests.world import SECRETS
from tests.world import UNIT
from tests.world import YOUTH
from tests.world import World

TICKET = "PDPA-2570-001"
files_only = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Told:
    """Somebody who was paid, and what a thief copied of them before the erasure."""

    youth: str
    boxes: dict[tuple[str, str], Box]


@pytest.fixture
def told(portal: Portal) -> Told:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        prepared = world.prepared()
        batch = world.batched(prepared)
        batching.send_batch(session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON)
        payment = payments.confirm_payment(
            session,
            prepared.id,
            bank_reference="KTB0001",
            seen_version=prepared.version,
            by=world.phailin,
            at=NOON,
        )
        world.receipted(payment, content=f"%PDF {SECRETS[2]}".encode())
        request = session.get_one(FundRequest, payment.fund_request_id)
        world.issued(request, content=f"%PDF {SECRETS[0]}".encode())
        youth_id = session.scalar(
            text("SELECT youth_id FROM fund_request WHERE id = :id"),
            {"id": payment.fund_request_id},
        )
    portal.install.publish(db.engine)
    return Told(f"youth:{youth_id}", copied())


def copied() -> dict[tuple[str, str], Box]:
    with Session(db.engine) as session:
        rows = session.scalars(
            select(PrivateField).where(
                PrivateField.subject.like("youth:%") | PrivateField.subject.like("payee:%")
            )
        )
        return {(row.eid, row.field): Box(row.key_id, row.nonce, row.ciphertext) for row in rows}


def opens(vault: Vault, told: Told) -> list[str]:
    """Return what the stolen boxes still open to."""
    found = []
    for (eid, field), box in told.boxes.items():
        try:
            found.append(vault.decrypt(box, eid=eid, field=field))
        except KeyDestroyedError:
            continue
    return found


def everything(portal: Portal) -> bytes:
    """Return every byte of every file, and every row of the database."""
    parts = [
        path.read_bytes()
        for path in sorted(portal.install.settings.data_dir.rglob("*"))
        if path.is_file()
    ]
    with Session(db.engine) as session:
        for table in db.metadata.tables.values():
            parts.extend(repr(tuple(row)).encode() for row in session.execute(select(table)))
    return b"\n".join(parts)


def act(portal: Portal, do: Callable[[World], object]) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        do(World(session))


def test_nothing_anywhere_opens_what_was_erased(portal: Portal, told: Told) -> None:
    vault = portal.install.vault
    assert len(opens(vault, told)) == len(told.boxes) == 15
    before = everything(portal)
    assert [secret for secret in SECRETS if secret.encode() in before] == list(SECRETS)
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    assert opens(vault, told) == opens(Install(portal.install.settings).vault, told) == []
    after = everything(portal)
    assert [secret for secret in SECRETS if secret.encode() in after] == []
    assert copied() == {}
    portal.verify()
    assert check_erasures(portal.install, db.session()) == 1


def test_what_vouchers_say_goes_with_the_person(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.lent(WORK)
        cleared(world, payment, voucher(world, payment, payment.amount))
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    assert BOUGHT.encode() in everything(portal)
    erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)
    assert BOUGHT.encode() not in everything(portal)
    portal.verify()


def test_papers_of_the_worker_go_with_the_person_and_lists_with_everybody_on_them(
    portal: Portal,
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.prepared()
        batch = world.batched(payment)
        send_batch(session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON)
        world.receipted(world.confirm(payment))
        gift = DonationAnswer("", "GEN", Money.baht(9), NOON.date(), "ผู้ให้")
        donation = receive_donation(session, gift, by=world.malee, at=NOON).reference
        theirs = [
            world.sheet(SheetKind.VOUCHER, payment.id).digest,
            world.sheet(SheetKind.REMITTANCE, batch.id, world.anong).digest,
        ]
        donors = world.sheet(SheetKind.THANKS, donation).digest
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    archive = portal.install.archive
    erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)
    for digest in theirs:
        with pytest.raises(PaperLostError):
            archive.read(digest)
    assert archive.read(donors)
    erase(portal.install, f"donation:{donation}", ticket=f"{TICKET}-2", at=NOON)
    with pytest.raises(PaperLostError):
        archive.read(donors)
    portal.verify()


def came_back(world: World, payment_id: int, back: Back) -> FundRequest:
    payment = world.session.get_one(Payment, payment_id)
    returning.refund_payment(
        world.session, payment_id, back, seen_version=payment.version, by=world.phailin, at=NOON
    )
    return world.session.get_one(FundRequest, payment.fund_request_id)


def set_free(world: World, fund_request: FundRequest) -> FundRequest:
    return returning.release_rest(
        world.session,
        fund_request.id,
        note=" ".join(SECRETS),
        seen_version=fund_request.version,
        by=world.anong,
        at=NOON,
    )


def test_money_of_somebody_erased_comes_back_and_is_set_free(
    portal: Portal, told: Told, client: Visitor
) -> None:
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    client.sign_in("anong")
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        fund_request = came_back(world, 1, Back(Money.baht(400), " ".join(SECRETS)))
        assert (fund_request.state, fund_request.payable) == (State.APPROVED, Money.baht(400))
        with pytest.raises(PayeeErasedError):
            world.prepared(fund_request)
    addresses = (
        "/en/treasury/",
        "/en/treasury/payments/1",
        "/en/treasury/requests/1/prepare",
        "/en/treasury/requests/1/rest",
        "/en/office/",
        "/en/office/requests",
        "/en/office/requests/1",
    )
    pages = {address: client.get(address) for address in addresses}
    assert {page.status_code for page in pages.values()} == {200}
    assert "nothing can be paid any more" in pages["/en/treasury/requests/1/prepare"].text
    assert [a for a in addresses if "erased" not in pages[a].text.lower()] == []
    assert [s for s in SECRETS if any(s in page.text for page in pages.values())] == []
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        assert set_free(world, session.get_one(FundRequest, 1)).state is State.CLOSED
    after = everything(portal)
    assert [secret for secret in SECRETS if secret.encode() in after] == []
    assert copied() == {}
    portal.verify()
    assert check_erasures(portal.install, db.session()) == 1


def test_a_line_of_the_bank_that_came_after_the_erasure_is_forgotten_by_another_order(
    portal: Portal, told: Told
) -> None:
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        (line,) = imported(world, (f"คืนเงิน {SECRETS[1]}", "", "1500"))
        payment = session.get_one(Payment, 1)
        confirm_return(
            session,
            [line],
            payment.id,
            Back(payment.amount, SECRETS[4]),
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )
        set_free(world, session.get_one(FundRequest, payment.fund_request_id))
    after = everything(portal)
    assert [secret for secret in SECRETS if secret.encode() in after] == [SECRETS[1]]
    erase(portal.install, told.youth, ticket=f"{TICKET}-2", at=NOON)
    assert SECRETS[1].encode() not in everything(portal)
    portal.verify()
    assert check_erasures(portal.install, db.session()) == 2


def test_who_holds_an_advance_is_not_erased(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        payment = World(session).lent(WORK)
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    with pytest.raises(StillNeededError):
        erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)


def attached_and_rejected(world: World, *contents: bytes, answer: RequestAnswer = ANSWER) -> int:
    """A request that ended, with papers."""
    fund_request = world.submitted(answer=answer)
    for content in contents:
        world.attached(fund_request, content=content)
    world.declare(fund_request, world.somchai)
    reject_request(
        world.session,
        fund_request.id,
        Grounds(Reason.PAPERS, ""),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )
    assert fund_request.youth_id is not None
    return fund_request.youth_id


def test_what_was_attached_goes_with_its_name_but_not_from_anothers_request(
    portal: Portal, client: Visitor
) -> None:
    own, shared = b"%PDF of one alone", b"%PDF of two"
    another = replace(ANSWER, youth=replace(YOUTH, national_id="1999900000021"))
    with writing(db.engine, portal.install.session_info()) as session:
        youth_id = attached_and_rejected(World(session), own, shared)
        other_id = attached_and_rejected(World(session), shared, answer=another)
        papers = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        (gone, kept), request_id = [paper.digest for paper in papers[:2]], papers[0].fund_request_id
    assert FILE_NAME.encode() in everything(portal)
    erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)
    archive = portal.install.attachments
    with pytest.raises(PaperLostError):
        archive.read(gone)
    assert archive.read(kept) == shared
    with Session(db.engine) as session:
        names = session.scalars(select(Attachment.file_name).order_by(Attachment.id)).all()
    assert names == ["", "", FILE_NAME]
    # The shared one is no longer given out as this somebody's.
    client.sign_in("malee")
    page = client.get(f"/en/office/requests/{request_id}")
    assert page.text.count("Erased") == 2
    assert client.get(f"/office/requests/{request_id}/attachments/2").status_code == 404
    erase(portal.install, f"youth:{other_id}", ticket=f"{TICKET}-2", at=NOON)
    with pytest.raises(PaperLostError):
        archive.read(kept)
    assert FILE_NAME.encode() not in everything(portal)


def test_the_words_of_the_lines_are_forgotten_and_their_amounts_stay(
    portal: Portal, client: Visitor
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        youth_id = attached_and_rejected(World(session), answer=LINED)
    words = (ITEM, UNIT, LINES[1].item)
    before = everything(portal)
    assert [one for one in words if one.encode() in before] == list(words)
    erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)
    after = everything(portal)
    assert [one for one in words if one.encode() in after] == []
    with Session(db.engine) as session:
        kept = session.scalars(select(RequestLine).order_by(RequestLine.number)).all()
        request_id = kept[0].fund_request_id
        assert [(row.item, row.unit, row.quantity, row.amount_satang) for row in kept] == [
            ("", "", 2, 90_000),
            ("", "", 1, 60_000),
        ]
    client.sign_in("malee")
    page = client.get(f"/en/office/requests/{request_id}").text
    assert page.count("Erased") == len(LINES)
    assert "900" in page
    portal.verify()


def test_the_log_tells_how_much_and_by_what_order_and_nothing_else(
    portal: Portal, told: Told
) -> None:
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    with Session(db.engine) as session:
        body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc())).first()
        order = session.get_one(Erasure, TICKET)
        assert (order.subject, order.done_at) == (None, NOON)
    assert body is not None
    entry = json.loads(body)
    assert entry["t"] == "privacy.erased"
    assert entry["pub"] == {"count": len(told.boxes), "ticket": TICKET}
    assert (entry["ref"], entry["prv"]) == ([], {})


def test_the_words_of_a_case_are_forgotten_too(portal: Portal, told: Told) -> None:
    def work(world: World) -> None:
        youth_id = int(told.youth.removeprefix("youth:"))
        cases.agreed(world, youth_id)
        cases.done(world, cases.accepted(world, cases.sent(world, youth_id)))
        cases.declined(world, cases.sent(world, youth_id))
        cases.followed_up(world, cases.planned(world, youth_id))
        cases.noted(world, youth_id)

    act(portal, work)
    portal.install.publish(db.engine)
    before = everything(portal)
    for words in (b"referral", SECRETS[4].encode()):
        assert words in before
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    after = everything(portal)
    assert [secret for secret in SECRETS if secret.encode() in after] == []
    with Session(db.engine) as session:
        for told_in in ("asked, answer, result FROM referral", "note FROM follow_up"):
            rows = session.execute(text(f"SELECT {told_in}")).all()
            assert set().union(*rows) == {""}
        assert session.scalars(text("SELECT words FROM case_note")).all() == [""]
    portal.verify()


def test_a_donor_is_forgotten_too(portal: Portal) -> None:
    with Session(db.engine) as session:
        donation = session.scalars(select(Donation).order_by(Donation.id)).first()
    assert donation is not None
    subject = f"donation:{donation.reference}"
    erase(portal.install, subject, ticket=TICKET, at=NOON)
    with Session(db.engine) as session:
        assert session.get_one(Donation, donation.id).donor == ""
        held = PrivateField.subject == subject
        assert session.scalar(select(func.count()).select_from(PrivateField).where(held)) == 0


def test_what_is_still_needed_is_not_erased(portal: Portal) -> None:
    ways: tuple[Callable[[World], object], ...] = (
        lambda world: world.draft(),
        lambda world: world.submitted(),
        lambda world: world.sent(),
        # Paid, and its receipt is missing: it could never be filed again.
        lambda world: world.confirmed(),
    )
    for way in ways:
        act(portal, way)
    with Session(db.engine) as session:
        youth_id = session.scalar(text("SELECT max(youth_id) FROM fund_request"))
    with pytest.raises(StillNeededError, match="must end first"):
        erase(portal.install, f"youth:{youth_id}", ticket=TICKET, at=NOON)
    with Session(db.engine) as session:
        assert session.get(Erasure, TICKET) is None


@pytest.mark.parametrize("subject", ["", "youth", "youth:", "youth:x", "person:1", "donation:"])
@files_only
def test_only_young_people_and_donors_can_be_erased(portal: Portal, subject: str) -> None:
    with pytest.raises(NobodyToForgetError):
        erase(portal.install, subject, ticket=TICKET, at=NOON)


@files_only
def test_nobody_unknown_is_erased(portal: Portal) -> None:
    for subject in ("youth:999", "donation:NONE"):
        with pytest.raises(NobodyKnownError):
            erase(portal.install, subject, ticket=TICKET, at=NOON)


@files_only
def test_a_ticket_stands_for_one_erasure(portal: Portal, told: Told) -> None:
    for wrong in ("", "lower-case", "with space", "A" * 41):
        with pytest.raises(NoTicketError):
            erase(portal.install, told.youth, ticket=wrong, at=NOON)
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    with pytest.raises(TicketTakenError):
        erase(portal.install, told.youth, ticket=TICKET, at=NOON)


class KilledError(Exception):
    """Stands for a process that dies."""


@pytest.mark.parametrize("step", ["tell_erasure", "forget", "close_erasure", "_empty_journal"])
def test_an_erasure_that_was_cut_off_is_finished(
    portal: Portal, told: Told, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(erasure, step, die)
        with pytest.raises(KilledError):
            erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    # The keys went first: whatever happens now, nothing opens.
    assert opens(portal.install.vault, told) == []
    again = Install(portal.install.settings)
    if step == "forget":
        # The same command again takes up what is open.
        erase(again, told.youth, ticket=TICKET, at=NOON)
    else:
        assert finish_erasures(again, at=NOON) == (0 if step == "_empty_journal" else 1)
    assert finish_erasures(again, at=NOON) == 0
    assert copied() == {}
    portal.verify()
    assert check_erasures(again, db.session()) == 1


def test_before_the_keys_are_destroyed_nothing_is_lost(
    portal: Portal, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(portal.install.vault, "destroy", die)
        with pytest.raises(KilledError):
            erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    assert len(opens(portal.install.vault, told)) == len(told.boxes)
    assert finish_erasures(portal.install, at=NOON) == 1
    assert opens(portal.install.vault, told) == []


def test_another_process_forgets_the_key_at_once(portal: Portal, told: Told) -> None:
    other = Install(portal.install.settings).vault
    other.prepare([told.youth])
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    with pytest.raises(KeyDestroyedError):
        other.encrypt("x", [Opening("y", told.youth, "z")])
    other.close()


@files_only
def test_a_restored_key_store_is_noticed(portal: Portal, told: Told, tmp_path: Path) -> None:
    store = portal.install.settings.data_dir / "keystore" / "keystore.sqlite"
    with closing(sqlite3.connect(store)) as now, closing(sqlite3.connect(tmp_path / "old")) as old:
        now.backup(old)
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    portal.install.publish(db.engine)
    portal.install.vault.close()
    shutil.copy(tmp_path / "old", store)
    restored = Install(portal.install.settings)
    with pytest.raises(ForgottenErasureError, match=TICKET):
        check_erasures(restored, db.session())
    restored.vault.close()


@files_only
def test_a_restored_database_is_noticed(portal: Portal, told: Told) -> None:
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    portal.install.publish(db.engine)
    with writing(db.engine, {}) as session:
        session.execute(text("UPDATE youth SET erased_at = NULL"))
    with pytest.raises(ForgottenErasureError, match=TICKET):
        check_erasures(portal.install, db.session())


@pytest.mark.usefixtures("told")
def test_the_database_lets_nothing_be_blanked_but_private_words_in_an_erasure(
    portal: Portal,
) -> None:
    act(portal, lambda world: world.draft(answer=LINED))

    def refused(statement: str) -> bool:
        with Session(db.engine) as session:
            try:
                session.execute(text(statement))
            except Exception as error:  # noqa: BLE001 - either driver's own
                # SQLite's guard does not even let the pages try.
                return "append-only" in str(error) or "not authorized" in str(error)
            finally:
                session.rollback()
        return False

    blank = "UPDATE donation SET donor = ''"
    nothing_left = "UPDATE request_line SET item = '', unit = ''"
    assert refused(blank)
    assert refused(nothing_left)
    with writing(db.engine, {}) as session:
        session.add(Erasure(ticket="OPEN", subject="youth:1", opened_at=NOON))
    assert not refused(blank)
    assert not refused(nothing_left)
    for other in (
        "UPDATE donation SET donor = 'x'",
        "UPDATE donation SET donor = '', amount_satang = amount_satang + 1",
        "UPDATE payee_account SET holder = '', account_number = '', bank_code = '999'",
        "UPDATE payee_account SET holder = ''",
        "UPDATE request_act SET note = '', evidence = ''",
        "UPDATE request_line SET item = '', unit = 'x'",
        "UPDATE request_line SET item = '', unit = '', quantity = 9",
        "UPDATE request_line SET version = 2",
        "DELETE FROM erasure",
        "DELETE FROM donation",
    ):
        assert refused(other), other
    with writing(db.engine, {}) as session:
        session.execute(text("UPDATE erasure SET done_at = opened_at, subject = NULL"))
    assert refused("UPDATE erasure SET done_at = NULL, subject = 'youth:1'")


def test_the_pages_of_somebody_erased_say_so(portal: Portal, told: Told, client: Visitor) -> None:
    with Session(db.engine) as session:
        request_id, reference = session.execute(
            text("SELECT id, reference FROM fund_request")
        ).one()
    erase(portal.install, reference, ticket=TICKET, at=NOON)
    with Session(db.engine) as session:
        (forgotten,) = session.scalars(select(Youth).where(Youth.erased_at.is_not(None)))
        assert told.youth == f"youth:{forgotten.id}"
    client.sign_in("wipa")
    for address in (f"/en/office/requests/{request_id}", "/en/office/requests"):
        page = client.get(address)
        assert page.status_code == 200
        assert "ลบข้อมูลแล้ว" in page.text
        assert "years old" not in page.text
    client.sign_in("anong")
    assert client.get("/treasury/").status_code == 200
    portal.install.publish(db.engine)
    assert client.get(f"/requests/{reference}").status_code == 200


CONCERN_WORDS, CONCERN_CONTACT = "เรื่องที่ไม่มีใครควรเห็น", "โทร 09-SECRET"


def concern(world: World, *, is_closed: bool) -> str:
    """A concern that was answered, and closed by its reporter; return its number."""
    answer = ConcernAnswer(
        topic=ConcernTopic.MONEY,
        is_about_house=False,
        about="RYG-1",
        words=CONCERN_WORDS,
        contact=CONCERN_CONTACT,
        sheet="one",
    )
    session = world.session
    receipt = receive_concern(session, answer, at=NOON)
    number = followed(session, receipt.code)
    found, nothing = Reply(Outcome.PUT_RIGHT, CONCERN_WORDS), Reply(None, "")
    take_up_concern(session, number, nothing, seen_version=1, by=world.malee, at=NOON)
    answer_concern(session, number, found, seen_version=2, by=world.malee, at=NOON)
    if is_closed:
        close_concern(session, number, at=NOON)
    return receipt.number


def test_a_concern_is_forgotten_by_its_number(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        number = concern(World(session), is_closed=True)
    secrets = (CONCERN_WORDS, CONCERN_CONTACT)
    before = everything(portal)
    assert [secret for secret in secrets if secret.encode() in before] == list(secrets)
    erase(portal.install, number, ticket=TICKET, at=NOON)
    after = everything(portal)
    assert [secret for secret in secrets if secret.encode() in after] == []
    with Session(db.engine) as session:
        held = session.scalars(select(PrivateField.subject)).all()
        assert f"concern:{number}" not in held
        page = concern_page(session, 1, World(session).malee)
        assert (page.is_erased, page.offers) == (True, [])
        assert followed_concern(session, 1).is_erased
    portal.verify()
    assert check_erasures(portal.install, db.session()) == 1
    db.session.close()
    with owners().begin() as connection:
        connection.execute(text("UPDATE concern SET erased_at = NULL"))
    with pytest.raises(ForgottenErasureError, match=TICKET):
        check_erasures(portal.install, db.session())


@files_only
def test_a_concern_that_is_open_is_still_needed(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        number = concern(World(session), is_closed=False)
    with pytest.raises(StillOpenError, match=number):
        erase(portal.install, number, ticket=TICKET, at=NOON)
    with pytest.raises(NobodyKnownError):
        erase(portal.install, "concern:NONE", ticket=TICKET, at=NOON)


def test_findings_at_somebodys_requests_are_forgotten_with_them(portal: Portal, told: Told) -> None:
    words = "ข้อตรวจพบที่เอ่ยชื่อ"

    def raised(world: World) -> tuple[int, str]:
        eid = world.session.scalars(text("SELECT log_eid FROM request_act ORDER BY id")).first()
        eid = str(UUID(str(eid)))
        answer = FindingAnswer(eid, Severity.NOTE, FindingTopic.OTHER, words)
        finding = raise_finding(world.session, answer, by=world.wipa, at=NOON)
        return finding.id, finding.number

    with writing(db.engine, portal.install.session_info()) as session:
        finding_id, number = raised(World(session))
    with pytest.raises(StillOpenError, match=number):
        erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        reply = Reply(Remedy.EXPLAINED, words)
        answer_finding(session, finding_id, reply, seen_version=1, by=world.malee, at=NOON)
        reply = Reply(None, "")
        close_finding(session, finding_id, reply, seen_version=2, by=world.wipa, at=NOON)
    erase(portal.install, told.youth, ticket=TICKET, at=NOON)
    assert words.encode() not in everything(portal)
    with writing(db.engine, portal.install.session_info()) as session:
        world, seen = World(session), session.get_one(Finding, finding_id).version
        assert finding_page(session, finding_id, world.wipa).is_erased
        doubt = Reply(Doubt.OTHER, "x")
        with pytest.raises(ErasedError):
            reopen_finding(session, finding_id, doubt, seen_version=seen, by=world.wipa, at=NOON)
    portal.verify()
