"""The panel of checks: gathering what the rules of the checks go by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy import Row
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.funds import acts
from portal.funds import lookups
from portal.funds import urgency
from portal.funds.books import available
from portal.funds.check_rules import Check
from portal.funds.check_rules import Facts
from portal.funds.check_rules import judge
from portal.funds.models import CheckOverride
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestAct
from portal.funds.queries import earlier_requests
from portal.funds.rule_models import Category
from portal.funds.rulebook import CategoryFacts
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.money import Money
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import has_consent

# Requests that ask for nothing any more say nothing about others.
_OVER = frozenset({State.DRAFT, State.REJECTED, State.WITHDRAWN})
# Many people's money may go to these without a question.
_MANY = frozenset({"school", "shop"})
_SHOWN = 5


def panel(session: Session, fund_request: FundRequest) -> list[Check]:
    """Return the panel of a request as it stands, with who answered for which stop."""
    answered = dict(
        session.execute(
            select(CheckOverride.code, Person.name)
            .join(Person, Person.id == CheckOverride.by_person_id)
            .where(*_since_sent(fund_request))
        ).all()
    )
    return [
        replace(check, overridden_by=answered.get(check.code))
        for check in judge(_facts(session, fund_request))
    ]


def check_lane(
    session: Session,
    fund_request: FundRequest,
    category: CategoryFacts,
    *,
    amount: Money,
    day: date,
) -> None:
    """Refuse an urgent request that the urgent lane of that day does not take."""
    if fund_request.is_urgent:
        urgency.check_urgent(
            lookups.urgent_lane(session, day),
            amount=amount,
            is_emergency=category.is_urgent,
            reason=fund_request.urgent_reason,
        )


def evidence(
    session: Session,
    fund_request: FundRequest,
    checks: Sequence[Check],
    standing: Standing,
    *,
    by: Actor,
) -> dict[str, Json]:
    """Return what lies before whoever decides, to be kept with the decision as it was."""
    earlier = [
        {"reference": row.reference, "satang": row.amount.satang, "state": row.state.value}
        for row in earlier_requests(session, fund_request, by)
    ]
    is_acting = by.acts_for(standing.subcommittee, on=standing.day)
    return {
        "amount_satang": fund_request.amount_satang,
        # The words stay in the lines of this version, where an erasure can blank them.
        "lines_version": fund_request.lines_version,
        "lines": [
            {"quantity": line.quantity, "satang": line.amount.satang}
            for line in lookups.lines(session, fund_request)
        ],
        "available_satang": available(session, fund_request).satang,
        "signatures_needed": list(standing.signatures.needed),
        "rules_of": str(standing.day),
        "payee_version": fund_request.payees[-1].version,
        "papers": list(lookups.paper_digests(session, fund_request.id)),
        "checks": [check.frozen() for check in checks],
        "earlier": earlier,
        "acting_for": holders(session, Role.CHAIR, standing.subcommittee) if is_acting else [],
    }


def overriders(session: Session, fund_request: FundRequest) -> frozenset[int]:
    """Return who answered for a check of this request since it was sent."""
    found = select(CheckOverride.by_person_id).where(*_since_sent(fund_request))
    return frozenset(session.scalars(found))


def _since_sent(fund_request: FundRequest) -> tuple[ColumnElement[bool], ...]:
    """Only what was answered since the newest sending counts: before, it was another request."""
    sent_at = (
        select(func.max(RequestAct.at))
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act.in_((acts.REQUEST_SUBMITTED.name, acts.REQUEST_REVISED.name)),
        )
        .scalar_subquery()
    )
    return CheckOverride.fund_request_id == fund_request.id, CheckOverride.at >= sent_at


def _facts(session: Session, fund_request: FundRequest) -> Facts:
    category = session.get_one(Category, fund_request.category_code)
    usual = [Money(satang) for satang in json.loads(category.usual_satang)]
    payee = fund_request.payees[-1]
    youth_id = fund_request.youth_id
    youth = session.get_one(Youth, youth_id) if youth_id else None
    started_on = bangkok_day(fund_request.created_at)
    shared = _shared_account(session, fund_request, payee)
    papers, own_papers = _same_papers(session, fund_request)
    return Facts(
        amount=fund_request.amount,
        available=available(session, fund_request) if not fund_request.awarded else None,
        ceiling=category.ceiling,
        usual=max(usual, default=None),
        consent=has_consent(session, youth.id, on=started_on) if youth else None,
        is_holder_the_person=youth is None or payee.kind != "self" or _names(youth, payee),
        earlier=_same_help(session, fund_request),
        accounts=[row.reference for row in shared if row.holder != payee.holder],
        siblings=[row.reference for row in shared if row.holder == payee.holder],
        papers=papers,
        own_papers=own_papers,
    )


def _same_papers(
    session: Session, fund_request: FundRequest
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the requests that carry a paper of this one: other people's, and the same person's."""
    found = lookups.same_papers(session, fund_request.id)
    others: list[str] = []
    own: list[str] = []
    for request_id in dict.fromkeys(row.request_id for row in found):
        there = session.get_one(FundRequest, request_id)
        is_own = there.youth_id is not None and there.youth_id == fund_request.youth_id
        (own if is_own else others).append(there.reference or "")
    return list(filter(None, others)), list(filter(None, own))


def _names(youth: Youth, payee: PayeeAccount) -> bool:
    return youth.first_name in payee.holder and youth.last_name in payee.holder


def _same_help(session: Session, fund_request: FundRequest) -> Sequence[str]:
    if fund_request.youth_id is None:
        return ()
    found = (
        select(FundRequest.reference)
        .where(
            FundRequest.youth_id == fund_request.youth_id,
            FundRequest.category_code == fund_request.category_code,
            FundRequest.fiscal_year == fund_request.fiscal_year,
            FundRequest.id != fund_request.id,
            FundRequest.reference.is_not(None),
            FundRequest.state.not_in(_OVER),
        )
        .order_by(FundRequest.id.desc())
        .limit(_SHOWN)
    )
    return [str(reference) for reference in session.scalars(found)]


def _shared_account(
    session: Session, fund_request: FundRequest, payee: PayeeAccount
) -> Sequence[Row[str | None, str]]:
    """Return the other people's requests, newest first, that pay into the same account."""
    if payee.kind in _MANY:
        return ()
    someone_else = (
        FundRequest.youth_id.is_distinct_from(fund_request.youth_id)
        if fund_request.youth_id
        else FundRequest.project_id.is_distinct_from(fund_request.project_id)
    )
    found = (
        select(FundRequest.reference, PayeeAccount.holder)
        .join(FundRequest, FundRequest.id == PayeeAccount.fund_request_id)
        .where(
            PayeeAccount.account_number == payee.account_number,
            PayeeAccount.bank_code == payee.bank_code,
            PayeeAccount.kind.not_in(_MANY),
            FundRequest.id != fund_request.id,
            someone_else,
            FundRequest.reference.is_not(None),
            FundRequest.state.not_in(_OVER),
        )
        .order_by(FundRequest.id.desc())
        .limit(_SHOWN)
    )
    return session.execute(found).all()
