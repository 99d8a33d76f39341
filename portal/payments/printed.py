"""What each paper of the treasury prints: text, money and days, exactly as they stand on it.

Every class is one paper; `kind` names its template `templates/pdf/<kind>.html`. Nothing is here
that is not printed, since these values also travel inside the PDF, as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import datetime
from itertools import accumulate
from typing import ClassVar
from typing import TypeAlias

from portal.audit.link import PaperLink
from portal.funds.sheet_rules import SheetKind
from portal.money import Money
from portal.money import total
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import AskedLine
from portal.payments.paper_parts import CodedLine
from portal.payments.paper_parts import Line
from portal.payments.paper_parts import OpenLine
from portal.payments.paper_parts import RemittanceLine
from portal.payments.paper_parts import Signed
from portal.payments.paper_parts import SpentLine
from portal.payments.rules import Channel
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """ใบขอเบิกเงิน: what is asked for, for whom by their code, and where the money is to go."""

    kind: ClassVar[SheetKind] = SheetKind.WITHDRAWAL
    foundation: str
    office: str
    requested_on: date
    requester: str
    # Who found the need; the requester may write for them.
    finder: str
    organisation: str
    is_project: bool
    fund: str
    subcommittee: str
    beneficiary: str
    category: str
    purpose: str
    lines: tuple[AskedLine, ...]
    enclosures: tuple[str, ...]
    payee: str
    payee_kind: str
    account: Account
    sent: Signed

    @property
    def amount(self) -> Money:
        """Return what is asked for."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Voucher:
    """ใบสำคัญจ่าย: the payer's voucher. A duty that nobody has done yet is signed by hand."""

    kind: ClassVar[SheetKind] = SheetKind.VOUCHER
    foundation: str
    paid_on: date
    request_reference: str
    decided_on: date
    fund: str
    subcommittee: str
    payee: str
    payee_kind: str
    beneficiary: str
    lines: tuple[CodedLine, ...]
    tax_withheld: Money
    channel: Channel
    account: Account | None
    bank_reference: str
    enclosures: tuple[str, ...]
    prepared: Signed | None
    checked: Signed | None
    approved: Signed | None
    paid: Signed | None

    @property
    def gross(self) -> Money:
        """Return the sum before tax."""
        return total(line.amount for line in self.lines)

    @property
    def net(self) -> Money:
        """Return what the payee gets."""
        return self.gross - self.tax_withheld


@dataclass(frozen=True, slots=True)
class ReceiptForm:
    """ใบสำคัญรับเงิน: what a family signs, as it cannot issue a receipt of its own.

    What is not known when it is printed is empty, and filled in by hand.
    """

    kind: ClassVar[SheetKind] = SheetKind.RECEIPT
    foundation: str
    request_reference: str
    written_at: str
    received_on: date | None
    payee: str
    national_id: str
    address: str
    # Whom the money is for, and what the payee is to them; both empty where it is the payee.
    beneficiary: str
    relation: str
    lines: tuple[Line, ...]
    channel: Channel
    account: Account | None
    payer: str

    @property
    def amount(self) -> Money:
        """Return what is received."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Memo:
    """บันทึกข้อความ: sent up for an order. Its three parts are origin, facts and what is asked."""

    kind: ClassVar[SheetKind] = SheetKind.MEMO
    foundation: str
    office: str
    on: date
    subject: str
    to: str
    enclosures: tuple[str, ...]
    origin: tuple[str, ...]
    facts: tuple[str, ...]
    asked: tuple[str, ...]
    amount: Money | None
    sender: str
    sender_position: str


@dataclass(frozen=True, slots=True)
class RemittanceList:
    """The list of payees of one batch of transfers."""

    kind: ClassVar[SheetKind] = SheetKind.REMITTANCE
    foundation: str
    pay_on: date
    channel: Channel
    account: Account
    fund: str
    bank_file: str
    bank_file_digest: str
    lines: tuple[RemittanceLine, ...]
    prepared: Signed | None
    released: Signed | None

    @property
    def amount(self) -> Money:
        """Return the sum of the batch."""
        return total(line.amount for line in self.lines)

    @property
    def so_far(self) -> list[Money]:
        """Return, line by line, the sum up to and with it: what is carried to the next page."""
        return list(accumulate(line.amount for line in self.lines))


@dataclass(frozen=True, slots=True)
class AdvanceContract:
    """สัญญายืมเงินทดรองจ่าย, in two copies: what is lent, for what, and until when it is cleared."""

    kind: ClassVar[SheetKind] = SheetKind.ADVANCE
    foundation: str
    request_reference: str
    payment_reference: str
    on: date
    borrower: str
    organisation: str
    purpose: str
    # The last day of a journey, and until when it is cleared; what is lent for other work is
    # cleared so many days after the borrower has the money, which nobody knows beforehand.
    ends_on: date | None
    due_on: date | None
    clearing_days: int
    lines: tuple[Line, ...]
    fund: str
    channel: Channel
    account: Account | None
    approved: Signed | None
    paid: Signed | None

    @property
    def amount(self) -> Money:
        """Return what is lent."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class AdvanceClearing:
    """ใบส่งใช้เงินยืม: vouchers and unspent money against what was lent, to the satang."""

    kind: ClassVar[SheetKind] = SheetKind.CLEARING
    foundation: str
    request_reference: str
    payment_reference: str
    # Empty where the contract was not made in the portal.
    contract_reference: str
    contract_on: date
    borrower: str
    organisation: str
    purpose: str
    advance: Money
    due_on: date
    cleared_on: date
    lines: tuple[SpentLine, ...]
    returned: Money
    returned_on: date | None
    checked: Signed | None

    @property
    def spent(self) -> Money:
        """Return the sum of the vouchers."""
        return total(line.amount for line in self.lines)

    @property
    def still_owed(self) -> Money:
        """Return what the borrower still has to clear."""
        return max(self.advance - self.spent - self.returned, Money(0))

    @property
    def claimed(self) -> Money:
        """Return what the borrower spent beyond the advance and asks for."""
        return max(self.spent + self.returned - self.advance, Money(0))

    @property
    def is_late(self) -> bool:
        """Say whether the day for it had passed."""
        return self.cleared_on > self.due_on


@dataclass(frozen=True, slots=True)
class ReconciliationSheet:
    """งบกระทบยอดเงินฝากธนาคาร of one account for one month: books and bank led to one sum."""

    kind: ClassVar[SheetKind] = SheetKind.RECONCILIATION
    foundation: str
    account: Account
    month_on: date
    opening: Money
    received: Money
    paid: Money
    bank_closing: Money
    matched_count: int
    not_at_bank: tuple[OpenLine, ...]
    not_in_books: tuple[OpenLine, ...]
    prepared: Signed | None
    checked: Signed | None

    @property
    def closing(self) -> Money:
        """Return what the books say at the end of the month."""
        return self.opening + self.received - self.paid

    @property
    def bank_adjusted(self) -> Money:
        """Return what the bank would say if everything in the books had reached it."""
        return self.bank_closing + total(line.amount for line in self.not_at_bank)

    @property
    def books_adjusted(self) -> Money:
        """Return what the books would say if everything at the bank stood in them."""
        return self.closing + total(line.amount for line in self.not_in_books)

    @property
    def difference(self) -> Money:
        """Return what nobody has explained yet."""
        return self.bank_adjusted - self.books_adjusted


@dataclass(frozen=True, slots=True)
class ThankYouLetter:
    """A letter to a donor: what was given, for what, and where to follow it."""

    kind: ClassVar[SheetKind] = SheetKind.THANKS
    foundation: str
    address: str
    on: date
    donor: str
    amount: Money
    received_on: date
    receipt_reference: str
    fund: str
    meant_for: str
    done_with_it: tuple[str, ...]
    follow_at: str
    signer: str
    signer_position: str


Sheet: TypeAlias = (
    Withdrawal
    | Voucher
    | ReceiptForm
    | Memo
    | RemittanceList
    | AdvanceContract
    | AdvanceClearing
    | ReconciliationSheet
    | ThankYouLetter
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper about to be made: its running number and edition, and the stamp it is checked by."""

    reference: str
    number: int
    sheet: Sheet
    stamp: PaperLink
    by: Actor
    role: Role
    at: datetime
