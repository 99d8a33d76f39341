"""A request's docket: load it under a lock, and write an act everywhere it belongs at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.audit.service import record_all
from portal.db import add_all
from portal.db import among
from portal.db import update_all
from portal.funds import ledger
from portal.funds import lookups
from portal.funds import rules
from portal.funds.acts import Told
from portal.funds.books import post
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Posting
from portal.funds.line_rules import Line
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.telling import tell_act
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.thai import fiscal_year


def load_request(
    session: Session, request_id: int, *, seen_version: int | None, by: Actor
) -> FundRequest:
    """Lock a request for an act; refuse an old page, and hide what is not this person's to see."""
    fund_request = session.scalars(
        select(FundRequest)
        .where(FundRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if fund_request is None or not lookups.may_see(fund_request, by):
        raise rules.RequestNotFoundError
    if seen_version is not None and fund_request.version != seen_version:
        raise rules.StaleRequestError(seen=seen_version, current=fund_request.version)
    return fund_request


def next_state(
    session: Session, fund_request: FundRequest, action: Action, by: Actor, *, at: datetime
) -> State:
    """Return the state an action leads to, or raise the rule that keeps this person from it."""
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    return rules.next_state(fund_request.state, action, by, standing)


def next_reference(
    session: Session, kind: str, *, letter: str = "", at: datetime
) -> tuple[int, str]:
    """Return the fiscal year, and the next reference of a kind of paper in it."""
    numbers = series(session, letter=letter, at=at)
    return numbers.year, numbers.reference(_next_number(session, kind, numbers.year))


@dataclass(frozen=True, slots=True)
class Series:
    """The running numbers of a kind of paper in a fiscal year, as they are written."""

    foundation: str
    year: int
    letter: str

    def reference(self, number: int) -> str:
        """Return a number as it is written."""
        return f"{self.foundation}-{self.year}-{self.letter}{number:06}"


def series(session: Session, *, letter: str, at: datetime) -> Series:
    """Return the running numbers of the fiscal year of a moment."""
    foundation = session.scalars(select(Foundation)).one()
    year = fiscal_year(bangkok_day(at), first_month=foundation.first_month)
    return Series(foundation.code, year, letter)


def _next_number(session: Session, kind: str, year: int) -> int:
    """Return the next number of a kind of paper in a fiscal year; others wait for the commit."""
    number = session.execute(
        text(
            "INSERT INTO counter (kind, fiscal_year, last) VALUES (:kind, :year, 1)"
            " ON CONFLICT (kind, fiscal_year) DO UPDATE SET last = counter.last + 1"
            " RETURNING last"
        ),
        {"kind": kind, "year": year},
    ).scalar_one()
    return int(number)


def told_of(fund_request: FundRequest, *, role: Role, by: Actor, at: datetime) -> Told:
    """Return what every entry about this request needs; it names the entry before it."""
    return Told(
        reference=fund_request.reference,
        party=rules.party(fund_request.party_salt, by.person_id),
        role=role,
        by=by,
        at=at,
        refs=(fund_request.log_eid,) if fund_request.log_eid else (),
    )


def subject(fund_request: FundRequest) -> str:
    """Return whose private values a request holds, as the key store names them."""
    if fund_request.youth_id is not None:
        return f"youth:{fund_request.youth_id}"
    return f"project:{fund_request.project_id}"


def kept_note(session: Session, fund_request: FundRequest, note: str) -> str:
    """Return a note as it is kept: none is, once whoever it may tell of was erased."""
    return "" if lookups.is_erased(session, fund_request) else note


def note_secret(fund_request: FundRequest, note: str) -> Secret:
    """Return a note to be committed; nothing where none is kept."""
    return Secret(subject(fund_request), loggable(note) or None)


def payee_secret(payee: PayeeAccount) -> Secret:
    """Return where the money is to go, to be committed."""
    value = {"holder": payee.holder, "bank": payee.bank_code, "account": payee.account_number}
    return Secret(f"payee:{payee.id}", value)


def items_secret(fund_request: FundRequest, lines: Sequence[Line]) -> Secret:
    """Return what is asked for line by line, to be committed; nothing where there are no lines."""
    told: list[Json] = [
        {
            "item": loggable(line.item),
            "quantity": line.quantity,
            "unit": loggable(line.unit),
            "satang": line.amount.satang,
        }
        for line in lines
    ]
    return Secret(subject(fund_request), told or None)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act does to its request: `changes` are columns that move only with an entry.

    `evidence` is what the person saw when acting; reason and note are why. An act beside the three
    duties has none. `is_told` says whether those whom it concerns are written to; whoever acts in
    bulk writes to them once, at the end.
    """

    duty: Duty | None
    state: State
    waits_for: Role | None
    changes: Mapping[str, int | str] = field(default_factory=dict)
    reason: Reason | None = None
    note: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    is_told: bool = True


def enter(
    session: Session, fund_request: FundRequest, draft: Draft, effect: Effect, *, by: Actor
) -> str:
    """Write an act down: log, request, timeline, duty, letters. Return the entry's id."""
    came_from = fund_request.state, fund_request.waits_for
    eid = record(session, draft)
    if (effect.state, effect.waits_for) != came_from:
        fund_request.waits_since = draft.at
    if effect.state is not came_from[0]:
        fund_request.step_since = draft.at
    # Together with the new entry's id: the database refuses them alone.
    fund_request.log_eid = eid
    fund_request.state = effect.state
    fund_request.waits_for = effect.waits_for
    for name, value in effect.changes.items():
        setattr(fund_request, name, value)
    session.flush()
    session.execute(insert(RequestAct), _act_row(fund_request, draft, eid, effect, by))
    if effect.duty is not None:
        _keep_duty(session, fund_request, effect.duty, by)
    if effect.is_told:
        tell_act(session, fund_request, came_from, by=by, at=draft.at)
    return eid


def _act_row(
    fund_request: FundRequest, draft: Draft, eid: str, effect: Effect, by: Actor
) -> dict[str, object]:
    """Return an act as the timeline keeps it."""
    return {
        "fund_request_id": fund_request.id,
        "act": draft.type.name,
        "role": Role(draft.role),
        "by_person_id": by.person_id,
        "at": draft.at,
        "state": effect.state,
        "reason": effect.reason,
        "note": effect.note,
        "evidence": json.dumps(dict(effect.evidence), ensure_ascii=False),
        "log_eid": eid,
    }


def enter_all(
    session: Session,
    acts: Sequence[tuple[FundRequest, Draft, Mapping[str, object]]],
    *,
    duty: Duty,
    by: Actor,
) -> list[str]:
    """Write one kind of act on many requests down at once, each with the columns it changes.

    None of them comes to another state, and nobody is written to. The caller holds the requests'
    locks, and lets the session forget what it knew of them.
    """
    eids = record_all(session, (draft for _, draft, _ in acts))
    changed, told = [], []
    for (fund_request, draft, changes), eid in zip(acts, eids, strict=True):
        seen = {"id": fund_request.id, "version": fund_request.version}
        changed.append({**seen, "log_eid": eid, **changes})
        told.append(_act_row(fund_request, draft, eid, Effect(duty, fund_request.state, None), by))
    update_all(session, FundRequest, changed)
    add_all(session, RequestAct, told)
    ids = [row["id"] for row in changed]
    held = select(RequestDuty.fund_request_id).where(
        RequestDuty.person_id == by.person_id, among(session, RequestDuty.fund_request_id, ids)
    )
    known = set(session.scalars(held))
    new = [
        {"fund_request_id": request_id, "person_id": by.person_id, "duty": duty}
        for request_id in ids
        if request_id not in known
    ]
    add_all(session, RequestDuty, new)
    return eids


def enter_beside(
    session: Session,
    fund_request: FundRequest,
    draft: Draft,
    duty: Duty | None,
    *,
    note: str = "",
    by: Actor,
) -> str:
    """Write down an act that leaves a request where it is; whoever looked at it must look again."""
    effect = Effect(duty, fund_request.state, fund_request.waits_for, note=note)
    return enter(session, fund_request, draft, effect, by=by)


def move_money(
    session: Session,
    fund_request: FundRequest,
    kind: EntryKind,
    amount: Money,
    draft: Draft,
    *,
    by: Actor,
) -> None:
    """Take the request's money one place further, by an act that was entered."""
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    book(
        session,
        fund_request,
        kind,
        ledger.onward(kind, fund, subcommittee, amount),
        draft,
        by=by,
    )


def book(
    session: Session,
    fund_request: FundRequest,
    kind: EntryKind,
    postings: Sequence[Posting],
    draft: Draft,
    *,
    by: Actor,
) -> None:
    """Book what an act that was entered does to the request's money."""
    post(
        session,
        postings,
        kind=kind,
        log_eid=str(fund_request.log_eid),
        by=by,
        at=draft.at,
        fund_request_id=fund_request.id,
    )


def _keep_duty(session: Session, fund_request: FundRequest, duty: Duty, by: Actor) -> None:
    held = lookups.duties(session, fund_request.id).get(by.person_id)
    if held is not duty:
        # A person with another duty is refused by the rules before; the key refuses them again.
        row = {"fund_request_id": fund_request.id, "person_id": by.person_id, "duty": duty}
        session.execute(insert(RequestDuty), row)
