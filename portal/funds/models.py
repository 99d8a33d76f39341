"""Tables of the foundation, its limits and targets, its fund requests, and its books."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship

from portal.audit.models import BigId
from portal.audit.models import Eid
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.funds import clock_rules
from portal.funds.attachments import FILE_NAME_LENGTH_MAX
from portal.funds.attachments import PaperKind
from portal.funds.attachments import Removal
from portal.funds.check_rules import CheckCode
from portal.funds.documents import DocumentKind
from portal.funds.ledger import Place
from portal.funds.line_rules import ITEM_LENGTH_MAX
from portal.funds.line_rules import UNIT_LENGTH_MAX
from portal.funds.line_rules import Line
from portal.funds.rules import Duty
from portal.funds.rules import Kind
from portal.funds.rules import State
from portal.funds.rules import Threshold
from portal.funds.urgency import Lane
from portal.funds.urgency import Verdict
from portal.money import Money
from portal.roles import Role


def log_reference() -> Mapped[str]:
    """Return a column naming the log entry of a row's newest act, checked at commit."""
    return mapped_column(Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED"))


class Foundation(Base):
    """The one foundation of this install."""

    __tablename__ = "foundation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    code: Mapped[str] = mapped_column(String(6))
    province: Mapped[str] = mapped_column(String(2))
    name_th: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    first_month: Mapped[int]
    log_eid: Mapped[str] = log_reference()


class SignatureRule(Base):
    """A threshold as it holds from one day on; later rows of the same day replace earlier ones."""

    __tablename__ = "signature_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    above_satang: Mapped[int] = mapped_column(BigInteger)
    signatures: Mapped[str] = mapped_column(String(200))
    subcommittee_code: Mapped[str | None] = mapped_column(ForeignKey("subcommittee.code"))
    fund_code: Mapped[str | None] = mapped_column(ForeignKey("fund.code"))
    log_eid: Mapped[str] = log_reference()

    @property
    def threshold(self) -> Threshold:
        """Return the rule as a plain value."""
        return Threshold(
            above=Money(self.above_satang),
            signatures=tuple(Role(role) for role in self.signatures.split(",")),
            subcommittee=self.subcommittee_code,
            fund=self.fund_code,
        )


class UrgentRule(Base):
    """The urgent lane as it holds from one day on; a later row of the same day replaces it."""

    __tablename__ = "urgent_rule"
    __table_args__ = (
        CheckConstraint("ceiling_satang > 0", name="ceiling_is_positive"),
        CheckConstraint("ratify_within_days > 0", name="days_are_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    ceiling_satang: Mapped[int] = mapped_column(BigInteger)
    ratify_within_days: Mapped[int]
    log_eid: Mapped[str] = log_reference()

    @property
    def lane(self) -> Lane:
        """Return the rule as a plain value."""
        return Lane(self.valid_from, Money(self.ceiling_satang), self.ratify_within_days)


class Target(Base):
    """How many working days a step may take, from one day on."""

    __tablename__ = "target"

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    step: Mapped[str] = mapped_column(String(20))
    working_days: Mapped[int]
    log_eid: Mapped[str] = log_reference()

    @property
    def value(self) -> clock_rules.Target:
        """Return the target as a plain value."""
        return clock_rules.Target(self.valid_from, self.step, self.working_days)


class ClosedDay(Base):
    """A day without work beyond the national holidays."""

    __tablename__ = "closed_day"

    on: Mapped[date] = mapped_column("day", primary_key=True)
    name_th: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    log_eid: Mapped[str] = log_reference()


class Donation(Base):
    """Money that came in; the donor's name is private."""

    __tablename__ = "donation"
    __table_args__ = (CheckConstraint("amount_satang > 0", name="amount_is_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("fund.code"))
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    received_on: Mapped[date]
    donor: Mapped[str] = mapped_column(String(200))
    log_eid: Mapped[str] = log_reference()


class Allocation(Base):
    """Money of a fund given to a subcommittee to decide on in a fiscal year."""

    __tablename__ = "allocation"
    __table_args__ = (CheckConstraint("amount_satang > 0", name="amount_is_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("fund.code"))
    subcommittee_code: Mapped[str] = mapped_column(ForeignKey("subcommittee.code"))
    fiscal_year: Mapped[int]
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    log_eid: Mapped[str] = log_reference()


class Balance(Base):
    """What an account holds now: kept beside the postings, in their transaction.

    The database refuses to take out more than is there, however many people act at once.
    """

    __tablename__ = "balance"
    __table_args__ = (
        CheckConstraint("satang >= 0 OR place = 'source'", name="never_below_zero"),
        UniqueConstraint("fund_code", "subcommittee_code", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("fund.code"))
    # Empty for the fund itself, before money is allocated.
    subcommittee_code: Mapped[str] = mapped_column(String(12))
    place: Mapped[Place] = mapped_column(choice(Place, "place"))
    satang: Mapped[int] = mapped_column(BigInteger, default=0)


class JournalEntry(Base):
    """One movement of money; its postings add up to zero; never changed."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_year", "at", "id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Moment)
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    fund_request_id: Mapped[int | None] = mapped_column(ForeignKey("fund_request.id"), index=True)
    log_eid: Mapped[str] = log_reference()


class PostingRow(Base):
    """What a journal entry added to one account; never changed."""

    __tablename__ = "posting"
    # Whole: a year of the books is added up from them alone.
    __table_args__ = (
        Index("ix_posting_entry", "journal_entry_id", "balance_id", "satang"),
        Index("ix_posting_account", "balance_id", "journal_entry_id", "satang"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    journal_entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"))
    balance_id: Mapped[int] = mapped_column(ForeignKey("balance.id"))
    satang: Mapped[int] = mapped_column(BigInteger)


class Counter(Base):
    """The last number given, per kind of paper and fiscal year: numbers have no gaps."""

    __tablename__ = "counter"

    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class FundRequest(Base):
    """A fund request, from draft to closed."""

    __tablename__ = "fund_request"
    __table_args__ = (
        CheckConstraint("amount_satang > 0", name="amount_is_positive"),
        CheckConstraint(
            "sent_satang BETWEEN 0 AND awarded_satang AND awarded_satang <= amount_satang",
            name="never_more_than_approved",
        ),
        CheckConstraint(
            "paying_satang BETWEEN sent_satang AND awarded_satang", name="never_paid_twice"
        ),
        CheckConstraint("confirmed_satang BETWEEN 0 AND sent_satang", name="confirmed_was_sent"),
        CheckConstraint(
            "returned_satang BETWEEN 0 AND awarded_satang - paying_satang", name="returned_waits"
        ),
        CheckConstraint("(youth_id IS NULL) <> (project_id IS NULL)", name="for_one_of_both"),
        CheckConstraint(
            "reference IS NOT NULL OR state IN ('draft', 'withdrawn')", name="sent_has_number"
        ),
        Index("ix_fund_request_waits", "waits_for", "subcommittee_code", "waits_since"),
        Index("uq_fund_request_requester_id_form_key", "requester_id", "form_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(20), unique=True)
    kind: Mapped[Kind] = mapped_column(choice(Kind, "kind"))
    state: Mapped[State] = mapped_column(choice(State, "state"), index=True)
    version: Mapped[int] = mapped_column()
    fiscal_year: Mapped[int]
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    finder: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200))
    requested_on: Mapped[date]
    youth_id: Mapped[int | None] = mapped_column(ForeignKey("youth.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    subcommittee_code: Mapped[str] = mapped_column(ForeignKey("subcommittee.code"), index=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"))
    fund_code: Mapped[str] = mapped_column(ForeignKey("fund.code"))
    purpose_code: Mapped[str] = mapped_column(ForeignKey("purpose.code"))
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    # Which version of its lines holds; the first draft has none.
    lines_version: Mapped[int] = mapped_column(default=0, server_default="0")
    awarded_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    # In payments that are alive, from preparing on.
    paying_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    sent_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmed_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    # Came back, and waits to be paid again or set free.
    returned_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[str] = mapped_column(Text)
    is_urgent: Mapped[bool] = mapped_column(default=False)
    urgent_reason: Mapped[str] = mapped_column(Text, default="")
    signatures_needed: Mapped[str] = mapped_column(String(200), default="")
    waits_for: Mapped[Role | None] = mapped_column(choice(Role, "waits_for"))
    waits_since: Mapped[datetime | None] = mapped_column(Moment)
    # When it came into its state: the clock of a step does not begin anew with each holder.
    step_since: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    party_salt: Mapped[bytes] = mapped_column(LargeBinary)
    import_fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    # Made with the form: whoever sends the same form twice, on a bad line, asked once.
    form_key: Mapped[str | None] = mapped_column(String(36))
    log_eid: Mapped[str | None] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )

    __mapper_args__ = {"version_id_col": version}

    payees: Mapped[list[PayeeAccount]] = relationship(order_by="PayeeAccount.version")

    @property
    def amount(self) -> Money:
        """Return the amount asked for."""
        return Money(self.amount_satang)

    @property
    def awarded(self) -> Money:
        """Return the amount approved."""
        return Money(self.awarded_satang)

    @property
    def unsent(self) -> Money:
        """Return what was approved and has not left for the bank."""
        return Money(self.awarded_satang - self.sent_satang)

    @property
    def returned(self) -> Money:
        """Return what came back and waits to be paid again or set free."""
        return Money(self.returned_satang)

    @property
    def payable(self) -> Money:
        """Return what was approved and is in no payment."""
        return Money(self.awarded_satang - self.paying_satang)

    @property
    def under_way(self) -> Money:
        """Return what is in a payment that the bank has not confirmed."""
        return Money(self.paying_satang - self.confirmed_satang)


class PayeeAccount(Base):
    """Where the money goes; a change is a new version."""

    __tablename__ = "payee_account"
    __table_args__ = (UniqueConstraint("fund_request_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"))
    version: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    holder: Mapped[str] = mapped_column(String(200))
    bank_code: Mapped[str] = mapped_column(String(3))
    account_number: Mapped[str] = mapped_column(String(20), index=True)

    @property
    def told(self) -> tuple[str, str, str, str]:
        """Return what this version tells."""
        return self.kind, self.holder, self.bank_code, self.account_number


class RequestLine(Base):
    """What a request asks for, item by item; a change is a new version of all lines.

    The database takes lines of the next version only, and refuses a version that does not add up
    to the amount. An erasure blanks item and unit, and no living row has an empty item.
    """

    __tablename__ = "request_line"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 20", name="number_is_bounded"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("amount_satang > 0", name="amount_is_positive"),
        UniqueConstraint("fund_request_id", "version", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"))
    version: Mapped[int] = mapped_column()
    number: Mapped[int]
    item: Mapped[str] = mapped_column(String(ITEM_LENGTH_MAX))
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(UNIT_LENGTH_MAX))
    amount_satang: Mapped[int] = mapped_column(BigInteger)

    @property
    def line(self) -> Line:
        """Return the line as a plain value."""
        return Line(self.item, self.quantity, self.unit, Money(self.amount_satang))


class RequestAct(Base):
    """One act on a request: who, as what, when, why, and what they saw; never changed."""

    __tablename__ = "request_act"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), index=True)
    act: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role] = mapped_column(choice(Role, "act_role"))
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[State] = mapped_column(choice(State, "act_state"))
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, default="{}")
    log_eid: Mapped[str] = log_reference()


class RequestDuty(Base):
    """Each person's one duty in a request: the key leaves no room for a second."""

    __tablename__ = "request_duty"

    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    duty: Mapped[Duty] = mapped_column(choice(Duty, "duty"))


class Interest(Base):
    """What somebody who is to decide declared of themselves; never changed, the newest counts.

    How they are related stands in the timeline.
    """

    __tablename__ = "interest"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    is_related: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()


class CheckOverride(Base):
    """Somebody answered for a check that stopped a request, why stands in the timeline."""

    __tablename__ = "check_override"

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), index=True)
    code: Mapped[CheckCode] = mapped_column(choice(CheckCode, "check_code"))
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()


class Ratification(Base):
    """What the driving committee still says, or said, of an urgent approval."""

    __tablename__ = "ratification"
    __table_args__ = (
        CheckConstraint(
            "(decided_at IS NULL) = (verdict IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decided_by_id <> approved_by_id", name="different_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), unique=True)
    subcommittee_code: Mapped[str] = mapped_column(ForeignKey("subcommittee.code"))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    verdict: Mapped[Verdict | None] = mapped_column(choice(Verdict, "verdict"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()


class Document(Base):
    """A paper that was issued about a request; never changed. Its bytes lie in the archive.

    `facts` is a keyed hash of what the paper tells: as long as it stays the same, no second paper
    is issued.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("fund_request_id", "kind", "number"),
        UniqueConstraint("fund_request_id", "kind", "facts"),
        CheckConstraint("number > 0", name="number_is_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"))
    kind: Mapped[DocumentKind] = mapped_column(choice(DocumentKind, "kind"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    facts: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    log_eid: Mapped[str] = log_reference()


ATTACHED = text("removed_at IS NULL")


class Attachment(Base):
    """A paper that somebody attached to a request; its bytes lie in the archive of attachments.

    It is taken off once at most, and never deleted. The file's own name is private; an erasure
    blanks it, and no living row has an empty one.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size_bytes BETWEEN 1 AND 10485760", name="size_is_bounded"),
        CheckConstraint(
            "(removed_at IS NULL) = (removed_by_id IS NULL)"
            " AND (removed_at IS NULL) = (removal_reason IS NULL)"
            " AND (removed_at IS NULL) = (removal_log_eid IS NULL)",
            name="removed_whole",
        ),
        Index(
            "uq_attachment_once",
            "fund_request_id",
            "digest",
            unique=True,
            sqlite_where=ATTACHED,
            postgresql_where=ATTACHED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), index=True)
    kind: Mapped[PaperKind] = mapped_column(choice(PaperKind, "kind"))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(FILE_NAME_LENGTH_MAX))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    removal_reason: Mapped[Removal | None] = mapped_column(choice(Removal, "removal_reason"))
    removal_log_eid: Mapped[str | None] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )


class ImportRun(Base):
    """An upload of a workbook: what was taken, and the refused rows as a workbook to correct.

    `refused` holds, as JSON, every row that was refused or has a warning, with the codes of both.
    """

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    file_name: Mapped[str] = mapped_column(String(200))
    new: Mapped[int]
    known: Mapped[int]
    refused: Mapped[str] = mapped_column(Text)
    corrections: Mapped[bytes] = mapped_column(LargeBinary)
