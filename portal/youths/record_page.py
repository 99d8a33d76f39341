"""Everything on the page of a person's record."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.id_numbers import valid_national_id
from portal.labels import Name
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import Youth
from portal.youths.models import YouthAct
from portal.youths.models import YouthPair
from portal.youths.queries import has_consent
from portal.youths.queries import has_consent_for
from portal.youths.queries import place_name
from portal.youths.queries import same_ids
from portal.youths.refusals import ErasedRecordError
from portal.youths.refusals import MergedRecordError
from portal.youths.refusals import PersonNotFoundError
from portal.youths.rules import CONFIRMED_FOR
from portal.youths.rules import READERS
from portal.youths.rules import Activity
from portal.youths.rules import AgeBand
from portal.youths.rules import Capacity
from portal.youths.rules import Gap
from portal.youths.rules import Purpose
from portal.youths.rules import Relation
from portal.youths.rules import age
from portal.youths.rules import age_band
from portal.youths.rules import capacity
from portal.youths.rules import check_may_change
from portal.youths.rules import gaps
from portal.youths.rules import is_neet
from portal.youths.rules import may_read
from portal.youths.situations import DISADVANTAGES
from portal.youths.situations import PATHWAYS
from portal.youths.situations import Situation


@dataclass(frozen=True, slots=True)
class GuardianRow:
    """Somebody who looks after a person, or did."""

    id: int
    name: str
    relation: Relation
    paper: str
    added_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One consent in the history of a record."""

    purpose: Purpose
    capacity: str
    paper: str
    signer: str
    relation: str
    power_paper: str
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act in the history of a record; `eid` names its entry in the log."""

    act: str
    by: str
    at: datetime
    eid: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything on the page of a person's record. Private throughout.

    `kept_id` is the record that this one was joined to, or itself; `also` are those joined to it.
    """

    id: int
    version: int
    kept_id: int
    also: Sequence[int]
    name: str
    title: str
    first_name: str
    last_name: str
    birth_on: date
    years: int
    band: AgeBand
    is_neet: bool
    national_id: str | None
    id_fits: bool
    area_code: str
    place: Name
    schooling: str
    activity: Activity
    pathway_code: str | None
    pathway: Name | None
    disadvantages: Sequence[Situation]
    guardians: Sequence[GuardianRow]
    consents: Sequence[ConsentRow]
    needed: Capacity
    agreed: Collection[Purpose]
    registered_by: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    gaps: Collection[Gap]
    known: int
    acts: Sequence[ActRow]
    open_pairs: int
    may_change: bool
    shows_reads: bool

    @property
    def is_merged(self) -> bool:
        """Say whether the record was joined to an older one."""
        return self.id != self.kept_id

    @property
    def guardian(self) -> GuardianRow | None:
        """Return who looks after the person now; of several, who was noted last."""
        return next((row for row in reversed(self.guardians) if row.ended_at is None), None)

    def standing(self, purpose: str) -> Sequence[ConsentRow]:
        """Return the consents to a purpose that were not withdrawn."""
        return [row for row in self.consents if row.purpose == purpose and row.withdrawn_at is None]


def record_page(session: Session, youth_id: int, by: Actor, *, at: datetime) -> RecordPage:
    """Return the page of a person's record, or raise why it cannot be shown."""
    youth = session.get(Youth, youth_id)
    if youth is None or not may_read(youth.registered_by_id, by):
        raise PersonNotFoundError
    if youth.erased_at is not None:
        raise ErasedRecordError
    on = bangkok_day(at)
    years = age(youth.birth_on, on)
    kept, *joined = same_ids(session, youth_id)
    guardians = _guardians(session, [kept, *joined])
    missing = gaps(_known(session, youth, guardians, at=at))
    return RecordPage(
        id=youth.id,
        version=youth.version,
        kept_id=kept,
        also=joined,
        name=youth.name,
        title=youth.title,
        first_name=youth.first_name,
        last_name=youth.last_name,
        birth_on=youth.birth_on,
        years=years,
        band=age_band(years),
        is_neet=is_neet(years, youth.activity),
        national_id=youth.national_id,
        id_fits=_id_fits(youth.national_id),
        area_code=youth.area_code,
        place=place_name(session, youth.area_code),
        schooling=youth.schooling,
        activity=youth.activity,
        pathway_code=youth.pathway,
        pathway=PATHWAYS[youth.pathway] if youth.pathway else None,
        disadvantages=[DISADVANTAGES[code] for code in youth.disadvantages.split(",") if code],
        guardians=guardians,
        consents=_consents(session, [kept, *joined]),
        needed=capacity(youth.birth_on, on),
        agreed={one for one in Purpose if has_consent_for(session, youth_id, one, on=on)},
        registered_by=person_name(session, youth.registered_by_id),
        confirmed_at=youth.confirmed_at,
        confirmed_by=person_name(session, youth.confirmed_by_id),
        gaps=missing,
        known=len(Gap) - len(missing),
        acts=_acts(session, youth_id),
        open_pairs=_open_pairs(session, [kept, *joined]),
        may_change=by.holds(Role.OFFICER) and youth.same_as_id is None,
        shows_reads=bool(READERS & by.roles),
    )


def changeable_page(session: Session, youth_id: int, by: Actor, *, at: datetime) -> RecordPage:
    """Return the page of a record that this person may change, or raise why not."""
    page = record_page(session, youth_id, by, at=at)
    check_may_change(by)
    if page.is_merged:
        raise MergedRecordError
    return page


def _id_fits(national_id: str | None) -> bool:
    """Say whether nothing is wrong with an id number; a G code has no check digit."""
    return not national_id or national_id.startswith("G") or valid_national_id(national_id)


def _known(
    session: Session, youth: Youth, guardians: Sequence[GuardianRow], *, at: datetime
) -> dict[Gap, bool]:
    on = bangkok_day(at)
    is_adult = capacity(youth.birth_on, on) is Capacity.SELF
    return {
        Gap.NATIONAL_ID: bool(youth.national_id),
        Gap.ACTIVITY: youth.activity is not Activity.UNKNOWN,
        Gap.PATHWAY: bool(youth.pathway),
        Gap.DISADVANTAGES: bool(youth.disadvantages),
        Gap.GUARDIAN: is_adult or any(row.ended_at is None for row in guardians),
        Gap.CONSENT: has_consent(session, youth.id, on=on),
        Gap.CONFIRMATION: youth.confirmed_at is not None
        and at - youth.confirmed_at < CONFIRMED_FOR,
    }


def person_name(session: Session, person_id: int | None) -> str | None:
    """Return the name of somebody who did something, if anybody did."""
    return session.get_one(Person, person_id).name if person_id else None


def _guardians(session: Session, records: Sequence[int]) -> Sequence[GuardianRow]:
    found = select(Guardian).where(Guardian.youth_id.in_(records)).order_by(Guardian.id)
    return [
        GuardianRow(row.id, row.name, row.relation, row.paper, row.added_at, row.ended_at)
        for row in session.scalars(found)
    ]


def _consents(session: Session, records: Sequence[int]) -> Sequence[ConsentRow]:
    recorder, withdrawer = aliased(Person), aliased(Person)
    found = session.execute(
        select(Consent, recorder.name, withdrawer.name)
        .join(recorder, recorder.id == Consent.recorded_by_id)
        .outerjoin(withdrawer, withdrawer.id == Consent.withdrawn_by_id)
        .where(Consent.youth_id.in_(records))
        .order_by(Consent.recorded_at.desc(), Consent.id)
    )
    return [
        ConsentRow(
            purpose=row.purpose,
            capacity=row.capacity,
            paper=row.paper,
            signer=row.signer,
            relation=row.relation,
            power_paper=row.power_paper,
            recorded_at=row.recorded_at,
            recorded_by=recorded_by,
            withdrawn_at=row.withdrawn_at,
            withdrawn_by=withdrawn_by,
        )
        for row, recorded_by, withdrawn_by in found
    ]


def _acts(session: Session, youth_id: int) -> Sequence[ActRow]:
    found = session.execute(
        select(YouthAct.act, Person.name, YouthAct.at, YouthAct.log_eid)
        .join(Person, Person.id == YouthAct.by_person_id)
        .where(YouthAct.youth_id == youth_id)
        .order_by(YouthAct.id.desc())
    )
    return [ActRow(*columns) for columns in found]


def _open_pairs(session: Session, records: Sequence[int]) -> int:
    stands_in = or_(YouthPair.older_id.in_(records), YouthPair.younger_id.in_(records))
    count = select(func.count()).where(YouthPair.verdict.is_(None), stands_in)
    return session.scalar(count) or 0
