"""What the demo's people tell the foundation, and what its auditor finds; all of it is invented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import LogSeq
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.docket import Reply
from portal.concerns.findings import FindingAnswer
from portal.concerns.findings import answer_finding
from portal.concerns.findings import close_finding
from portal.concerns.findings import raise_finding
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.concerns.rules import HANDLERS
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import answer_concern
from portal.concerns.service import receive_concern
from portal.concerns.service import take_up_concern
from portal.roles import Actor

_MONEY, _INFORMATION = ConcernTopic.MONEY, ConcernTopic.INFORMATION
CONCERNS: tuple[tuple[ConcernTopic, str], ...] = (
    (_MONEY, "ประกาศว่าโอนเงินแล้ว แต่ครอบครัวยังไม่ได้รับ ขอให้ตรวจสอบ"),
    (_MONEY, "ร้านค้าคิดราคาชุดนักเรียนแพงกว่าป้าย ขอให้ดูใบเสร็จ"),
    (_INFORMATION, "ชื่อศูนย์การเรียนรู้ในรายงานไม่ตรงกับชื่อจริง"),
    (_MONEY, "ได้รับเงินน้อยกว่าที่อนุมัติ ต่างกันหนึ่งร้อยบาท"),
    (_INFORMATION, "วันที่จ่ายเงินในหน้าเว็บเร็วกว่าวันที่เงินเข้าจริงหนึ่งวัน"),
    (ConcernTopic.STAFF, "เจ้าหน้าที่พูดไม่สุภาพกับผู้ปกครองเมื่อไปยื่นเอกสาร"),
    (_MONEY, "ขอทราบว่าทำไมโครงการในตำบลใช้ค่าวิทยากรสูง"),
    (_INFORMATION, "จำนวนผู้เข้าร่วมโครงการที่เผยแพร่ไม่ตรงกับที่เห็นในวันงาน"),
    (_MONEY, "มีคนมาเก็บค่าดำเนินการจากครอบครัว ไม่แน่ใจว่าเป็นใคร"),
    (_INFORMATION, "หน้าเว็บภาษาอังกฤษเขียนชื่อตำบลผิด"),
    (ConcernTopic.OTHER, "เสนอให้ประชาสัมพันธ์ทุนทางวิทยุชุมชนด้วย"),
    (ConcernTopic.CHILD, "เด็กถูกถ่ายภาพในพิธีมอบทุนโดยไม่ได้ขออนุญาต"),
    (_MONEY, "ใบเสร็จของร้านไม่มีชื่อผู้รับเงิน"),
    (_INFORMATION, "ลิงก์ไปรายงานเดือนก่อนเปิดไม่ได้"),
)
ANSWERS: tuple[tuple[Outcome, str], ...] = (
    (Outcome.PUT_RIGHT, "ตรวจสอบแล้วเป็นจริง แก้ไขเรียบร้อยแล้ว ขออภัยในความล่าช้า"),
    (Outcome.NOT_FOUNDED, "ตรวจสอบเอกสารและสอบถามผู้เกี่ยวข้องแล้ว ไม่พบว่าเป็นตามที่แจ้ง"),
    (Outcome.PUT_RIGHT, "แก้ไขข้อมูลที่เผยแพร่แล้ว ขอบคุณที่แจ้ง"),
    (Outcome.BEING_PUT_RIGHT, "เป็นจริงตามที่แจ้ง กำลังแก้ไข จะแล้วเสร็จภายในเดือนนี้"),
    (Outcome.REFERRED, "ไม่อยู่ในอำนาจของมูลนิธิ ส่งเรื่องให้หน่วยงานที่รับผิดชอบแล้ว"),
)
FINDINGS: tuple[tuple[Severity, FindingTopic, str], ...] = (
    (Severity.NOTE, FindingTopic.TIME, "ใช้เวลาอนุมัติเกินกำหนดสองวันทำการ"),
    (Severity.WEAKNESS, FindingTopic.PAPERS, "สำเนาหน้าสมุดบัญชีอ่านไม่ชัด ควรขอใหม่ก่อนจ่าย"),
    (Severity.SERIOUS, FindingTopic.BOOKS, "รายการธนาคารหนึ่งรายการยังไม่มีหลักฐานการรับเงิน"),
)


def raise_concerns(session: Session, *, at: datetime) -> None:
    """Let people raise their concerns, unless they did before."""
    if session.scalar(select(func.count()).select_from(Concern)):
        return
    for number, (topic, words) in enumerate(CONCERNS):
        answer = ConcernAnswer(
            topic=topic,
            is_about_house=False,
            about="",
            words=words,
            contact="",
            sheet=f"demo {number}",
        )
        receive_concern(session, answer, at=at)


def answer_concerns(session: Session, people: Iterable[Actor], *, at: datetime) -> None:
    """Let each desk answer most of what lies with it, and leave something in every state."""
    people = list(people)
    waiting = select(Concern).where(Concern.state == ConcernState.RECEIVED).order_by(Concern.id)
    for concern in session.scalars(waiting).all()[:-1]:
        by = next(person for person in people if person.holds(HANDLERS[concern.desk]))
        seen = concern.version
        take_up_concern(session, concern.id, Reply(None, ""), seen_version=seen, by=by, at=at)
        if concern.id % len(ANSWERS):
            reply = Reply(*ANSWERS[concern.id % len(ANSWERS)])
            seen = concern.version
            answer_concern(session, concern.id, reply, seen_version=seen, by=by, at=at)


def raise_findings(session: Session, auditor: Actor, officer: Actor, *, at: datetime) -> None:
    """Let the auditor find something: one is closed, one answered, one waits; once."""
    if session.scalar(select(func.count()).select_from(Finding)):
        return
    newest = session.scalar(select(func.max(LogSeq.idx))) or 0
    closed, answered, _waiting = (
        raise_finding(session, FindingAnswer(str(newest - back), *found), by=auditor, at=at)
        for back, found in enumerate(FINDINGS)
    )
    for finding in (closed, answered):
        reply = Reply(Remedy.CORRECTED, "แก้ไขแล้ว และแจ้งผู้เกี่ยวข้องให้ทราบแล้ว")
        answer_finding(session, finding.id, reply, seen_version=1, by=officer, at=at)
    close_finding(session, closed.id, Reply(None, ""), seen_version=2, by=auditor, at=at)
