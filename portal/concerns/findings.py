"""One function for each act on a finding: an auditor raises it, another answers, it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Entry
from portal.audit.entry import EntryType
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.queries import EntryNotFoundError
from portal.audit.queries import position
from portal.concerns import acts
from portal.concerns import rules
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.docket import Effect
from portal.concerns.docket import Reply
from portal.concerns.docket import enter
from portal.concerns.docket import load_finding
from portal.concerns.docket import sealed
from portal.concerns.models import Finding
from portal.funds.docket import next_reference
from portal.funds.models import FundRequest
from portal.roles import Actor
from portal.roles import Role

# As which role somebody answers who holds several.
_ANSWERS_AS = (Role.CHAIR, Role.OFFICER, Role.TREASURER, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """What an auditor found: at which entry, how heavy, about what, in private words."""

    eid: str
    severity: Severity
    topic: FindingTopic
    words: str


def found_entry(session: Session, written: str, *, by: Actor) -> Entry:
    """Return the entry an auditor names by its id or its index; raise when there is none."""
    rules.next_finding_state(None, FindingAction.RAISE, by)
    if written.isdecimal() and len(written) < 19:  # noqa: PLR2004 - digits of the largest index
        at = LogSeq.idx == int(written)
        found = session.scalar(select(LogEntry.body).join(LogSeq).where(at))
        if found is None:
            raise EntryNotFoundError(written)
        return parse(found)
    position(session, written)
    return parse(session.scalars(select(LogEntry.body).where(LogEntry.eid == written)).one())


def raise_finding(session: Session, answer: FindingAnswer, *, by: Actor, at: datetime) -> Finding:
    """Raise a finding at one entry of the log; it has a number and waits for an answer."""
    entry = found_entry(session, answer.eid, by=by)
    _, number = next_reference(session, "finding", letter="F", at=at)
    finding = Finding(
        number=number,
        eid=entry.eid,
        fund_request_id=_request_of(session, entry),
        severity=answer.severity,
        topic=answer.topic,
        raised_by_id=by.person_id,
        raised_at=at,
    )
    draft = acts.told(
        acts.FINDING_RAISED,
        {"number": number, "severity": answer.severity, "topic": answer.topic},
        {"words": sealed(finding, answer.words)},
        role=Role.AUDITOR,
        by=by,
        at=at,
        ref=entry.eid,
    )
    enter(session, finding, draft, Effect(FindingState.OPEN, Reply(None, answer.words)), by=by)
    return finding


def _request_of(session: Session, entry: Entry) -> int | None:
    """Return the request that an entry tells of: the finding is then for those who may see it."""
    reference = entry.public.get("reference")
    return session.scalar(select(FundRequest.id).where(FundRequest.reference == reference))


def answer_finding(
    session: Session, finding_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Finding:
    """Answer a finding: what was done about it, and the words to it."""
    finding = load_finding(session, finding_id, seen_version=seen_version, by=by)
    remedy = Remedy(str(reply.code))
    changes = {"remedy": remedy, "answered_by_id": by.person_id, "answered_at": at}
    _take(session, finding, FindingAction.ANSWER, reply, changes=changes, by=by, at=at)
    return finding


def close_finding(
    session: Session, finding_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Finding:
    """Close a finding whose answer does; by an auditor who did not write the answer."""
    finding = load_finding(session, finding_id, seen_version=seen_version, by=by)
    changes = {"closed_by_id": by.person_id, "closed_at": at}
    _take(session, finding, FindingAction.CLOSE, reply, changes=changes, by=by, at=at)
    return finding


def reopen_finding(
    session: Session, finding_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Finding:
    """Open a finding again, with a reason: it waits for another answer."""
    finding = load_finding(session, finding_id, seen_version=seen_version, by=by)
    if finding.erased_at is not None:
        raise rules.ErasedError
    reply = Reply(Doubt(str(reply.code)), reply.words)
    changes = dict.fromkeys(
        ("remedy", "answered_by_id", "answered_at", "closed_by_id", "closed_at"), None
    )
    _take(session, finding, FindingAction.REOPEN, reply, changes=changes, by=by, at=at)
    return finding


# action -> the entry it makes, and the public field in which the code of the reply stands
_TOLD: Mapping[FindingAction, tuple[EntryType, str | None]] = {
    FindingAction.ANSWER: (acts.FINDING_ANSWERED, "action"),
    FindingAction.CLOSE: (acts.FINDING_CLOSED, None),
    FindingAction.REOPEN: (acts.FINDING_REOPENED, "reason"),
}


def _take(
    session: Session,
    finding: Finding,
    action: FindingAction,
    reply: Reply,
    *,
    changes: Mapping[str, object],
    by: Actor,
    at: datetime,
) -> None:
    state = rules.next_finding_state(
        finding.state,
        action,
        by,
        raised_by=finding.raised_by_id,
        answered_by=finding.answered_by_id,
    )
    entry_type, field = _TOLD[action]
    answers_as = next((role for role in _ANSWERS_AS if by.holds(role)), Role.AUDITOR)
    draft = acts.told(
        entry_type,
        {"number": finding.number} | ({field: reply.code} if field else {}),
        {"words": sealed(finding, reply.words)},
        role=answers_as if action is FindingAction.ANSWER else Role.AUDITOR,
        by=by,
        at=at,
        ref=finding.log_eid,
    )
    enter(session, finding, draft, Effect(state, reply, changes), by=by)
