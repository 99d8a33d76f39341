"""What the acts on a request need to know of it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.db import Today
from portal.funds import acts
from portal.funds import rules
from portal.funds import urgency
from portal.funds.attachments import PaperKind
from portal.funds.clock_rules import Clock
from portal.funds.models import Attachment
from portal.funds.models import ClosedDay
from portal.funds.models import FundRequest
from portal.funds.models import Interest
from portal.funds.models import Ratification
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rule_checks import RetiredError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import read_facts
from portal.funds.rules import Duty
from portal.funds.rules import Signatures
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.funds.urgency import Lane
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day

# Sees every request that was sent: the desk, the second signatures, the auditor.
SEE_ALL = frozenset({Role.OFFICER, Role.DRIVING_CHAIR, Role.BOARD, Role.AUDITOR})
PAID = frozenset({State.APPROVED, State.CLOSED})
RULES_LOCK = 0x72756C6573  # any number, the same in every process: "rules"


def may_see(fund_request: FundRequest, by: Actor) -> bool:
    """Say whether this person may open this request."""
    if by.person_id == fund_request.requester_id or Role.OFFICER in by.roles:
        return True
    if fund_request.reference is None:
        return False
    return (
        bool(SEE_ALL & by.roles)
        or by.holds(Role.CHAIR, fund_request.subcommittee_code)
        or (Role.TREASURER in by.roles and fund_request.state in PAID)
    )


@dataclass(frozen=True, slots=True)
class SamePaper:
    """A paper of a request that another request has too, byte for byte."""

    request_id: int
    reference: str | None
    kind: PaperKind


def same_papers(session: Session, request_id: int) -> Sequence[SamePaper]:
    """Return where the papers of a request are attached as well; `kind` is what they show here."""
    here, there = aliased(Attachment), aliased(Attachment)
    rows = session.execute(
        select(FundRequest.id, FundRequest.reference, here.kind)
        .join(there, there.fund_request_id == FundRequest.id)
        .join(here, here.digest == there.digest)
        .where(
            here.fund_request_id == request_id,
            there.fund_request_id != request_id,
            here.removed_at.is_(None),
            there.removed_at.is_(None),
        )
        .order_by(FundRequest.id, here.id)
    )
    return [SamePaper(*row) for row in rows]


def paper_digests(session: Session, request_id: int) -> Sequence[str]:
    """Return the digests of the papers that are attached to a request."""
    attached = select(Attachment.digest).where(
        Attachment.fund_request_id == request_id, Attachment.removed_at.is_(None)
    )
    return session.scalars(attached.order_by(Attachment.id)).all()


def duties(session: Session, request_id: int) -> dict[int, Duty]:
    """Return each person's duty in a request."""
    rows = session.execute(
        select(RequestDuty.person_id, RequestDuty.duty).where(
            RequestDuty.fund_request_id == request_id
        )
    )
    return {row.person_id: row.duty for row in rows}


def related(session: Session, request_id: int) -> dict[int, bool]:
    """Return what people declared of themselves about a request; the newest word counts."""
    rows = session.execute(
        select(Interest.person_id, Interest.is_related)
        .where(Interest.fund_request_id == request_id)
        .order_by(Interest.id)
    )
    return {row.person_id: row.is_related for row in rows}


def standing(session: Session, fund_request: FundRequest, *, day: date | None) -> Standing:
    """Return how a request stands for those who act on it on a day."""
    return Standing(
        subcommittee=fund_request.subcommittee_code,
        duties=duties(session, fund_request.id),
        signatures=signatures(session, fund_request),
        related=related(session, fund_request.id),
        day=day,
        is_paying=fund_request.paying_satang > 0,
    )


def urgent_lane(session: Session, day: date) -> Lane | None:
    """Return the rules of the urgent lane on a day, if there are any."""
    newest = (
        select(UrgentRule)
        .where(UrgentRule.valid_from <= day)
        .order_by(UrgentRule.valid_from.desc(), UrgentRule.id.desc())
        .limit(1)
    )
    rule = session.scalars(newest).one_or_none()
    return rule.lane if rule else None


def ratification(session: Session, fund_request: FundRequest) -> Ratification | None:
    """Return what the driving committee still has to say, or said, of an urgent approval."""
    return session.scalars(
        select(Ratification).where(Ratification.fund_request_id == fund_request.id)
    ).one_or_none()


def overdue_ratification(
    session: Session, subcommittee: str, *, day: date
) -> tuple[str, date] | None:
    """Return the oldest urgent approval of a subcommittee whose ratification is overdue."""
    row = session.execute(
        select(FundRequest.reference, Ratification.due_on)
        .join(FundRequest, FundRequest.id == Ratification.fund_request_id)
        .where(
            Ratification.subcommittee_code == subcommittee,
            Ratification.verdict.is_(None),
            Ratification.due_on < day,
            FundRequest.state.in_(PAID),
        )
        .order_by(Ratification.due_on)
        .limit(1)
    ).one_or_none()
    return (str(row.reference), row.due_on) if row else None


def keep_rules(session: Session, *, changes: bool = False) -> None:
    """Let no rule change until this transaction ends; who changes one waits for all others.

    The log is read in the order of its commits: whoever judges by a rule comes before its change.
    SQLite has one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        kept = "" if changes else "_shared"
        session.execute(text(f"SELECT pg_advisory_xact_lock{kept}({RULES_LOCK})"))


def rules_on(
    session: Session,
    day: date | Today | None,
    among: Collection[tuple[RuleKind, str]] | None = None,
) -> Mapping[tuple[RuleKind, str], Rule]:
    """Return what the rules say on a day, or without one what is known to come last."""
    found = select(RuleVersion).order_by(RuleVersion.valid_from, RuleVersion.id)
    if day is not None:
        found = found.where(RuleVersion.valid_from <= day)
    if among is not None:
        found = found.where(tuple_(RuleVersion.kind, RuleVersion.code).in_(among))
    # Of the versions of one rule, the last stays.
    return {(row.kind, row.code): as_rule(row) for row in session.scalars(found)}


def as_rule(row: RuleVersion) -> Rule:
    """Return a version as a plain value."""
    facts = read_facts(row.kind, row.facts)
    return Rule(row.kind, row.code, facts, row.valid_from, row.is_retired, row.id)


def in_force(
    session: Session, day: date, named: Collection[tuple[RuleKind, str]]
) -> Mapping[tuple[RuleKind, str], Rule]:
    """Return what these rules say on a day, or refuse what is unknown or has ended by then."""
    found = rules_on(session, day, named)
    for kind, code in named:
        if (kind, code) not in found:
            raise UnknownCodeError(code)
        if found[kind, code].is_retired:
            raise RetiredError(code)
    return found


def category_of(
    session: Session, fund_request: FundRequest, *, amount: Money, day: date
) -> CategoryFacts:
    """Return what the category of a request says on a day, or raise the rule that it breaks."""
    return category_for(
        session,
        category=fund_request.category_code,
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=amount,
        day=day,
    )


def category_for(
    session: Session, *, category: str, subcommittee: str, fund: str, amount: Money, day: date
) -> CategoryFacts:
    """Return what the category says on a day, or raise the rule of it that the request breaks."""
    named = [
        (RuleKind.CATEGORY, category),
        (RuleKind.SUBCOMMITTEE, subcommittee),
        (RuleKind.FUND, fund),
    ]
    found = in_force(session, day, named)
    facts = found[RuleKind.CATEGORY, category].facts
    if not isinstance(facts, CategoryFacts) or subcommittee not in facts.subcommittees:
        raise rules.CategoryNotHereError
    rules.check_amount(amount, ceiling=facts.ceiling)
    return facts


def signatures_needed(
    session: Session, fund_request: FundRequest, *, day: date, amount: Money | None = None
) -> tuple[Role, ...]:
    """Return the roles that sign for this request by the rules of a day, or for another amount."""
    if fund_request.is_urgent:
        return urgency.SIGNATURES
    newest = select(func.max(SignatureRule.valid_from)).where(SignatureRule.valid_from <= day)
    valid = session.scalars(
        select(SignatureRule).where(SignatureRule.valid_from == newest.scalar_subquery())
    )
    return rules.signatures_needed(
        [rule.threshold for rule in valid],
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=amount or fund_request.amount,
    )


def signatures(session: Session, fund_request: FundRequest) -> Signatures:
    """Return the signatures a sent request needs, and who gave theirs since it was sent."""
    sent = (
        select(func.max(RequestAct.id))
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act.in_((acts.REQUEST_SUBMITTED.name, acts.REQUEST_REVISED.name)),
        )
        .scalar_subquery()
    )
    given_by = session.scalars(
        select(RequestAct.by_person_id)
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act == acts.REQUEST_SIGNED.name,
            RequestAct.id > sent,
        )
        .order_by(RequestAct.id)
    ).all()
    needed = tuple(Role(role) for role in fund_request.signatures_needed.split(",") if role)
    return Signatures(needed or (Role.CHAIR,), tuple(given_by))


def clock(session: Session, *, at: datetime) -> Clock:
    """Return what tells by when any request must go on: loaded once, asked for every row."""
    targets = session.scalars(select(Target).order_by(Target.valid_from, Target.id))
    return Clock(
        [target.value for target in targets],
        closed=frozenset(session.scalars(select(ClosedDay.on))),
        today=bangkok_day(at),
    )
