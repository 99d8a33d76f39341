"""Consent and guardians: who looks after a person, who agreed to what, who withdrew it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import loggable
from portal.roles import Actor
from portal.thai import bangkok_day
from portal.youths import acts
from portal.youths.docket import enter
from portal.youths.docket import load_record
from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import Youth
from portal.youths.queries import same_ids
from portal.youths.refusals import ConsentNotThereError
from portal.youths.refusals import GuardianNotThereError
from portal.youths.rules import NEEDED
from portal.youths.rules import Capacity
from portal.youths.rules import Purpose
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from portal.youths.rules import capacity
from portal.youths.rules import check_signers


@dataclass(frozen=True, slots=True)
class GuardianAnswer:
    """Who looks after a person; `paper` gives the power to anybody but father and mother."""

    name: str
    relation: Relation
    paper: str


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What was agreed to, by whom, on which paper."""

    purposes: Collection[Purpose]
    signers: Signers
    paper: str


def add_guardian(
    session: Session,
    youth_id: int,
    answer: GuardianAnswer,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Guardian:
    """Note somebody who looks after a person."""
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    guardian = Guardian(
        youth_id=youth.id,
        name=answer.name,
        relation=answer.relation,
        paper=answer.paper,
        added_at=at,
        added_by_id=by.person_id,
    )
    session.add(guardian)
    _enter_guardian(session, youth, guardian, acts.GUARDIAN_ADDED, by=by, at=at)
    return guardian


def end_guardian(
    session: Session,
    youth_id: int,
    guardian_id: int,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Guardian:
    """Note that somebody looks after a person no more."""
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    guardian = session.get(Guardian, guardian_id)
    is_theirs = guardian is not None and guardian.youth_id in same_ids(session, youth.id)
    if guardian is None or not is_theirs or guardian.ended_at is not None:
        raise GuardianNotThereError
    guardian.ended_at = at
    _enter_guardian(session, youth, guardian, acts.GUARDIAN_ENDED, by=by, at=at)
    return guardian


def _enter_guardian(
    session: Session,
    youth: Youth,
    guardian: Guardian,
    entry_type: EntryType,
    *,
    by: Actor,
    at: datetime,
) -> None:
    told = {
        "name": loggable(guardian.name),
        "relation": guardian.relation,
        "paper": loggable(guardian.paper),
    }
    enter(session, youth, entry_type, told, by=by, at=at)


def record_consent(
    session: Session,
    youth_id: int,
    answer: ConsentAnswer,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> None:
    """Record what the right people for the age agreed to; each purpose can be withdrawn alone."""
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    whose = check_signers(answer.signers, youth.birth_on, bangkok_day(at))
    _record(session, youth, answer, whose, by=by, at=at)


def note_consent(session: Session, youth: Youth, *, on: date, by: Actor, at: datetime) -> None:
    """Note in passing, as a request is filed, that the right people for the age on a day agreed.

    Who they are by name, and on which paper, an officer adds on the record.
    """
    answer = ConsentAnswer(NEEDED, Signers(person_signed=False), paper="")
    _record(session, youth, answer, capacity(youth.birth_on, on), by=by, at=at)


def _record(
    session: Session,
    youth: Youth,
    answer: ConsentAnswer,
    whose: Capacity,
    *,
    by: Actor,
    at: datetime,
) -> None:
    purposes = sorted(answer.purposes)
    signers = answer.signers
    for purpose in purposes:
        consent = Consent(
            youth_id=youth.id,
            purpose=purpose,
            capacity=whose,
            paper=answer.paper,
            signer=signers.guardian,
            relation=signers.relation or "",
            power_paper=signers.power_paper,
            recorded_at=at,
            recorded_by_id=by.person_id,
        )
        session.add(consent)
    told = {
        "purposes": [*purposes],
        "capacity": whose,
        "paper": loggable(answer.paper),
        "signer": loggable(signers.guardian),
        "relation": signers.relation,
        "power_paper": loggable(signers.power_paper),
    }
    enter(session, youth, acts.CONSENT_RECORDED, told, by=by, at=at)


def withdraw_consent(
    session: Session,
    youth_id: int,
    purpose: Purpose,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> None:
    """Note that the consent to one purpose was taken back, however often it had been given.

    All of it stays in the history and counts no more.
    """
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    standing = session.scalars(
        select(Consent).where(
            Consent.youth_id.in_(same_ids(session, youth.id)),
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    ).all()
    if not standing:
        raise ConsentNotThereError
    for consent in standing:
        consent.withdrawn_at, consent.withdrawn_by_id = at, by.person_id
    told: dict[str, Json] = {"purposes": [purpose], "count": len(standing)}
    enter(session, youth, acts.CONSENT_WITHDRAWN, told, by=by, at=at)
