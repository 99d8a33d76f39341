"""Payments of approved requests."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.audit.models import BigId
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.funds.models import log_reference
from portal.money import Money
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.batch_rules import BatchState
from portal.payments.payment_files import FileKind
from portal.payments.reconciliation import Meaning
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.payments.statement import Line
from portal.payments.statement import Nature
from portal.thai import bangkok_day

# A payment that may still reach the payee, or has.
ALIVE = text("state IN ('prepared', 'released', 'sent', 'confirmed')")


class PayingAccount(Base):
    """An account at a bank from which the foundation pays."""

    __tablename__ = "paying_account"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name_th: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    bank_code: Mapped[str] = mapped_column(String(3))
    account_number: Mapped[str] = mapped_column(String(20), unique=True)
    # What the bank calls the foundation in its files.
    company_id: Mapped[str] = mapped_column(String(16))
    is_closed: Mapped[bool] = mapped_column(default=False)
    # How its bank writes statements, as JSON; empty until a file was read by hand.
    statement_columns: Mapped[str] = mapped_column(Text, default="")
    log_eid: Mapped[str] = log_reference()


class PaymentBatch(Base):
    """Payments that go to the bank in one file: made by one treasurer, released by another."""

    __tablename__ = "payment_batch"
    __table_args__ = (
        CheckConstraint("released_by_id <> made_by_id", name="released_by_another"),
        CheckConstraint(
            "state NOT IN ('released', 'sent') OR released_by_id IS NOT NULL",
            name="released_by_somebody",
        ),
        CheckConstraint("count > 0 AND amount_satang > 0", name="holds_payments"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    account_code: Mapped[str] = mapped_column(ForeignKey("paying_account.code"))
    state: Mapped[BatchState] = mapped_column(choice(BatchState, "state"), index=True)
    version: Mapped[int] = mapped_column()
    count: Mapped[int]
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    value_on: Mapped[date]
    # The file that the account's bank takes; a table for people is always made beside it.
    file_kind: Mapped[FileKind] = mapped_column(choice(FileKind, "file_kind"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()

    __mapper_args__ = {"version_id_col": version}

    @property
    def amount(self) -> Money:
        """Return what all its payments come to."""
        return Money(self.amount_satang)


class BankFile(Base):
    """A file made for the bank when a batch was released; its bytes lie in the archive."""

    __tablename__ = "bank_file"
    __table_args__ = (UniqueConstraint("batch_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("payment_batch.id"))
    kind: Mapped[FileKind] = mapped_column(choice(FileKind, "kind"))
    digest: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    log_eid: Mapped[str] = log_reference()


class Payment(Base):
    """One payment: prepared by one treasurer, released by another."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_satang > 0", name="amount_is_positive"),
        CheckConstraint("released_by_id <> prepared_by_id", name="released_by_another"),
        CheckConstraint("confirmed_by_id <> released_by_id", name="confirmed_by_another"),
        CheckConstraint(
            "state NOT IN ('released', 'sent', 'confirmed') OR released_by_id IS NOT NULL",
            name="released_by_somebody",
        ),
        CheckConstraint(
            "returned_satang BETWEEN 0 AND amount_satang"
            " AND fee_satang BETWEEN 0 AND returned_satang",
            name="no_more_comes_back",
        ),
        CheckConstraint(
            "(state = 'returned') = (returned_satang = amount_satang)",
            name="returned_when_all_is_back",
        ),
        CheckConstraint("cleared_by_id <> released_by_id", name="cleared_by_another"),
        CheckConstraint(
            "(cleared_at IS NULL) = (cleared_by_id IS NULL)"
            " AND (cleared_at IS NULL OR advance IS NOT NULL)",
            name="cleared_if_lent",
        ),
        CheckConstraint(
            "(advance IS NOT NULL AND advance = 'travel') = (advance_ends_on IS NOT NULL)",
            name="journeys_end",
        ),
        CheckConstraint(
            "state <> 'confirmed' OR (confirmed_by_id IS NOT NULL AND bank_reference IS NOT NULL)",
            name="confirmed_with_reference",
        ),
        Index(
            "uq_payment_alive",
            "fund_request_id",
            "instalment",
            unique=True,
            sqlite_where=ALIVE,
            postgresql_where=ALIVE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    fund_request_id: Mapped[int] = mapped_column(ForeignKey("fund_request.id"), index=True)
    instalment: Mapped[int]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("payment_batch.id"), index=True)
    payee_account_id: Mapped[int] = mapped_column(ForeignKey("payee_account.id"))
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    state: Mapped[PaymentState] = mapped_column(choice(PaymentState, "state"), index=True)
    version: Mapped[int] = mapped_column()
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime] = mapped_column(Moment)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    bank_reference: Mapped[str | None] = mapped_column(String(60), unique=True)
    # What came back of it, and what of that the bank kept.
    returned_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_satang: Mapped[int] = mapped_column(BigInteger, default=0)
    # Money that is lent: for what, when a journey ends, and who found it cleared.
    advance: Mapped[AdvanceKind | None] = mapped_column(choice(AdvanceKind, "advance"))
    advance_ends_on: Mapped[date | None]
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cleared_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()

    __mapper_args__ = {"version_id_col": version}

    @property
    def amount(self) -> Money:
        """Return the amount paid."""
        return Money(self.amount_satang)

    @property
    def returned(self) -> Money:
        """Return what came back, with what the bank kept of it."""
        return Money(self.returned_satang)

    @property
    def fee(self) -> Money:
        """Return what the bank kept of what came back."""
        return Money(self.fee_satang)

    @property
    def stayed(self) -> Money:
        """Return what did not come back."""
        return self.amount - self.returned

    @property
    def lent(self) -> Advance | None:
        """Return on which terms it is lent, if it is."""
        if self.advance is None:
            return None
        return Advance(self.advance, self.advance_ends_on)

    @property
    def clear_by(self) -> date | None:
        """Return by when it is to be cleared, once the borrower has the money."""
        if self.lent is None or self.confirmed_at is None:
            return None
        return self.lent.due_on(bangkok_day(self.confirmed_at))


class BankStatement(Base):
    """A file of a bank that brought lines nobody had seen; never changed."""

    __tablename__ = "bank_statement"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_code: Mapped[str] = mapped_column(ForeignKey("paying_account.code"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    first_on: Mapped[date]
    last_on: Mapped[date]
    opening_satang: Mapped[int | None] = mapped_column(BigInteger)
    closing_satang: Mapped[int | None] = mapped_column(BigInteger)
    count: Mapped[int]
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    imported_at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()


class BankLine(Base):
    """One line of a statement, known by its fingerprint; never changed."""

    __tablename__ = "bank_line"
    __table_args__ = (Index("ix_bank_line_account_code_booked_on", "account_code", "booked_on"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"), index=True)
    account_code: Mapped[str] = mapped_column(ForeignKey("paying_account.code"))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    booked_on: Mapped[date]
    value_on: Mapped[date]
    # Below zero where money left the account.
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(Text)
    bank_reference: Mapped[str] = mapped_column(Text)
    end_to_end_id: Mapped[str] = mapped_column(Text)
    counter_account: Mapped[str] = mapped_column(String(40))
    nature: Mapped[Nature] = mapped_column(choice(Nature, "nature"))
    balance_satang: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def line(self) -> Line:
        """Return the line as a plain value."""
        balance = None if self.balance_satang is None else Money(self.balance_satang)
        return Line(
            self.booked_on,
            self.value_on,
            Money(self.amount_satang),
            self.description,
            self.bank_reference,
            self.end_to_end_id,
            self.counter_account,
            self.nature,
            balance,
        )


class LineMatch(Base):
    """What somebody confirmed lines to be; never changed."""

    __tablename__ = "line_match"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    meaning: Mapped[Meaning] = mapped_column(choice(Meaning, "meaning"))
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")
    log_eid: Mapped[str] = log_reference()


class MatchedLine(Base):
    """A line of a match; the key leaves no room for a second match."""

    __tablename__ = "matched_line"

    bank_line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"), primary_key=True)
    line_match_id: Mapped[int] = mapped_column(ForeignKey("line_match.id"), index=True)


class MatchedPayment(Base):
    """A payment of a match."""

    __tablename__ = "matched_payment"

    line_match_id: Mapped[int] = mapped_column(ForeignKey("line_match.id"), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True, index=True)


class Receipt(Base):
    """Evidence that the money arrived: a signed paper, a slip. The file lies in the archive."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("payment_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    kind: Mapped[ReceiptKind] = mapped_column(choice(ReceiptKind, "kind"))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    filed_at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_reference()


class AdvanceVoucher(Base):
    """What one receipt of an advance was for; an erasure blanks `item`."""

    __tablename__ = "advance_voucher"
    __table_args__ = (CheckConstraint("amount_satang > 0", name="amount_is_positive"),)

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), primary_key=True)
    spent_on: Mapped[date]
    amount_satang: Mapped[int] = mapped_column(BigInteger)
    item: Mapped[str] = mapped_column(Text)

    @property
    def amount(self) -> Money:
        """Return what was spent."""
        return Money(self.amount_satang)


class AcceptedVoucher(Base):
    """A voucher that an advance was cleared with; never changed."""

    __tablename__ = "accepted_voucher"

    receipt_id: Mapped[int] = mapped_column(
        ForeignKey("advance_voucher.receipt_id"), primary_key=True
    )
