"""What the story holds, counted in what the acts left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session

from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.funds.models import Attachment
from portal.funds.models import CheckOverride
from portal.funds.models import FundRequest
from portal.funds.models import ImportRun
from portal.funds.models import Interest
from portal.funds.models import Ratification
from portal.funds.models import RequestAct
from portal.funds.rules import State
from portal.payments.batch_rules import BatchState
from portal.payments.models import BankLine
from portal.payments.models import BankStatement
from portal.payments.models import MatchedLine
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.models import Receipt
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.people.models import ActingChair
from portal.publishing.report_codes import ReportState
from portal.reports.models import Report
from portal.youths.models import Consent
from portal.youths.models import Youth

Which = ColumnElement[bool] | InstrumentedAttribute[bool]


def counts(session: Session) -> Mapping[str, int]:
    """Return how many there are of each thing that happened, by what it is called."""
    asked = {name: session.scalar(found) or 0 for name, found in _COUNTS.items()}
    runs = session.scalars(select(ImportRun.refused))
    refused = sum(bool(row["refused"]) for run in runs for row in json.loads(run))
    return {"requests imported": asked.pop("requests imported"), "rows refused": refused, **asked}


def _count(column: InstrumentedAttribute[int], *which: Which) -> Select[int]:
    return select(func.count(column.distinct())).where(*which)


def _acted(act: str) -> Select[int]:
    """Count the requests on which somebody acted so, once or more often."""
    return _count(RequestAct.fund_request_id, RequestAct.act == act)


_COUNTS: Mapping[str, Select[int]] = {
    "requests imported": _count(FundRequest.id, FundRequest.import_fingerprint.is_not(None)),
    "requests filed": _count(
        FundRequest.id,
        FundRequest.import_fingerprint.is_(None),
        FundRequest.reference.is_not(None),
    ),
    "drafts": _count(FundRequest.id, FundRequest.reference.is_(None)),
    "people helped": _count(Youth.id, Youth.same_as_id.is_(None)),
    "requests returned": _acted("fund_request.returned"),
    "requests not approved": _acted("fund_request.rejected"),
    "requests withdrawn": _acted("fund_request.withdrawn"),
    "requests approved": _acted("fund_request.approved"),
    "requests revised": _acted("fund_request.revised"),
    "urgent requests": _count(FundRequest.id, FundRequest.is_urgent),
    "ratified": _acted("fund_request.ratified"),
    "not ratified": _acted("fund_request.not_ratified"),
    "waiting to be ratified": _count(Ratification.id, Ratification.verdict.is_(None)),
    "chairs related": _count(Interest.id, Interest.is_related),
    "acting chairs appointed": _count(ActingChair.id),
    "decided by acting chairs": _count(
        RequestAct.fund_request_id, RequestAct.evidence.like('%"acting_for": ["%')
    ),
    "stops answered for": _count(CheckOverride.id),
    "papers attached": _count(Attachment.id),
    "payments voided": _count(Payment.id, Payment.state == PaymentState.VOIDED),
    "batches sent": _count(PaymentBatch.id, PaymentBatch.state == BatchState.SENT),
    "payments sent back": _count(Payment.id, Payment.state == PaymentState.RETURNED),
    "advances cleared": _count(Payment.id, Payment.cleared_at.is_not(None)),
    "paid in cash": _count(
        Payment.id, Payment.channel == Channel.CASH, Payment.confirmed_at.is_not(None)
    ),
    "statements read": _count(BankStatement.id),
    "lines of the bank": _count(BankLine.id),
    "lines explained": _count(MatchedLine.bank_line_id),
    "receipts filed": _count(Receipt.id),
    "requests closed": _count(FundRequest.id, FundRequest.state == State.CLOSED),
    "consents withdrawn": _count(Consent.id, Consent.withdrawn_at.is_not(None)),
    "referrals": _count(Referral.id),
    "follow-ups done": _count(FollowUp.id, FollowUp.done_at.is_not(None)),
    "concerns": _count(Concern.id),
    "findings": _count(Finding.id),
    "reports published": _count(Report.id, Report.state == ReportState.PUBLISHED),
}
