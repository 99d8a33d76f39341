"""Those who watch the story: people who raise a concern, and the auditor."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from sqlalchemy import select

from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.docket import Reply
from portal.concerns.findings import FindingAnswer
from portal.concerns.findings import answer_finding
from portal.concerns.findings import close_finding
from portal.concerns.findings import raise_finding
from portal.concerns.findings import reopen_finding
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.concerns.rules import HANDLERS
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import add_words
from portal.concerns.service import answer_concern
from portal.concerns.service import close_concern
from portal.concerns.service import close_silent
from portal.concerns.service import followed
from portal.concerns.service import pass_concern
from portal.concerns.service import receive_concern
from portal.concerns.service import take_up_concern
from portal.funds.models import RequestAct
from portal.people.openings import OpeningAnswer
from portal.people.openings import ask_opening
from portal.people.openings import grant_opening
from portal.people.openings import refuse_opening
from portal.people.rules import Purpose
from portal.roles import Role
from portal.story.book import ConcernRow
from portal.story.book import FindingRow
from portal.story.book import OpeningRow
from portal.story.book import read_steps
from portal.story.days import YEAR
from portal.story.teller import Life
from portal.story.teller import Teller

_SILENCE_DAYS = 30
_NOTHING = Reply(None, "")


def watching_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the concerns, the findings and the openings."""
    book = teller.book
    yield from (_concern(teller, row, number) for number, row in enumerate(book.concerns))
    yield from (_finding(teller, row, number) for number, row in enumerate(book.findings))
    yield from (_opening(teller, row, number) for number, row in enumerate(book.openings))
    yield _silence(teller)


def _concern(teller: Teller, row: ConcernRow, number: int) -> Life:
    yield teller.days.on(row.day, number)
    answer = ConcernAnswer(
        topic=ConcernTopic(row.topic),
        is_about_house=False,
        about="",
        words=row.words,
        contact="",
        sheet=f"demo {number}",
    )
    code = receive_concern(teller.session, answer, at=teller.tick()).code
    for step in read_steps(row.then):
        yield teller.days.after(teller.at, step.days, number)
        concern = teller.session.get_one(Concern, followed(teller.session, code))
        _CONCERNED[step.verb](teller, concern, step.detail)


def _take_up(teller: Teller, concern: Concern, _detail: str) -> None:
    _at_desk(teller, concern, take_up_concern, _NOTHING)


def _pass_on(teller: Teller, concern: Concern, _detail: str) -> None:
    _at_desk(teller, concern, pass_concern, Reply(None, teller.book.words.answers["pass"]))


def _reply(teller: Teller, concern: Concern, outcome: str) -> None:
    words = teller.book.words.answers[outcome]
    _at_desk(teller, concern, answer_concern, Reply(Outcome(outcome), words))


def _at_desk(teller: Teller, concern: Concern, act: Callable[..., object], reply: Reply) -> None:
    by = teller.holders(HANDLERS[concern.desk])[0]
    version = concern.version
    act(teller.session, concern.id, reply, seen_version=version, by=by, at=teller.tick())


def _add(teller: Teller, concern: Concern, _detail: str) -> None:
    words = teller.book.words.answers["more_words"]
    add_words(teller.session, concern.id, words, at=teller.tick())


def _close(teller: Teller, concern: Concern, _detail: str) -> None:
    close_concern(teller.session, concern.id, at=teller.tick())


_CONCERNED: Mapping[str, Callable[[Teller, Concern, str], None]] = {
    "take": _take_up,
    "pass": _pass_on,
    "answer": _reply,
    "more": _add,
    "close": _close,
}


def _silence(teller: Teller) -> Life:
    """Close from time to time what was answered and never spoken of again."""
    for day in range(_SILENCE_DAYS, YEAR, _SILENCE_DAYS):
        yield teller.days.on(day)
        close_silent(teller.session, at=teller.tick())


def _newest(teller: Teller, entry: str) -> str:
    """Return the newest published entry of a type about a request."""
    return teller.session.scalars(
        select(RequestAct.log_eid)
        .join(LogEntry, LogEntry.eid == RequestAct.log_eid)
        .join(LogSeq, LogSeq.seqno == LogEntry.seqno)
        .where(RequestAct.act == entry)
        .order_by(LogSeq.idx.desc())
        .limit(1)
    ).one()


def _finding(teller: Teller, row: FindingRow, number: int) -> Life:
    yield teller.days.on(row.day, number)
    by, eid = teller.holders(Role.AUDITOR)[0], _newest(teller, row.entry)
    answer = FindingAnswer(eid, Severity(row.severity), FindingTopic(row.topic), row.words)
    finding_id = raise_finding(teller.session, answer, by=by, at=teller.tick()).id
    for step in read_steps(row.then):
        yield teller.days.after(teller.at, step.days, number)
        finding = teller.session.get_one(Finding, finding_id)
        role, act, reply = _found(teller, step.verb, step.detail)
        by, version = teller.holders(role)[0], finding.version
        act(teller.session, finding_id, reply, seen_version=version, by=by, at=teller.tick())


def _found(teller: Teller, verb: str, code: str) -> tuple[Role, Callable[..., object], Reply]:
    """Return who takes a step of a finding, which it is, and what they say."""
    words = teller.book.words.answers
    if verb == "answer":
        return Role.OFFICER, answer_finding, Reply(Remedy(code), words[code])
    if verb == "reopen":
        return Role.AUDITOR, reopen_finding, Reply(Doubt(code), words[code])
    return Role.AUDITOR, close_finding, _NOTHING


def _opening(teller: Teller, row: OpeningRow, number: int) -> Life:
    yield teller.days.on(row.day, number)
    by, eid = teller.holders(Role.AUDITOR)[0], _newest(teller, row.entry)
    answer = OpeningAnswer(eid, (row.field,), Purpose(row.purpose), row.case)
    opening_id = ask_opening(teller.session, answer, by=by, at=teller.tick()).id
    for step in read_steps(row.then):
        yield teller.days.after(teller.at, step.days, number)
        decide = grant_opening if step.verb == "grant" else refuse_opening
        by = teller.holders(Role.OFFICER)[0]
        decide(teller.session, opening_id, by=by, at=teller.tick())
