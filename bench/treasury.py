"""A batch of 10,000 payments: made, released with its files, and sent; then the bank's statement.

The statement has a line for each: it is read, matched, and all of it confirmed. Each act is one
transaction.

One payment is prepared through the services; the others are copies of its rows, so that the books
and the batch are whole, but the log tells of one request only and is not folded here.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection
from sqlalchemy import RowMapping
from sqlalchemy import Table
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.published import environment
from config import read_settings
from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import Base
from portal.db import db
from portal.db import owners_engine
from portal.db import writing
from portal.funds.books import check_books
from portal.funds.books import post
from portal.funds.ledger import EntryKind
from portal.funds.ledger import allocation
from portal.funds.ledger import donation
from portal.funds.ledger import onward
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestDuty
from portal.install import Install
from portal.money import Money
from portal.payments import batching
from portal.payments.accounts import open_account
from portal.payments.batching import Terms
from portal.payments.confirming import Pairing
from portal.payments.confirming import confirm_pairings
from portal.payments.matching_page import matching_page
from portal.payments.models import Payment
from portal.payments.payment_files import FileKind
from portal.payments.statement_lines import import_statement
from tests.acts.test_statement_lines import rows
from tests.postgres import postgres_server
from tests.world import ACCOUNT
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"
PAYMENTS = 10_000
PLENTY = 1_000_000_000
MEBIBYTE_IN_KIBIBYTES = 1024
Row = Mapping[str, object]


@contextmanager
def founded(folder: Path, url: str) -> Iterator[Install]:
    """Found a province in this folder and database."""
    app = create_app(read_settings(environment(folder, url)))
    with app.app_context():
        upgrade_quietly()
        set_up(PROVINCE, at=FOUNDED)
        yield app.extensions["install"]
        db.session.remove()
        db.engine.dispose()
        app.extensions["install"].vault.close()


def prepare(install: Install, count: int) -> list[int]:
    """Leave this many prepared payments, and the money for them; return their ids."""
    with writing(db.engine, install.session_info()) as session:
        world = World(session)
        payment = world.prepared()
        open_account(session, ACCOUNT, by=world.admin, at=NOON)
        _commit_money(session, payment, count)
        session.flush()
        payment_id = payment.id
    with owners_engine(db.engine.url).begin() as connection:
        return _copy(connection, payment_id, count)


def _commit_money(session: Session, payment: Payment, count: int) -> None:
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    amount = Money(payment.amount_satang * count)
    for kind, postings in (
        (EntryKind.DONATION, donation(fund, amount)),
        (EntryKind.ALLOCATION, allocation(fund, subcommittee, amount)),
        (EntryKind.COMMITMENT, onward(EntryKind.COMMITMENT, fund, subcommittee, amount)),
    ):
        by = World(session).anong
        post(session, postings, kind=kind, log_eid=payment.log_eid, by=by, at=NOON)


def _copy(connection: Connection, payment_id: int, count: int) -> list[int]:
    tables = (FundRequest, PayeeAccount, RequestDuty, Payment)
    request, payee, duty, payment = (Base.metadata.tables[model.__tablename__] for model in tables)
    paid = connection.execute(select(payment).where(payment.c.id == payment_id)).mappings().one()
    of_request = request.c.id == paid["fund_request_id"]
    numbers = range(1, count)

    def add(table: Table, row: RowMapping, change: Callable[[int], Row]) -> None:
        connection.execute(insert(table), [{**row, **change(number)} for number in numbers])

    shift = 1_000_000
    asked = connection.execute(select(request).where(of_request)).mappings().one()
    add(
        request,
        asked,
        lambda n: {"id": shift + n, "reference": f"RYG-2570-9{n:05}", "form_key": None},
    )
    account = select(payee).where(payee.c.id == paid["payee_account_id"])
    add(
        payee,
        connection.execute(account).mappings().one(),
        lambda n: {"id": shift + n, "fund_request_id": shift + n},
    )
    duties = select(duty).where(duty.c.fund_request_id == asked["id"])
    for held in connection.execute(duties).mappings().all():
        add(duty, held, lambda n: {"fund_request_id": shift + n})
    add(
        payment,
        paid,
        lambda n: {
            "id": shift + n,
            "reference": f"RYG-2570-P9{n:05}",
            "fund_request_id": shift + n,
            "payee_account_id": shift + n,
        },
    )
    return [payment_id, *(shift + number for number in numbers)]


Timed = Callable[[str], AbstractContextManager[World]]


def peak() -> int:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEBIBYTE_IN_KIBIBYTES


def measure(install: Install, payment_ids: list[int]) -> dict[str, object]:
    """Return the seconds of each act in one transaction with its commit, and the peak then."""
    told: dict[str, object] = {}

    @contextmanager
    def timed(name: str) -> Iterator[World]:
        began = time.perf_counter()
        with writing(db.engine, install.session_info()) as session:
            yield World(session)
        told[name] = {"seconds": round(time.perf_counter() - began, 2), "peak_mb": peak()}

    pay(timed, payment_ids)
    reconcile(timed, len(payment_ids))
    with Session(db.engine) as session:
        check_books(session)
    return told


def pay(timed: Timed, payment_ids: list[int]) -> None:
    """Send all of it to the bank."""
    terms = Terms(ACCOUNT.code, NOON.date(), FileKind.KTB)
    with timed("make") as world:
        batch = batching.make_batch(
            world.session, payment_ids, terms=terms, by=world.anong, at=NOON
        )
        batch_id, version = batch.id, batch.version
    with timed("release, with its files") as world:
        batch = batching.release_batch(
            world.session, batch_id, seen_version=version, by=world.prasit, at=NOON
        )
        version = batch.version
    with timed("send") as world:
        batching.send_batch(world.session, batch_id, seen_version=version, by=world.prasit, at=NOON)


def reconcile(timed: Timed, count: int) -> None:
    """Read what the bank says, match every line, and confirm all of them."""
    with Session(db.engine) as session:
        content = statement(session)
    with timed("read the statement") as world:
        by, name = world.phailin, "statement.csv"
        import_statement(world.session, ACCOUNT.code, content, name=name, by=by, at=NOON)
    with timed("match it") as world:
        mine = matching_page(world.session, ACCOUNT.code, world.phailin, at=NOON).mine
        pairings = [Pairing(one.suggestion.lines, one.names) for one in mine]
    if len(pairings) != count:
        message = f"{len(pairings)} of {count} payments were matched"
        raise ValueError(message)
    with timed("confirm all of it") as world:
        confirm_pairings(world.session, pairings, by=world.phailin, at=NOON)


def statement(session: Session) -> bytes:
    """Return what the bank says of it: a line for each payment, in a table of its own."""
    sent = session.execute(select(Payment.reference, Payment.amount_satang).order_by(Payment.id))
    paid = [(f"โอน {reference}", f"{satang // 100}", "") for reference, satang in sent]
    return rows(*paid, opening=PLENTY)


def run(engine: str, count: int) -> None:
    """Print one JSON line for an engine."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "instance"
        if engine == "sqlite":
            told = _run_in(place, f"sqlite:///{place / 'portal.sqlite'}", count)
        else:
            # As a server is set up, with every commit on disk.
            with postgres_server("") as url:
                told = _run_in(place, url, count)
    print(json.dumps({"bench": "treasury", "engine": engine, "payments": count, **told}))


def _run_in(place: Path, url: str, count: int) -> dict[str, object]:
    # Who pays neither founds a province nor files ten thousand requests in the same process.
    with get_context("spawn").Pool(1) as apart:
        payment_ids = apart.apply(_prepared, (place, url, count))
    app = create_app(read_settings(environment(place, url)))
    # As portal/wsgi.py does.
    gc.freeze()
    with app.app_context():
        try:
            install = app.extensions["install"]
            return {"before_mb": peak(), "acts": measure(install, payment_ids)}
        finally:
            db.engine.dispose()


def _prepared(place: Path, url: str, count: int) -> list[int]:
    with founded(place, url) as install:
        return prepare(install, count)


def main() -> None:
    """Run one engine, or both, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    asked = parser.parse_args()
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        # The peak of a process never falls.
        process = get_context("spawn").Process(target=run, args=(engine, asked.payments))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
