"""The fold of findings and concerns: every step by who may take it, every count of days true."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from portal.audit.entry import Entry
from portal.concerns.acts import REPORTER
from portal.concerns.codes import SENSITIVE
from portal.concerns.codes import SENSITIVE_TOPICS
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome
from portal.concerns.codes import Party
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.rules import CONCERN_STEPS
from portal.concerns.rules import FINDING_STEPS
from portal.concerns.rules import HANDLERS
from portal.concerns.rules import NEXT_DESK
from portal.concerns.rules import SILENCE
from portal.errors import N_
from portal.errors import PortalError
from portal.publishing.shelf import Concern
from portal.publishing.shelf import Finding
from portal.publishing.shelf import Shelf

_BANGKOK = timedelta(hours=7)
_PUBLIC_TOPICS = frozenset({SENSITIVE, *ConcernTopic}) - SENSITIVE_TOPICS


class CaseError(PortalError):
    """An entry that the rules of findings or concerns do not allow at its place."""


def _code(entry: Entry, name: str, codes: type[StrEnum]) -> str:
    value = entry.text(name)
    if value not in set(codes):
        raise CaseError(N_("{code} is no code of {name}"), code=value, name=name)
    return value


def _number(entry: Entry, known: Mapping[str, object]) -> str:
    number = entry.text("number")
    if number in known:
        raise CaseError(N_("{code} stands in the log already"), code=number)
    return number


def _raised(shelf: Shelf, entry: Entry) -> None:
    number = _number(entry, shelf.findings)
    if entry.role not in FINDING_STEPS[None, FindingAction.RAISE].by or len(entry.refs) != 1:
        raise CaseError(N_("an auditor raises a finding at one entry"))
    severity, topic = _code(entry, "severity", Severity), _code(entry, "topic", FindingTopic)
    shelf.findings[number] = Finding(number, severity, topic, FindingState.OPEN, entry.at)


def _finding_step(shelf: Shelf, entry: Entry, action: FindingAction) -> Finding:
    number = entry.text("number")
    finding = shelf.findings.get(number)
    step = FINDING_STEPS.get((finding.state, action)) if finding else None
    if finding is None or step is None or entry.role not in step.by:
        raise CaseError(
            N_("{role} takes no such step with {number}"), role=entry.role, number=number
        )
    return replace(finding, state=step.to)


def _finding_answered(shelf: Shelf, entry: Entry) -> None:
    finding = _finding_step(shelf, entry, FindingAction.ANSWER)
    _code(entry, "action", Remedy)
    shelf.findings[finding.number] = replace(finding, answered_at=entry.at)


def _finding_closed(shelf: Shelf, entry: Entry) -> None:
    finding = _finding_step(shelf, entry, FindingAction.CLOSE)
    shelf.findings[finding.number] = replace(finding, closed_at=entry.at)


def _finding_reopened(shelf: Shelf, entry: Entry) -> None:
    finding = _finding_step(shelf, entry, FindingAction.REOPEN)
    _code(entry, "reason", Doubt)
    shelf.findings[finding.number] = replace(finding, answered_at="", closed_at="")


def _received(shelf: Shelf, entry: Entry) -> None:
    number, topic, desk = _number(entry, shelf.concerns), entry.text("topic"), entry.text("desk")
    first = Desk.AUDITORS if topic == SENSITIVE else Desk.OFFICERS
    if topic not in _PUBLIC_TOPICS or desk != first or entry.role != REPORTER:
        raise CaseError(N_("a concern about {topic} does not go to {desk}"), topic=topic, desk=desk)
    shelf.concerns[number] = Concern(number, topic, desk, ConcernState.RECEIVED, entry.at)


def _concern_step(shelf: Shelf, entry: Entry, action: ConcernAction) -> Concern:
    number = entry.text("number")
    concern = shelf.concerns.get(number)
    step = CONCERN_STEPS.get((concern.state, action)) if concern else None
    if concern is None or step is None or _party(entry, concern) not in step.by:
        raise CaseError(
            N_("{role} takes no such step with {number}"), role=entry.role, number=number
        )
    return replace(concern, state=step.to)


def _party(entry: Entry, concern: Concern) -> Party | None:
    handler = HANDLERS[Desk(concern.desk)]
    parties = {REPORTER: Party.REPORTER, "system": Party.SYSTEM, handler: Party.DESK}
    return parties.get(entry.role)


def _taken_up(shelf: Shelf, entry: Entry) -> None:
    concern = _concern_step(shelf, entry, ConcernAction.TAKE_UP)
    shelf.concerns[concern.number] = concern


def _passed(shelf: Shelf, entry: Entry) -> None:
    concern, desk = _concern_step(shelf, entry, ConcernAction.PASS), entry.text("desk")
    if desk != NEXT_DESK[Desk(concern.desk)]:
        raise CaseError(N_("no concern goes from {desk} to {to}"), desk=concern.desk, to=desk)
    shelf.concerns[concern.number] = replace(concern, desk=desk)


def _continued(shelf: Shelf, entry: Entry) -> None:
    concern = _concern_step(shelf, entry, ConcernAction.ADD)
    shelf.concerns[concern.number] = replace(concern, outcome="", answered_at="")


def _concern_answered(shelf: Shelf, entry: Entry) -> None:
    concern = _concern_step(shelf, entry, ConcernAction.ANSWER)
    days = (_day(entry.at) - _day(concern.received_at)).days
    if entry.number("days") != days:
        raise CaseError(N_("{days} days since it was received"), days=days)
    shelf.concerns[concern.number] = replace(
        concern,
        outcome=_code(entry, "outcome", Outcome),
        first_answered_at=concern.first_answered_at or entry.at,
        answered_at=entry.at,
    )


def _concern_closed(shelf: Shelf, entry: Entry) -> None:
    concern = _concern_step(shelf, entry, ConcernAction.CLOSE)
    waited = datetime.fromisoformat(entry.at) - datetime.fromisoformat(concern.answered_at)
    if entry.role != REPORTER and waited < SILENCE:
        raise CaseError(N_("who raised {number} may still write"), number=concern.number)
    shelf.concerns[concern.number] = replace(concern, closed_at=entry.at)


def _day(at: str) -> date:
    return (datetime.fromisoformat(at) + _BANGKOK).date()


TELLS: Mapping[str, Callable[[Shelf, Entry], None]] = {
    "finding.raised": _raised,
    "finding.answered": _finding_answered,
    "finding.closed": _finding_closed,
    "finding.reopened": _finding_reopened,
    "concern.received": _received,
    "concern.taken_up": _taken_up,
    "concern.passed": _passed,
    "concern.continued": _continued,
    "concern.answered": _concern_answered,
    "concern.closed": _concern_closed,
}
