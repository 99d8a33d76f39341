"""Erasing: the log's part of forgetting somebody, in steps that can each be repeated.

The order is written down first, then the keys are destroyed, then what was encrypted under them is
deleted and the log says so. A process that dies in between leaves the order open.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import acts
from portal.audit.entry import HOLDS
from portal.audit.entry import Kind
from portal.audit.models import Erasure
from portal.audit.models import PrivateField
from portal.audit.service import record
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError


class NoTicketError(InputError):
    """The number of the order cannot stand in the log."""

    def __init__(self, ticket: str) -> None:
        super().__init__(
            N_("“{ticket}” is no ticket: use capital letters, digits and hyphens, 40 at most."),
            ticket=ticket,
        )


class TicketTakenError(RuleError):
    """Another erasure has this number."""

    def __init__(self, ticket: str) -> None:
        super().__init__(N_("The ticket {ticket} stands for another erasure."), ticket=ticket)


def order_erasure(session: Session, ticket: str, subject: str, *, at: datetime) -> Erasure:
    """Write down the order, or return the one that is open already."""
    if not HOLDS[Kind.REFERENCE](ticket):
        raise NoTicketError(ticket)
    known = session.get(Erasure, ticket)
    if known is None:
        known = Erasure(ticket=ticket, subject=subject, opened_at=at)
        session.add(known)
        session.flush()
    elif known.subject != subject:
        raise TicketTakenError(ticket)
    return known


def open_erasures(session: Session) -> Sequence[Erasure]:
    """Return the orders that are not carried out yet, the oldest first."""
    return session.scalars(
        select(Erasure).where(Erasure.done_at.is_(None)).order_by(Erasure.opened_at)
    ).all()


def tell_erasure(
    session: Session, erasure: Erasure, subjects: Iterable[str], *, at: datetime
) -> None:
    """Delete what nobody can open any more, and say in the log how much it was."""
    theirs = PrivateField.subject.in_(list(subjects))
    count = session.scalar(select(func.count()).select_from(PrivateField).where(theirs)) or 0
    session.execute(delete(PrivateField).where(theirs))
    erasure.log_eid = record(session, acts.erased(erasure.ticket, count, at=at))


def close_erasure(session: Session, erasure: Erasure, *, at: datetime) -> None:
    """Mark the order done and forget whom it was about."""
    erasure.done_at, erasure.subject = at, None
    session.flush()
