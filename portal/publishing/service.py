"""Publishing: order what was recorded, sign it, write it out, fold it into the public tables."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Engine
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import tuple_
from sqlalchemy.orm import InstrumentedAttribute
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
from portal.publishing import fold
from portal.publishing import report_fold
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedConcern
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedFinding
from portal.publishing.models import PublishedFlow
from portal.publishing.models import PublishedLimit
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedReport
from portal.publishing.models import PublishedRequest
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.search_models import PublishedWait
from portal.publishing.search_tables import write_search
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Names
from portal.publishing.shelf import Shelf
from portal.publishing.tables import Row
from portal.publishing.tables import act_row
from portal.publishing.tables import case_of
from portal.publishing.tables import case_row
from portal.publishing.tables import concern_of
from portal.publishing.tables import figure_rows
from portal.publishing.tables import finding_of
from portal.publishing.tables import flow_rows
from portal.publishing.tables import heads_told
from portal.publishing.tables import limit_of
from portal.publishing.tables import limit_row
from portal.publishing.tables import name_of
from portal.publishing.tables import name_rows
from portal.publishing.tables import report_of
from portal.publishing.tables import request_row

BATCH = 2000
REPORTS = frozenset(report_fold.TELLS)
TABLES = (
    PublishedLimit,
    PublishedRequest,
    PublishedGroup,
    PublishedCount,
    PublishedOrder,
    PublishedWait,
    PublishedFinding,
    PublishedConcern,
    PublishedReport,
    PublishedFlow,
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
    if folded.size > checkpoint.size:
        return  # somebody else is ahead of us
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
    waiting = bodies(folder, checkpoint.size, first=folded.size)
    taken = list(islice(waiting, BATCH))
    batch = [(index, parse(body)) for index, body in taken]
    shelf = _shelf(session, [entry for _, entry in batch])
    known = dict(shelf.names)
    for index, entry in batch:
        fold.step(shelf, index, entry)
    _write_names(session, shelf, known)
    _write_limits(session, shelf, folded.size)
    write_search(session, shelf.cases)
    _write(session, PublishedRequest.reference, map(request_row, shelf.cases.values()))
    _write(session, PublishedFinding.number, map(case_row, shelf.findings.values()))
    _write(session, PublishedConcern.number, map(case_row, shelf.concerns.values()))
    _write(session, PublishedReport.reference, map(case_row, shelf.reports.values()))
    _write(session, PublishedFlow.idx, flow_rows(shelf))
    _write_figures(session, shelf)
    session.execute(insert(PublishedAct), [act_row(index, entry) for index, entry in batch])
    grown = folded.extend(leaf_hash(body) for _, body in taken)
    _move_position(session, grown, checkpoint, vkey, folder)
    return True


def show_heads(engine: Engine, folder: Folder) -> None:
    """Let the pages tell of the checkpoints that are published now, and who cosigned them."""
    with Session(engine) as session:
        shown = session.get(PublishedPosition, 1)
        if shown is None or (shown.note, shown.vkey, shown.witnessed) == heads_told(folder):
            return
    with writing(engine, {}) as session:
        position = session.get_one(PublishedPosition, 1)
        position.note, position.vkey, position.witnessed = heads_told(folder)


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
    position.witnessed = position.witnessed or ""
    session.add(position)


def _shelf(session: Session, entries: Sequence[Entry]) -> Shelf:
    """Take from the tables what these entries build on."""
    shelf = Shelf()
    for name in session.scalars(select(PublishedName)):
        said = shelf.names.get((name.kind, name.code), {})
        said = {**said, name.valid_from.isoformat(): name_of(name)}
        shelf.names[name.kind, name.code] = said
    for limit in session.scalars(select(PublishedLimit)):
        shelf.limits[limit.idx] = limit_of(limit)
    references = {str(entry.public.get("reference")) for entry in entries}
    for row in session.scalars(
        select(PublishedRequest).where(PublishedRequest.reference.in_(references))
    ):
        shelf.cases[row.reference] = case_of(row)
    _recall_cases(session, shelf, entries)
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
        for account, sign in _MOVES.get(measure, ()):
            shelf.left[fund, subcommittee if account else ""] += sign * satang
    return shelf


# What each measure leaves to a fund itself (false) and to a subcommittee (true).
_MOVES = {
    Measure.RECEIVED: ((False, 1),),
    Measure.ALLOCATED: ((False, -1), (True, 1)),
    Measure.APPROVED: ((True, -1),),
    Measure.RELEASED: ((True, 1),),
    Measure.BANK_FEES: ((False, -1),),
}


def _recall_cases(session: Session, shelf: Shelf, entries: Sequence[Entry]) -> None:
    numbers = {str(entry.public.get("number")) for entry in entries}
    for found in session.scalars(
        select(PublishedFinding).where(PublishedFinding.number.in_(numbers))
    ):
        shelf.findings[found.number] = finding_of(found)
    for told in session.scalars(
        select(PublishedConcern).where(PublishedConcern.number.in_(numbers))
    ):
        shelf.concerns[told.number] = concern_of(told)
    if any(entry.type in REPORTS for entry in entries):
        # A report is looked at beside the others of its period, and there are few.
        for report in session.scalars(select(PublishedReport)):
            shelf.reports[report.reference] = report_of(report)


def _write_limits(session: Session, shelf: Shelf, first: int) -> None:
    rows = [limit_row(index, limit) for index, limit in shelf.limits.items() if index >= first]
    if rows:
        session.execute(insert(PublishedLimit), rows)


def _write_names(session: Session, shelf: Shelf, known: Names) -> None:
    new = {key: said for key, said in shelf.names.items() if known.get(key) != said}
    if new:
        key = tuple_(PublishedName.kind, PublishedName.code)
        session.execute(delete(PublishedName).where(key.in_(list(new))))
        session.execute(insert(PublishedName), list(name_rows(new)))


def _write(
    session: Session,
    key: InstrumentedAttribute[str] | InstrumentedAttribute[int],
    told: Iterable[Row],
) -> None:
    """Put these rows in the place of those that have the same keys."""
    rows = list(told)
    if not rows:
        return
    session.execute(delete(key.class_).where(key.in_([row[key.key] for row in rows])))
    session.execute(insert(key.class_), rows)


_ADD_FIGURE = text(
    "INSERT INTO published_figure (month, fund, subcommittee, category, measure, satang, count)"
    " VALUES (:month, :fund, :subcommittee, :category, :measure, :satang, :count)"
    " ON CONFLICT (month, fund, subcommittee, category, measure) DO UPDATE SET"
    " satang = published_figure.satang + excluded.satang,"
    " count = published_figure.count + excluded.count"
)


def _write_figures(session: Session, shelf: Shelf) -> None:
    rows = figure_rows(shelf)
    if rows:
        session.execute(_ADD_FIGURE, rows)
