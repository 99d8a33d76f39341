"""The cast of the tests, and builders that walk through the services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Severity
from portal.concerns.findings import FindingAnswer
from portal.concerns.findings import raise_finding
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import followed
from portal.concerns.service import receive_concern
from portal.funds import attaching
from portal.funds import drafting
from portal.funds import issuing
from portal.funds import service
from portal.funds.attachments import PaperKind
from portal.funds.decision_sheet import decision_sheet
from portal.funds.documents import DocumentKind
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.issuing import Paper
from portal.funds.line_rules import Line
from portal.funds.models import Attachment
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.funds.sheet_issuing import begin_sheet
from portal.funds.sheet_issuing import issue_sheet
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.money import Money
from portal.payments import batching
from portal.payments import receipting
from portal.payments import service as payments
from portal.payments.accounts import AccountAnswer
from portal.payments.accounts import open_account
from portal.payments.advance_rules import Advance
from portal.payments.batching import Terms
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.payments.sheet_table import TELL
from portal.people.models import Person
from portal.people.queries import SYSTEM
from portal.people.queries import actor
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import ALONE
from portal.roles import Actor
from portal.roles import Role
from portal.uploads import Upload
from portal.uploads import UploadKind
from portal.youths.reads import note_read
from portal.youths.rules import ReadPage
from portal.youths.service import YouthAnswer

FOUNDED = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
# Found nowhere but in private places: the tests look for them in everything public.
SECRETS = ("ปลายฟ้าลับ", "นามสกุลลับ", "1999900000013", "9990000001", "เหตุผลที่ไม่มีใครควรเห็น")
# What a file was called when it came; told to the public just as little.
FILE_NAME = "บัตรประชาชนของแม่ลับ.jpg"

YOUTH = YouthAnswer(
    title="นางสาว",
    first_name=SECRETS[0],
    last_name=SECRETS[1],
    birth_on=date(2009, 3, 13),
    national_id=SECRETS[2],
    schooling="หลุดจากระบบการศึกษา",
)
ANSWER = RequestAnswer(
    requested_on=date(2026, 11, 19),
    finder="อสม. ตัวอย่าง",
    organisation="อสม.",
    youth=YOUTH,
    project_name=None,
    has_consent=True,
    area_code="210101",
    subcommittee="SC5",
    category="LIVING",
    fund="GEN",
    amount=Money.baht(1500),
    payee=PayeeAnswer("guardian", f"แม่ของ{SECRETS[0]}", "006", SECRETS[3]),
    reason=SECRETS[4],
)
# The same asked for line by line; what a line is and its unit are as private as the reason.
ITEM, UNIT = "เครื่องแบบของคนที่ไม่มีใครควรรู้", "ชุดลับเฉพาะ"
LINES = (Line(ITEM, 2, UNIT, Money.baht(900)), Line("ค่าเดินทางลับ", 1, "", Money.baht(600)))
LINED = replace(ANSWER, lines=LINES)


ACCOUNT = AccountAnswer("MAIN", "บัญชีหลัก", "Main account", "006", "9870123456", "RYGEDU")


@dataclass
class World:
    """Officer Malee, chair Somchai, treasurers Anong and Prasit, auditor Wipa, and Krit."""

    session: Session

    def _actor(self, username: str) -> Actor:
        return actor(self.session, username)

    @cached_property
    def malee(self) -> Actor:
        return self._actor("malee")

    @cached_property
    def somchai(self) -> Actor:
        """The chair of subcommittee SC5."""
        return self._actor("chair5")

    @cached_property
    def other_chair(self) -> Actor:
        return self._actor("chair2")

    @cached_property
    def driving(self) -> Actor:
        """The chair of the driving committee."""
        return self._actor("driving")

    @cached_property
    def board(self) -> Actor:
        return self._actor("board")

    @cached_property
    def anong(self) -> Actor:
        return self._actor("anong")

    @cached_property
    def prasit(self) -> Actor:
        return self._actor("prasit")

    @cached_property
    def phailin(self) -> Actor:
        return self._actor("phailin")

    @cached_property
    def wipa(self) -> Actor:
        return self._actor("wipa")

    @cached_property
    def admin(self) -> Actor:
        """The only administrator."""
        return self._actor("admin")

    @cached_property
    def finder(self) -> Actor:
        return self._actor("finder1")

    @cached_property
    def krit(self) -> Actor:
        """Somebody who may do nothing."""
        self._added("krit", "กฤต ตัวอย่าง")
        return self._actor("krit")

    def everything(self, username: str = "everything") -> Actor:
        """Somebody who holds every role of the work: only the separation of people stops them."""
        person = self._added(username, "ทุกบทบาท")
        for role in set(Role) - {Role.CHAIR, Role.SYSTEM} - ALONE:
            grant_role(self.session, person, role, by=SYSTEM, at=FOUNDED)
        grant_role(self.session, person, Role.CHAIR, subcommittee_code="SC5", by=SYSTEM, at=FOUNDED)
        self.session.expire(person)
        return self._actor(username)

    def _added(self, username: str, name: str) -> Person:
        return add_person(
            self.session, username, name=name, organisation_code=None, by=SYSTEM, at=FOUNDED
        )

    def person(self, by: Actor) -> Person:
        return self.session.get_one(Person, by.person_id)

    def draft(
        self, *, by: Actor | None = None, answer: RequestAnswer = ANSWER, at: datetime = NOON
    ) -> FundRequest:
        return drafting.draft_request(self.session, answer, by=by or self.malee, at=at)

    def amend(self, fund_request: FundRequest, answer: RequestAnswer) -> FundRequest:
        return drafting.amend_request(
            self.session,
            fund_request.id,
            answer,
            seen_version=fund_request.version,
            by=self.malee,
            at=NOON,
        )

    def submitted(
        self,
        *,
        by: Actor | None = None,
        answer: RequestAnswer = ANSWER,
        amount: Money | None = None,
    ) -> FundRequest:
        answer = answer if amount is None else replace(answer, amount=amount)
        by = by or self.malee
        fund_request = self.draft(by=by, answer=answer)
        return service.submit_request(
            self.session, fund_request.id, seen_version=fund_request.version, by=by, at=NOON
        )

    def submitted_project(self) -> FundRequest:
        answer = replace(
            ANSWER,
            youth=None,
            project_name=f"โครงการของ{SECRETS[0]}",
            subcommittee="SC1",
            category="SURVEY",
        )
        return self.submitted(answer=answer)

    def to_decide(self, *, answer: RequestAnswer = ANSWER) -> FundRequest:
        """A request of whose chair is known that they are not related to it."""
        return self.declare(self.submitted(answer=answer), self.somchai)

    def declare(
        self, fund_request: FundRequest, by: Actor, *, is_related: bool = False
    ) -> FundRequest:
        return service.declare_interest(
            self.session,
            fund_request.id,
            is_related=is_related,
            how="ญาติ" if is_related else "",
            seen_version=fund_request.version,
            by=by,
            at=NOON,
        )

    def approve(self, fund_request: FundRequest, by: Actor) -> FundRequest:
        self.declare(fund_request, by)
        return service.approve_request(
            self.session,
            fund_request.id,
            note="",
            seen_version=fund_request.version,
            by=by,
            at=NOON,
        )

    def approved(self, *, answer: RequestAnswer = ANSWER) -> FundRequest:
        return self.approve(self.submitted(answer=answer), self.somchai)

    def prepared(
        self,
        fund_request: FundRequest | None = None,
        by: Actor | None = None,
        *,
        channel: Channel | None = None,
        advance: Advance | None = None,
    ) -> Payment:
        fund_request = fund_request or self.approved()
        return payments.prepare_payment(
            self.session,
            fund_request.id,
            channel=channel,
            seen_version=fund_request.version,
            by=by or self.anong,
            at=NOON,
            advance=advance,
        )

    def released(
        self, fund_request: FundRequest | None = None, payment: Payment | None = None
    ) -> Payment:
        payment = payment or self.prepared(fund_request)
        return payments.release_payment(
            self.session, payment.id, seen_version=payment.version, by=self.prasit, at=NOON
        )

    def sent(
        self, fund_request: FundRequest | None = None, payment: Payment | None = None
    ) -> Payment:
        payment = self.released(fund_request, payment)
        return payments.send_payment(
            self.session, payment.id, seen_version=payment.version, by=self.prasit, at=NOON
        )

    def confirmed(
        self, bank_reference: str = "KTB0001", *, fund_request: FundRequest | None = None
    ) -> Payment:
        return self.confirm(self.sent(fund_request), bank_reference)

    def lent(self, advance: Advance) -> Payment:
        """A payment that is lent, and that the borrower has received."""
        return self.confirm(self.sent(payment=self.prepared(advance=advance)))

    def confirm(self, payment: Payment, bank_reference: str = "KTB0001") -> Payment:
        return payments.confirm_payment(
            self.session,
            payment.id,
            bank_reference=bank_reference,
            seen_version=payment.version,
            by=self.phailin,
            at=NOON,
        )

    def batched(self, *payments: Payment) -> PaymentBatch:
        """A batch of Anong, released by Prasit, from an account of the foundation."""
        if self.session.get(PayingAccount, ACCOUNT.code) is None:
            open_account(self.session, ACCOUNT, by=self.admin, at=NOON)
        terms = Terms(ACCOUNT.code, NOON.date(), FileKind.KTB)
        picked = [payment.id for payment in payments]
        batch = batching.make_batch(self.session, picked, terms=terms, by=self.anong, at=NOON)
        return batching.release_batch(
            self.session, batch.id, seen_version=batch.version, by=self.prasit, at=NOON
        )

    def receipted(
        self, payment: Payment, *, by: Actor | None = None, content: bytes = b"%PDF signed"
    ) -> Payment:
        receipting.file_receipt(
            self.session,
            payment.id,
            Upload(UploadKind.PDF, content),
            ReceiptKind.SIGNED_RECEIPT,
            by=by or self.malee,
            at=NOON,
        )
        return payment

    def raised(self, eid: str | None = None) -> Finding:
        """A finding at an entry, or at a request of its own."""
        eid = eid or str(self.submitted().log_eid)
        answer = FindingAnswer(eid, Severity.WEAKNESS, FindingTopic.PAPERS, SECRETS[4])
        return raise_finding(self.session, answer, by=self.wipa, at=NOON)

    def received(self, topic: ConcernTopic = ConcernTopic.MONEY) -> Concern:
        """A concern of somebody without an account."""
        answer = ConcernAnswer(
            topic=topic,
            is_about_house=False,
            about="RYG-2570-000001",
            words=SECRETS[4],
            contact=SECRETS[3],
            sheet=topic.value,
        )
        receipt = receive_concern(self.session, answer, at=NOON)
        return self.session.get_one(Concern, followed(self.session, receipt.code))

    def issued(
        self,
        fund_request: FundRequest | None = None,
        by: Actor | None = None,
        *,
        content: bytes = b"%PDF-1.7 the bytes of a paper",
    ) -> Document:
        """A decision sheet; what stands in its bytes is none of the service's business."""
        fund_request = fund_request or self.approved()
        paper = self.begun(fund_request, by)
        return issuing.issue_document(self.session, paper, content + paper.stamp.eid.encode())

    def sheet(
        self,
        kind: SheetKind,
        about: object,
        by: Actor | None = None,
        *,
        content: bytes = b"%PDF-1.7 the bytes of a paper",
    ) -> IssuedSheet:
        """A paper of the worker's; what stands in its bytes is none of the service's business."""
        by = by or self.malee
        matter = TELL[kind](self.session, str(about), by, NOON.date())
        paper = begin_sheet(self.session, kind, matter, ahead=0, by=by, at=NOON)
        return issue_sheet(self.session, paper, matter, content + paper.stamp.eid.encode())

    def attached(
        self,
        fund_request: FundRequest | None = None,
        kind: PaperKind = PaperKind.CONSENT,
        *,
        content: bytes = b"%PDF-1.7 a paper that was cleaned",
        file_name: str = FILE_NAME,
        by: Actor | None = None,
    ) -> Attachment:
        """A paper as it is kept; what cleaning makes of a file is tested where it is cleaned."""
        fund_request = fund_request or self.submitted()
        return attaching.attach_paper(
            self.session,
            fund_request.id,
            Upload(UploadKind.PDF, content),
            kind,
            file_name=file_name,
            by=by or self.malee,
            at=NOON,
        )

    def begun(self, fund_request: FundRequest, by: Actor | None = None) -> Paper:
        return issuing.begin_document(
            self.session,
            fund_request.id,
            DocumentKind.DECISION,
            decision_sheet,
            by=by or self.malee,
            at=NOON,
        )

    def read(self, by: Actor | None = None, *, at: datetime = NOON) -> None:
        """Somebody opened the record of the first person."""
        note_read(self.session, 1, page=ReadPage.RECORD, by=by or self.wipa, at=at)

    def approvals(self, count: int) -> Sequence[FundRequest]:
        return [self.approved() for _ in range(count)]
