"""Publishing: order what was recorded, sign it, write it out, fold it into the public tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Engine
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import publisher
from portal.audit.check import LogError
from portal.audit.check import bodies
from portal.audit.check import signed_head
from portal.audit.entry import Entry
from portal.audit.entry import leaf_hash
from portal.audit.entry import parse
from portal.audit.folder import Folder
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import VerifierKey
from portal.audit.service import be_alone
from portal.audit.service import sequence
from portal.audit.signer import Signer
from portal.db import writing
from portal.errors import N_
from portal.funds.rules import Threshold
from portal.money import Money
from portal.publishing import fold
from portal.publishing.fold import Case
from portal.publishing.fold import Cell
from portal.publishing.fold import Limit
from portal.publishing.fold import Measure
from portal.publishing.fold import Name
from portal.publishing.fold import Paying
from portal.publishing.fold import Shelf
from portal.publishing.fold import Status
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedLimit
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest
from portal.roles import Role

BATCH = 2000
TABLES = (
    PublishedLimit,
    PublishedRequest,
    PublishedAct,
    PublishedFigure,
    PublishedName,
    PublishedPosition,
)


def publish(engine: Engine, folder: Folder, signer: Signer) -> Checkpoint | None:
    """Publish everything recorded so far and fold it; return the newest checkpoint, if any.

    Each step commits on its own and can be repeated: a run that was killed is finished by the next.
    """
    with Session(engine) as session:
        publisher.check_continues(session, folder, signer)
    while True:
        with writing(engine, {}) as session:
            if not sequence(session):
                break
    while True:
        with Session(engine) as session:
            if not publisher.publish(session, folder, signer):
                break
    if signer.head() is None:
        return None
    checkpoint = signed_head(folder, signer.vkey)
    with Session(engine) as session:
        check_continues(session, folder, checkpoint)
    while True:
        with writing(engine, {}) as session:
            if not fold_next(session, folder, checkpoint, signer.vkey):
                return checkpoint


def check_continues(session: Session, folder: Folder, checkpoint: Checkpoint) -> None:
    """Refuse published files that do not lead from what was folded before to the signed root."""
    folded = _folded(session)
    if _grown(folder, folded, checkpoint.size).root() != checkpoint.root:
        raise LogError(N_("The published files do not give the root that was signed."))


def fold_next(session: Session, folder: Folder, checkpoint: Checkpoint, vkey: VerifierKey) -> bool:
    """Fold the next published entries into the public tables; say whether there were any.

    What is on disk must continue what was folded before and lead to the signed root.
    """
    be_alone(session)
    folded = _folded(session)
    if folded.size >= checkpoint.size:
        return False
    if folded.size == 0:
        _empty(session)
    last = min(folded.size + BATCH, checkpoint.size)
    batch = [(index, parse(body)) for index, body in bodies(folder, last, first=folded.size)]
    shelf = _shelf(session, [entry for _, entry in batch])
    known = set(shelf.names)
    for index, entry in batch:
        fold.step(shelf, index, entry)
    _write_names(session, shelf, known)
    _write_limits(session, shelf, folded.size)
    _write_cases(session, shelf.cases.values())
    _write_figures(session, shelf)
    session.execute(insert(PublishedAct), [_act(index, entry) for index, entry in batch])
    _move_position(session, _grown(folder, folded, last), checkpoint, vkey, folder)
    return True


def _grown(folder: Folder, folded: Frontier, size: int) -> Frontier:
    return folded.extend(leaf_hash(body) for _, body in bodies(folder, size, first=folded.size))


def _folded(session: Session) -> Frontier:
    """Return how far the tables are folded; what an older fold told does not count."""
    position = session.get(PublishedPosition, 1)
    if position is None or position.fold_version != fold.VERSION:
        return Frontier()
    return Frontier.unpack(position.size, position.frontier)


def _empty(session: Session) -> None:
    for table in TABLES:
        session.execute(delete(table))
    session.expunge_all()


def _move_position(
    session: Session,
    folded: Frontier,
    checkpoint: Checkpoint,
    vkey: VerifierKey,
    folder: Folder,
) -> None:
    position = session.get(PublishedPosition, 1) or PublishedPosition(id=1)
    position.fold_version = fold.VERSION
    position.size = folded.size
    position.frontier = folded.pack()
    position.root = checkpoint.root.hex()
    position.note = folder.read("checkpoint").decode()
    position.vkey = str(vkey)
    session.add(position)


def _shelf(session: Session, entries: Sequence[Entry]) -> Shelf:
    """Take from the tables what these entries build on."""
    shelf = Shelf()
    for name in session.scalars(select(PublishedName)):
        shelf.names[name.kind, name.code] = Name(name.name_th, name.name_en, json.loads(name.more))
    for limit in session.scalars(select(PublishedLimit)):
        shelf.limits[limit.idx] = _limit(limit)
    references = {str(entry.public.get("reference")) for entry in entries}
    for row in session.scalars(
        select(PublishedRequest).where(PublishedRequest.reference.in_(references))
    ):
        shelf.cases[row.reference] = _case(row)
    added = {
        (row.fund, row.subcommittee, row.measure): int(row.satang)
        for row in session.execute(
            select(
                PublishedFigure.fund,
                PublishedFigure.subcommittee,
                PublishedFigure.measure,
                func.sum(PublishedFigure.satang).label("satang"),
            ).group_by(PublishedFigure.fund, PublishedFigure.subcommittee, PublishedFigure.measure)
        )
    }
    for (fund, subcommittee, measure), satang in added.items():
        match measure:
            case Measure.RECEIVED:
                shelf.left[fund, ""] += satang
            case Measure.ALLOCATED:
                shelf.left[fund, ""] -= satang
                shelf.left[fund, subcommittee] += satang
            case Measure.APPROVED:
                shelf.left[fund, subcommittee] -= satang
    return shelf


def _limit(row: PublishedLimit) -> Limit:
    roles = tuple(Role(role) for role in row.signatures.split(","))
    above = Money(row.above_satang)
    return Limit(row.valid_from, Threshold(above, roles, row.subcommittee, row.fund))


def _write_limits(session: Session, shelf: Shelf, first: int) -> None:
    rows = [
        {
            "idx": index,
            "valid_from": limit.valid_from,
            "above_satang": limit.threshold.above.satang,
            "signatures": ",".join(limit.threshold.signatures),
            "subcommittee": limit.threshold.subcommittee,
            "fund": limit.threshold.fund,
        }
        for index, limit in shelf.limits.items()
        if index >= first
    ]
    if rows:
        session.execute(insert(PublishedLimit), rows)


def _case(row: PublishedRequest) -> Case:
    parties = json.loads(row.parties)
    payments = {name: Paying(**paying) for name, paying in json.loads(row.payments).items()}
    return Case(
        reference=row.reference,
        kind=row.kind,
        fund=row.fund,
        subcommittee=row.subcommittee,
        category=row.category,
        purpose=row.purpose,
        fiscal_year=row.fiscal_year,
        place=row.place,
        status=Status(row.status),
        satang=row.satang,
        submitted_at=row.submitted_at,
        sent_at=row.sent_at,
        decided_at=row.decided_at,
        paid_at=row.paid_at,
        approved_satang=row.approved_satang,
        disbursed_satang=row.disbursed_satang,
        last_index=row.last_index,
        askers=frozenset(parties["askers"]),
        signers=tuple(parties["signers"]),
        deciders=frozenset(parties["deciders"]),
        payers=frozenset(parties["payers"]),
        payments=payments,
    )


def _write_names(session: Session, shelf: Shelf, known: set[tuple[str, str]]) -> None:
    rows = [
        {
            "kind": kind,
            "code": code,
            "name_th": name.name_th,
            "name_en": name.name_en,
            "more": json.dumps(name.more, ensure_ascii=False),
        }
        for (kind, code), name in shelf.names.items()
        if (kind, code) not in known
    ]
    if rows:
        session.execute(insert(PublishedName), rows)


def _write_cases(session: Session, cases: Iterable[Case]) -> None:
    rows = [_request_row(case) for case in cases]
    if not rows:
        return
    references = [row["reference"] for row in rows]
    session.execute(delete(PublishedRequest).where(PublishedRequest.reference.in_(references)))
    session.execute(insert(PublishedRequest), rows)


def _request_row(case: Case) -> dict[str, object]:
    parties = {
        "askers": sorted(case.askers),
        "signers": case.signers,
        "deciders": sorted(case.deciders),
        "payers": sorted(case.payers),
    }
    payments = {number: asdict(paying) for number, paying in case.payments.items()}
    return {
        "reference": case.reference,
        "kind": case.kind,
        "fund": case.fund,
        "subcommittee": case.subcommittee,
        "category": case.category,
        "purpose": case.purpose,
        "fiscal_year": case.fiscal_year,
        "place": case.place,
        "status": case.status.value,
        "satang": case.satang,
        "approved_satang": case.approved_satang,
        "disbursed_satang": case.disbursed_satang,
        "submitted_at": case.submitted_at,
        "sent_at": case.sent_at,
        "decided_at": case.decided_at,
        "paid_at": case.paid_at,
        "last_index": case.last_index,
        "parties": json.dumps(parties),
        "payments": json.dumps(payments),
    }


_ADD_FIGURE = text(
    "INSERT INTO published_figure (month, fund, subcommittee, category, measure, satang, count)"
    " VALUES (:month, :fund, :subcommittee, :category, :measure, :satang, :count)"
    " ON CONFLICT (month, fund, subcommittee, category, measure) DO UPDATE SET"
    " satang = published_figure.satang + excluded.satang,"
    " count = published_figure.count + excluded.count"
)


def _write_figures(session: Session, shelf: Shelf) -> None:
    rows = [_figure_row(cell, shelf) for cell in sorted(shelf.counts)]
    if rows:
        session.execute(_ADD_FIGURE, rows)


def _figure_row(cell: Cell, shelf: Shelf) -> dict[str, object]:
    return {
        "month": cell.month,
        "fund": cell.fund,
        "subcommittee": cell.subcommittee,
        "category": cell.category,
        "measure": cell.measure.value,
        "satang": shelf.satang[cell],
        "count": shelf.counts[cell],
    }


def _act(index: int, entry: Entry) -> dict[str, object]:
    reference, satang = entry.public.get("reference"), entry.public.get("satang")
    return {
        "idx": index,
        "eid": entry.eid,
        "type": entry.type,
        "role": entry.role,
        "at": entry.at,
        "reference": reference,
        "satang": satang,
        "public": json.dumps(entry.public, ensure_ascii=False),
    }
