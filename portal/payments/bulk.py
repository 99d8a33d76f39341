"""One act on many payments at once: each by the same rules as alone, written down together."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.db import among
from portal.db import update_all
from portal.funds import docket
from portal.funds.models import FundRequest
from portal.funds.models import RequestDuty
from portal.funds.rules import Duty
from portal.payments import acts
from portal.payments.docket import told_of
from portal.payments.models import Payment
from portal.payments.queries import next_state
from portal.payments.rules import PaymentAction
from portal.roles import Actor

Paid = tuple[Payment, FundRequest]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the act does to one payment: `changes` are columns of its request."""

    columns: Mapping[str, object]
    changes: Mapping[str, object] = field(default_factory=dict)
    public: Mapping[str, Json] = field(default_factory=dict)
    private: Mapping[str, Secret] = field(default_factory=dict)


def locked(session: Session, condition: ColumnElement[bool]) -> Sequence[Paid]:
    """Lock the requests, then the payments, as every act on one of them does; by request."""
    requests = session.scalars(
        select(FundRequest)
        .where(FundRequest.id.in_(select(Payment.fund_request_id).where(condition)))
        .order_by(FundRequest.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    payments = session.scalars(
        select(Payment)
        .where(condition)
        .order_by(Payment.fund_request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    by_id = {fund_request.id: fund_request for fund_request in requests}
    return [(payment, by_id[payment.fund_request_id]) for payment in payments]


def take_all(
    session: Session,
    paid: Sequence[Paid],
    action: PaymentAction,
    effect_on: Callable[[Payment, FundRequest], Effect],
    *,
    by: Actor,
    at: datetime,
) -> list[str]:
    """Take every payment one step further; return the entries' ids, in their order.

    They stand in the same state, and none of them is another instalment of a request among them.
    What the session knew of anything is read anew afterwards.
    """
    own = _own_duties(session, paid, by)
    told, moved = [], []
    for payment, each in paid:
        state = next_state(payment, action, by, duties=own.get(each.id, {}))
        effect = effect_on(payment, each)
        draft = told_of(
            each,
            payment,
            acts.TYPES[action],
            by=by,
            at=at,
            public=effect.public,
            private=effect.private,
        )
        told.append((each, draft, effect.changes))
        seen = {"id": payment.id, "version": payment.version}
        moved.append({**seen, "state": state, **effect.columns})
    eids = docket.enter_all(session, told, duty=Duty.PAY, by=by)
    rows = [row | {"log_eid": eid} for row, eid in zip(moved, eids, strict=True)]
    update_all(session, Payment, rows)
    session.expire_all()
    return eids


def _own_duties(
    session: Session, paid: Sequence[Paid], by: Actor
) -> Mapping[int, Mapping[int, Duty]]:
    """Return this person's duty in each request, where they have one."""
    rows = session.execute(
        select(RequestDuty.fund_request_id, RequestDuty.duty).where(
            RequestDuty.person_id == by.person_id,
            among(session, RequestDuty.fund_request_id, [each.id for _, each in paid]),
        )
    )
    return {request_id: {by.person_id: duty} for request_id, duty in rows}
