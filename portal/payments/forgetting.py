"""Forgetting somebody for good: the files of their requests, attached before and filed after."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.funds.models import Attachment
from portal.funds.models import FundRequest
from portal.funds.sheet_models import IssuedSheet
from portal.payments.models import AdvanceVoucher
from portal.payments.models import BankFile
from portal.payments.models import BankLine
from portal.payments.models import LineMatch
from portal.payments.models import MatchedLine
from portal.payments.models import MatchedPayment
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.youths.models import Youth
from portal.youths.queries import same_ids


def files_of(session: Session, subject: str) -> Sequence[str]:
    """Return the digests of the files of this somebody's requests, and of no other's."""
    kind, _, name = subject.partition(":")
    if kind != "youth":
        return ()
    about = FundRequest.youth_id.in_(same_ids(session, int(name)))
    remembered = FundRequest.youth_id.in_(select(Youth.id).where(Youth.erased_at.is_(None)))
    others = FundRequest.youth_id.is_(None) | (remembered & ~about)
    return sorted(_digests(session, about) - _digests(session, others))


def bank_files_of(session: Session, subject: str) -> Sequence[str]:
    """Return the digests of the bank's files that tell of a payment to this somebody.

    Others stand in them too; what is left of the file is its commitment in the log.
    """
    kind, _, name = subject.partition(":")
    if kind != "youth":
        return ()
    about = FundRequest.youth_id.in_(same_ids(session, int(name)))
    batches = select(Payment.batch_id).join(FundRequest).where(about)
    return session.scalars(select(BankFile.digest).where(BankFile.batch_id.in_(batches))).all()


def lists_of(session: Session, subject: str) -> Sequence[str]:
    """Return the digests of the lists of transfers on which this somebody stands among others."""
    kind, _, name = subject.partition(":")
    if kind != "youth":
        return ()
    about = FundRequest.youth_id.in_(same_ids(session, int(name)))
    batches = session.scalars(
        select(Payment.batch_id).join(FundRequest).where(about, Payment.batch_id.is_not(None))
    )
    lists = IssuedSheet.about.in_([f"batch:{batch_id}" for batch_id in batches])
    return session.scalars(select(IssuedSheet.digest).where(lists)).all()


def forget_lines(session: Session, subject: str) -> None:
    """Blank what the bank's lines and vouchers tell of payments to this somebody.

    The database lets these rows be blanked, and nothing else, while an erasure is open.
    """
    kind, _, name = subject.partition(":")
    if kind != "youth":
        return
    about = FundRequest.youth_id.in_(same_ids(session, int(name)))
    paid = select(Payment.id).join(FundRequest).where(about)
    matches = select(MatchedPayment.line_match_id).where(MatchedPayment.payment_id.in_(paid))
    lines = select(MatchedLine.bank_line_id).where(MatchedLine.line_match_id.in_(matches))
    of_lines, of_matches = BankLine.id.in_(lines), LineMatch.id.in_(matches)
    session.execute(update(BankLine).where(of_lines).values(description="", counter_account=""))
    session.execute(update(LineMatch).where(of_matches).values(note=""))
    filed = select(Receipt.id).where(Receipt.payment_id.in_(paid))
    of_advances = AdvanceVoucher.receipt_id.in_(filed)
    session.execute(update(AdvanceVoucher).where(of_advances).values(item=""))


def _digests(session: Session, condition: ColumnElement[bool]) -> set[str]:
    """Return the digests of what was attached to these requests, and filed for their payments."""
    attached = select(Attachment.digest).join(FundRequest)
    filed = select(Receipt.digest).join(Payment).join(FundRequest)
    return {
        *session.scalars(attached.where(condition)),
        *session.scalars(filed.where(condition)),
    }
