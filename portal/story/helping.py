"""The people of the story beside their requests: records, consents, pairs, and notes."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

from sqlalchemy import select

from portal.cases.service import add_note
from portal.funds.models import FundRequest
from portal.roles import Actor
from portal.roles import Role
from portal.story.book import Helped
from portal.story.book import NoteRow
from portal.story.deciding import Deed
from portal.story.filing import guardian_of
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.youths.consenting import ConsentAnswer
from portal.youths.consenting import GuardianAnswer
from portal.youths.consenting import add_guardian
from portal.youths.consenting import record_consent
from portal.youths.consenting import withdraw_consent
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.pairing import settle_pair
from portal.youths.reads import note_read
from portal.youths.rules import NEEDED
from portal.youths.rules import PARENTS
from portal.youths.rules import Activity
from portal.youths.rules import Purpose
from portal.youths.rules import ReadPage
from portal.youths.rules import Signers
from portal.youths.rules import Verdict
from portal.youths.service import RecordAnswer
from portal.youths.service import correct_record

_POWER_PAPER = "หนังสือรับรองการอุปการะของผู้ใหญ่บ้าน (สาธิต)"
_CONSENT_PAPER = "แบบยินยอมให้เก็บและใช้ข้อมูล (สาธิต)"
# The pairs are settled some time after the workbook brought them; the last one is left.
_VERDICTS = (Verdict.SAME, Verdict.TWO)
_PAIRS_AFTER = 45


def completed_record(teller: Teller, helped: Helped) -> Life:
    """Let an officer complete the record of somebody of whom the book tells more."""
    if not helped.activity:
        return
    yield teller.days.after(teller.at, 3, helped.number)
    by = teller.holders(Role.OFFICER)[0]
    youth = teller.session.get_one(Youth, teller.youths[helped.key])
    note_read(teller.session, youth.id, page=ReadPage.RECORD, by=by, at=teller.tick())
    record = RecordAnswer(
        person=helped.answer(teller.days.begins_on),
        area_code=helped.place,
        activity=Activity(helped.activity),
        pathway=helped.pathway or None,
        disadvantages=tuple(helped.situations),
    )
    correct_record(
        teller.session, youth.id, record, seen_version=youth.version, by=by, at=teller.tick()
    )
    signers = Signers(person_signed=True)
    if helped.kin:
        signers = _with_guardian(teller, youth, helped, by)
    purposes = NEEDED | ({Purpose.SHARE} if helped.shares else set())
    record_consent(
        teller.session,
        youth.id,
        ConsentAnswer(purposes, signers, _CONSENT_PAPER),
        seen_version=youth.version,
        by=by,
        at=teller.tick(),
    )


def _with_guardian(teller: Teller, youth: Youth, helped: Helped, by: Actor) -> Signers:
    """Note who looks after somebody, and return them as one who signs beside the person."""
    name, relation = guardian_of(teller, helped)
    paper = "" if relation in PARENTS else _POWER_PAPER
    add_guardian(
        teller.session,
        youth.id,
        GuardianAnswer(name, relation, paper),
        seen_version=youth.version,
        by=by,
        at=teller.tick(),
    )
    return Signers(person_signed=True, guardian=name, relation=relation, power_paper=paper)


def _unconsent(teller: Teller, fund_request: FundRequest, purpose: str) -> None:
    """Note that the person of a request took a consent back."""
    youth = teller.session.get_one(Youth, fund_request.youth_id)
    withdraw_consent(
        teller.session,
        youth.id,
        Purpose(purpose),
        seen_version=youth.version,
        by=teller.holders(Role.OFFICER)[0],
        at=teller.tick(),
    )


HELPING: Mapping[str, Deed] = {"unconsent": _unconsent}


def settled_pairs(teller: Teller) -> Life:
    """Settle the oldest pairs of records: one is one person, the next are two people."""
    yield teller.days.on(teller.book.workbook_on + _PAIRS_AFTER)
    pairs = teller.session.scalars(select(YouthPair).order_by(YouthPair.id)).all()
    for pair, verdict in zip(pairs, _VERDICTS, strict=False):
        settle_pair(
            teller.session,
            pair.id,
            verdict,
            seen_version=pair.version,
            by=teller.holders(Role.OFFICER)[0],
            at=teller.tick(),
        )


def note_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the notes."""
    return (_noted(teller, row) for row in teller.book.notes)


def _noted(teller: Teller, row: NoteRow) -> Life:
    yield teller.days.on(row.day)
    by, youth_id = teller.holders(Role.OFFICER)[0], teller.youths[row.whom]
    add_note(teller.session, youth_id, row.words, by=by, at=teller.tick())
