"""The public tables filled with many requests at once, as the fold would fill them.

Figures, groups, orders and waits are counted by the portal's own code. The signed log tells of the
founding alone: who opens `/log` there sees a checkpoint that does not fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.invented import Model
from bench.invented import Told
from bench.invented import invented
from bench.invented import payment_of
from config import read_settings
from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import Base
from portal.db import db
from portal.db import owners_engine
from portal.db import writing
from portal.funds import service
from portal.funds.models import FundRequest
from portal.funds.rules import Reason
from portal.install import Install
from portal.province import load_province
from portal.publishing.folding import month
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedFlow
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.search_models import PublishedWait
from portal.publishing.search_tables import KEYS
from portal.publishing.search_tables import count_rows
from portal.publishing.search_tables import group_rows
from portal.publishing.search_tables import order_row
from portal.publishing.search_tables import wait_rows
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Flow
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.publishing.tables import Row
from portal.publishing.tables import case_of
from portal.publishing.tables import figure_rows
from portal.publishing.tables import flow_rows
from portal.publishing.tables import request_row
from portal.publishing.tracing import Leg
from portal.publishing.waits import Wait
from portal.publishing.waits import waits_of
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"
AT_ONCE = 5_000
# Of each so manieth request every act is written, so that its page is whole; of the others those
# that lists look up, which spares two thirds of the rows.
WHOLE = 10
LISTED = frozenset({"fund_request.submitted", "payment.confirmed"})
# What the small world told of its own requests goes, so that the invented ones stand alone.
EMPTIED = (
    PublishedRequest,
    PublishedGroup,
    PublishedCount,
    PublishedOrder,
    PublishedWait,
    PublishedFigure,
)


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the settings of a portal that a bench sets up."""
    return {
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_DATABASE_URL": url,
        "PORTAL_SECRET_KEY": "a benchmark's, which protects nothing",
        # The login is the server's own.
        "PORTAL_ALLOW_UNSAFE": "1",
        "PORTAL_SECOND_FACTOR": "optional",
        "AUDIT_INLINE_PUBLISH": "0",
    }


@contextmanager
def published(settings: Mapping[str, str], count: int) -> Iterator[Flask]:
    """Give a portal that publishes this many requests; it is filled unless it was before."""
    app = create_app(read_settings(settings))
    mark = Path(settings["PORTAL_DATA_DIR"]) / "filled"
    with app.app_context():
        if not mark.exists():
            upgrade_quietly()
            set_up(PROVINCE, at=FOUNDED)
            fill(app.extensions["install"], count)
            mark.touch()
        yield app
        db.session.remove()
        db.engine.dispose()
        app.extensions["install"].vault.close()


def fill(install: Install, count: int) -> None:
    """Publish requests in every state, and write this many copies of them into the tables."""
    with writing(db.engine, install.session_info()) as session:
        made = {
            status: request.reference or "" for status, request in _made(World(session)).items()
        }
    install.publish(db.engine)
    with writing(db.engine, {}) as session:
        models = {status: _model(session, reference) for status, reference in made.items()}
        first = session.get_one(PublishedPosition, 1).size
        session.expunge_all()
        _empty(session, list(made.values()))
    engine = owners_engine(db.engine.url)
    told = invented(load_province(PROVINCE), models, count, first=first)
    with Session(engine) as session:
        _fill(session, told)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As its own housekeeping leaves a server; SQLite has none.
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()


def _made(world: World) -> Mapping[str, FundRequest]:
    """Bring a request into each state that the public may see."""
    session = world.session
    grounds = service.Grounds(Reason.PAPERS, "")
    paid, closed = (world.approved() for _ in range(2))
    world.confirmed("KTB0001", fund_request=paid)
    world.receipted(world.confirmed("KTB0002", fund_request=closed))
    returned, rejected, withdrawn = world.to_decide(), world.to_decide(), world.submitted()
    for act, request in (
        (service.return_request, returned),
        (service.reject_request, rejected),
    ):
        act(session, request.id, grounds, seen_version=request.version, by=world.somchai, at=NOON)
    version = withdrawn.version
    service.withdraw_request(session, withdrawn.id, seen_version=version, by=world.malee, at=NOON)
    return {
        "submitted": world.submitted(),
        "returned": returned,
        "approved": world.approved(),
        "paid": paid,
        "closed": closed,
        "rejected": rejected,
        "withdrawn": withdrawn,
    }


def _model(session: Session, reference: str) -> Model:
    acts = session.scalars(
        select(PublishedAct).where(PublishedAct.reference == reference).order_by(PublishedAct.idx)
    )
    return Model(case_of(session.get_one(PublishedRequest, reference)), acts.all())


def _empty(session: Session, references: Sequence[str]) -> None:
    for table in EMPTIED:
        session.execute(delete(table))
    session.execute(delete(PublishedFlow).where(PublishedFlow.leg == Leg.PAYMENT))
    session.execute(delete(PublishedAct).where(PublishedAct.reference.in_(references)))


def _fill(session: Session, told: Iterator[Told]) -> None:
    groups: dict[object, dict[str, Any]] = {}
    waits, shelf, last = Counter[Wait](), Shelf(), 0
    while many := list(islice(told, AT_ONCE)):
        cases = [one.case for one in many]
        acts = sorted((row for one in many for row in _act_rows(one)), key=lambda row: row["idx"])
        _write(session, PublishedRequest, map(request_row, cases))
        _write(session, PublishedOrder, map(order_row, cases))
        _write(session, PublishedAct, acts)
        _write(session, PublishedFlow, _flow_rows(many))
        for row in group_rows(cases):
            _merge(groups.setdefault(row["id"], row), row)
        waits.update(wait for case in cases for wait in waits_of(case))
        for one in many:
            _count(shelf, one)
        last = max(last, acts[-1]["idx"])
        session.commit()
    _count_money(shelf)
    _write(session, PublishedGroup, groups.values())
    _write(session, PublishedCount, count_rows(groups.values()))
    _write(session, PublishedWait, wait_rows(waits))
    _write(session, PublishedFigure, figure_rows(shelf))
    session.execute(update(PublishedPosition).values(size=last + 1))
    session.commit()


def _act_rows(told: Told) -> Iterator[dict[str, Any]]:
    """Give the acts of an invented request that are written: its model's, with its own numbers."""
    case, model = told.case, told.model.case
    own = {
        model.reference: case.reference,
        payment_of(model.reference): told.payment,
        f'"satang": {model.satang}': f'"satang": {case.satang}',
    }
    is_whole = told.indexes[0] % WHOLE == 0
    for index, act in zip(told.indexes, told.model.acts, strict=True):
        if not is_whole and act.type not in LISTED:
            continue
        public = act.public
        for before, after in own.items():
            public = public.replace(before, after)
        yield {
            "idx": index,
            "eid": f"{index:08x}-0000-7000-8000-{index:012x}",
            "type": act.type,
            "role": act.role,
            "at": told.moment(act),
            "reference": case.reference,
            "satang": act.satang and case.satang,
            "public": public,
        }


def _flow_rows(many: Iterable[Told]) -> list[Row]:
    flows = {
        index: Flow(
            Leg.PAYMENT,
            one.case.fund,
            one.case.satang,
            one.case.subcommittee,
            one.case.category,
            one.payment,
            one.case.reference,
        )
        for one in many
        for index, act in zip(one.indexes, one.model.acts, strict=True)
        if act.type == "payment.confirmed"
    }
    return flow_rows(Shelf(flows=flows))


def _merge(whole: dict[str, Any], part: Row) -> None:
    """Add a part of a group to what is counted of it; the first part is the whole itself."""
    if whole is part:
        return
    for name in ("count", "satang", "paid_satang"):
        whole[name] += part[name]
    for name in KEYS:
        whole[f"{name}_first"] = min(whole[f"{name}_first"], part[f"{name}_first"])
        whole[f"{name}_last"] = max(whole[f"{name}_last"], part[f"{name}_last"])


def _count(shelf: Shelf, told: Told) -> None:
    case = told.case
    for measure, at, satang in (
        (Measure.REQUESTED, case.submitted_at, case.satang),
        (Measure.APPROVED, case.decided_at, case.approved_satang),
        (Measure.DISBURSED, case.paid_at, case.disbursed_satang),
    ):
        if at and satang:
            shelf.add(Cell(month(at), case.fund, case.subcommittee, case.category, measure), satang)


def _count_money(shelf: Shelf) -> None:
    """Give each fund and subcommittee what is approved of it, in the month before the first."""
    for (fund, subcommittee), satang in shelf.sums(Measure.APPROVED).items():
        shelf.add(Cell("2021-09", fund, "", "", Measure.RECEIVED), satang)
        shelf.add(Cell("2021-09", fund, subcommittee, "", Measure.ALLOCATED), satang)


def _write(session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as fast as the driver does."""
    names = [column.key for column in table.__table__.columns]
    values = ([row[name] for name in names] for row in rows)
    into, columns = table.__tablename__, ", ".join(names)
    cursor: Any = session.connection().connection.cursor()  # the driver's own class
    if session.get_bind().dialect.name == "postgresql":
        with cursor.copy(f"COPY {into} ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(names))
        cursor.executemany(f"INSERT INTO {into} ({columns}) VALUES ({marks})", values)  # noqa: S608 - our own names
    cursor.close()
