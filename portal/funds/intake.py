"""Importing a field workbook: all accepted rows become submitted requests, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Today
from portal.funds import workbook
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.drafting import draft_request
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import ImportRun
from portal.funds.request_sheet import contents
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.rules_in_force import rules_on
from portal.funds.service import submit_request
from portal.funds.telling import tell_arrivals
from portal.funds.workbook import CategoryRule
from portal.funds.workbook import Imports
from portal.funds.workbook import Names
from portal.funds.workbook import RowAnswer
from portal.funds.workbook import RowRequest
from portal.roles import Actor
from portal.roles import Role
from portal.thai import tidy
from portal.youths.models import Area
from portal.youths.models import Youth
from portal.youths.service import YouthAnswer


@dataclass(frozen=True, slots=True)
class Imported:
    """How many accepted rows became requests now, and how many had been imported before."""

    new: int
    known: int


def names(session: Session) -> Names:
    """Return every name a workbook of this province may use."""
    areas = {area.code: area for area in session.scalars(select(Area))}
    places = {
        (tidy(area.name_th), tidy(areas[area.parent_code].name_th)): area.code
        for area in areas.values()
        if area.parent_code is not None
    }
    subcommittees, categories, funds = {}, {}, {}
    for rule in rules_on(session, Today()).values():
        facts, name = rule.facts, tidy(rule.facts.name_th)
        if rule.is_retired:
            continue
        if isinstance(facts, SubcommitteeFacts):
            subcommittees[name] = subcommittees[tidy(facts.short_th)] = rule.code
        elif isinstance(facts, FundFacts):
            funds[name] = rule.code
        elif isinstance(facts, CategoryFacts):
            looked_after_by = frozenset(facts.subcommittees)
            categories[name] = CategoryRule(rule.code, facts.ceiling, looked_after_by)
    return Names(places, subcommittees, categories, funds)


def judge(session: Session, tables: Mapping[str, Sequence[Sequence[object]]]) -> list[RowAnswer]:
    """Answer every request in a workbook by what the portal knows now; change nothing."""
    return workbook.judge(
        tables, names(session), imports(session, references=workbook.references(tables))
    )


def imports(session: Session, *, references: Collection[str] = ()) -> Imports:
    """Return what earlier workbooks brought, and is not refused or withdrawn.

    And what is kept of the requests of these references, wherever they came from.
    """
    rows = session.execute(
        select(
            FundRequest.import_fingerprint,
            FundRequest.category_code,
            FundRequest.requested_on,
            Youth.national_id,
        )
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .where(
            FundRequest.import_fingerprint.is_not(None),
            FundRequest.state.not_in((State.REJECTED, State.WITHDRAWN)),
        )
    ).all()
    return Imports(
        fingerprints=frozenset(row.import_fingerprint for row in rows),
        requests=frozenset(
            (row.national_id, row.category_code, row.requested_on.year, row.requested_on.month)
            for row in rows
            if row.national_id
        ),
        contents=contents(session, references) if references else {},
    )


def known_rows(session: Session, answers: Sequence[RowAnswer]) -> frozenset[str]:
    """Return the fingerprints of the rows that were imported before."""
    fingerprints = [answer.fingerprint for answer in answers if not answer.reference]
    return frozenset(
        fingerprint
        for fingerprint in session.scalars(
            select(FundRequest.import_fingerprint).where(
                FundRequest.import_fingerprint.in_(fingerprints)
            )
        )
        if fingerprint
    )


def import_requests(
    session: Session, answers: Sequence[RowAnswer], *, by: Actor, at: datetime
) -> Imported:
    """Submit a request for every accepted row that was not imported before."""
    if not by.holds(Role.OFFICER):
        raise RoleNeededError({Role.OFFICER})
    # Two imports at the same moment wait for each other here, so that no row lands twice.
    session.scalars(select(Foundation).with_for_update()).one()
    known = known_rows(session, answers)
    accepted = [answer for answer in answers if answer.request is not None]
    drafts = [
        draft_request(session, _answer(answer.request, answer.fingerprint), by=by, at=at)
        for answer in accepted
        if answer.fingerprint not in known and answer.request is not None
    ]
    # All are drafted before the first is sent: in the log, no request stands beside the entries
    # about its own person.
    for draft in drafts:
        submit_request(session, draft.id, seen_version=draft.version, by=by, at=at, is_told=False)
    tell_arrivals(session, drafts, by=by, at=at)
    repeated = sum(answer.fingerprint in known for answer in accepted)
    exported = sum(bool(answer.reference) and not answer.refused for answer in answers)
    return Imported(new=len(accepted) - repeated, known=repeated + exported)


def keep_run(
    session: Session,
    answers: Sequence[RowAnswer],
    imported: Imported,
    *,
    file_name: str,
    corrections: bytes,
    by: Actor,
    at: datetime,
) -> ImportRun:
    """Keep what an upload did, so that its rows can be corrected or looked at afterwards."""
    judged = [
        {"row": answer.row, "refused": answer.refused, "warned": answer.warned}
        for answer in answers
        if answer.refused or answer.warned
    ]
    run = ImportRun(
        by_person_id=by.person_id,
        at=at,
        file_name=file_name[:200],
        new=imported.new,
        known=imported.known,
        refused=json.dumps(judged),
        corrections=corrections,
    )
    session.add(run)
    session.flush()
    return run


def _answer(row: RowRequest, fingerprint: str) -> RequestAnswer:
    person = row.applicant
    youth = None
    if person is not None:
        youth = YouthAnswer(
            title=person.title,
            first_name=person.first_name,
            last_name=person.last_name,
            birth_on=person.birth_on,
            national_id=person.national_id,
            schooling=person.schooling,
        )
    return RequestAnswer(
        requested_on=row.requested_on,
        finder=row.finder,
        organisation=row.organisation,
        youth=youth,
        project_name=row.project_name,
        has_consent=row.has_consent,
        area_code=row.place,
        subcommittee=row.subcommittee,
        category=row.category,
        fund=row.fund,
        amount=row.amount,
        payee=PayeeAnswer(
            kind=row.payee_kind,
            holder=row.account_holder,
            bank_code=row.bank,
            account_number=row.account_number,
        ),
        reason=row.reason,
        fingerprint=fingerprint,
    )
