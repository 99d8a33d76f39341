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

from portal.funds import drafting
from portal.funds import issuing
from portal.funds import service
from portal.funds.decision_sheet import decision_sheet
from portal.funds.documents import DocumentKind
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.issuing import Paper
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments import service as payments
from portal.payments.models import Payment
from portal.payments.rules import Channel
from portal.people.models import Person
from portal.people.queries import SYSTEM
from portal.people.queries import actor
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import ALONE
from portal.roles import Actor
from portal.roles import Role
from portal.youths.service import YouthAnswer

FOUNDED = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
# Found nowhere but in private places: the tests look for them in everything public.
SECRETS = ("ปลายฟ้าลับ", "นามสกุลลับ", "1999900000013", "9990000001", "เหตุผลที่ไม่มีใครควรเห็น")

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

    def draft(self, *, by: Actor | None = None, answer: RequestAnswer = ANSWER) -> FundRequest:
        return drafting.draft_request(self.session, answer, by=by or self.malee, at=NOON)

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

    def approve(self, fund_request: FundRequest, by: Actor) -> FundRequest:
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

    def prepared(self, fund_request: FundRequest | None = None, by: Actor | None = None) -> Payment:
        fund_request = fund_request or self.approved()
        return payments.prepare_payment(
            self.session,
            fund_request.id,
            channel=Channel.TRANSFER,
            seen_version=fund_request.version,
            by=by or self.anong,
            at=NOON,
        )

    def released(self) -> Payment:
        payment = self.prepared()
        return payments.release_payment(
            self.session, payment.id, seen_version=payment.version, by=self.prasit, at=NOON
        )

    def sent(self) -> Payment:
        payment = self.released()
        return payments.send_payment(
            self.session, payment.id, seen_version=payment.version, by=self.prasit, at=NOON
        )

    def confirmed(self, bank_reference: str = "KTB0001") -> Payment:
        payment = self.sent()
        return payments.confirm_payment(
            self.session,
            payment.id,
            bank_reference=bank_reference,
            seen_version=payment.version,
            by=self.phailin,
            at=NOON,
        )

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

    def begun(self, fund_request: FundRequest, by: Actor | None = None) -> Paper:
        return issuing.begin_document(
            self.session,
            fund_request.id,
            DocumentKind.DECISION,
            decision_sheet,
            by=by or self.malee,
            at=NOON,
        )

    def approvals(self, count: int) -> Sequence[FundRequest]:
        return [self.approved() for _ in range(count)]
