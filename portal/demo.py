"""The demo province: the whole main job on a field workbook, through the same acts as the pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import time
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.note import Checkpoint
from portal.audit.signer import write_secret
from portal.clock import now
from portal.db import db
from portal.db import writing
from portal.demo_concerns import answer_concerns
from portal.demo_concerns import raise_concerns
from portal.demo_concerns import raise_findings
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import intake
from portal.funds.books import check_books
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.reminding import remind
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.funds.service import approve_request
from portal.funds.service import declare_interest
from portal.funds.service import reject_request
from portal.funds.service import return_request
from portal.funds.service import submit_request
from portal.install import Install
from portal.payments.models import Payment
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.payments.service import confirm_payment
from portal.payments.service import prepare_payment
from portal.payments.service import release_payment
from portal.payments.service import send_payment
from portal.people.models import Person
from portal.people.queries import as_actor
from portal.people.service import set_password
from portal.publishing.figures import figures
from portal.roles import Actor
from portal.roles import Role
from portal.sheets import read_tables
from portal.thai import BANGKOK
from portal.thai import bangkok_day

TOP = Path(__file__).resolve().parent.parent
# The demo is told of the province that has a field workbook beside its file.
WORKBOOK = next((TOP / "provinces").glob("*_requests.xlsx"))
PROVINCE = WORKBOOK.with_name(WORKBOOK.name.replace("_requests.xlsx", ".toml"))
# Known to everybody, and so only ever set in a demo.
PASSWORD = "open-to-everyone"  # noqa: S105 - the demo's, printed on the screen
STORY = timedelta(days=3)
STEPS_TOLD = 1_400
SEVEN = time(7)
PAPER_MISSING = Grounds(Reason.PAPERS, "ขอสำเนาหน้าสมุดบัญชีที่ชัดเจนอีกครั้ง")
HELPED_ALREADY = Grounds(Reason.NOT_ELIGIBLE, "ได้รับความช่วยเหลือรายการเดียวกันจากหน่วยงานอื่นแล้ว")

Say = Callable[[str], None]


def prepare(install: Install) -> None:
    """Make the demo's own secret, and mark the install as a demo."""
    folder = install.settings.data_dir
    if install.has_log and not (folder / "demo").exists():
        raise NotADemoError
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "secret_key").exists():
        write_secret(folder / "secret_key", secrets.token_urlsafe(48).encode())
    (folder / "demo").touch()


class NotADemoError(RuleError):
    """The demo would put invented acts and a known password into a real install."""

    def __init__(self) -> None:
        super().__init__(N_("This install is no demo; the demo needs a data folder of its own."))


@dataclass
class Teller:
    """Tells the demo's story: who acts, and when; each act is a transaction of its own."""

    install: Install
    at: datetime
    ends_at: datetime

    def tick(self) -> datetime:
        """Return the moment of the next act: a little later than the last, never in the future."""
        self.at = min(self.at + STORY / STEPS_TOLD, self.ends_at).replace(microsecond=0)
        return self.at

    @contextmanager
    def act(self) -> Iterator[Session]:
        """Give a session for one act; publishing waits for the end of the chapter."""
        with writing(db.engine, self.install.session_info()) as session:
            yield session

    def person(self, role: Role, subcommittee: str | None = None, *, number: int = 0) -> Actor:
        """Return one of those who hold a role."""
        return [actor for actor in self.people if actor.holds(role, subcommittee)][number]

    @cached_property
    def people(self) -> list[Actor]:
        """Return everybody."""
        with Session(db.engine) as session:
            return [
                as_actor(person) for person in session.scalars(select(Person).order_by(Person.id))
            ]


def run(install: Install, *, say: Say) -> None:
    """Run the main job: import, decide, pay, publish, check; what was done before is left alone."""
    teller = Teller(install, now() - STORY, now())
    _set_passwords(teller)
    refused = _import(teller, say)
    with teller.act() as session:
        raise_concerns(session, at=teller.tick())
    _decide(teller, say)
    _pay(teller, say)
    _remind(teller)
    install.publish(db.engine)
    officer, auditor = teller.person(Role.OFFICER), teller.person(Role.AUDITOR)
    with teller.act() as session:
        answer_concerns(session, teller.people, at=teller.tick())
        raise_findings(session, auditor, officer, at=teller.tick())
    say("Publishing the log")
    install.publish(db.engine)
    with Session(db.engine) as session:
        signed = install.check_log(session)
        for line in (*_table(session, signed, refused), *_sign_ins(teller.people)):
            say(line)
        say(f"\n  Verified: {signed.size:,} entries under one checkpoint; the books balance.")


def _set_passwords(teller: Teller) -> None:
    with teller.act() as session:
        unset = session.scalars(select(Person.username).where(Person.password_hash.is_(None))).all()
        for username in unset:
            set_password(session, username, PASSWORD)


def _import(teller: Teller, say: Say) -> int:
    say("Importing the field workbook")
    tables = read_tables(WORKBOOK.read_bytes(), name=WORKBOOK.name)
    with teller.act() as session:
        answers = intake.judge(session, tables)
        by = teller.person(Role.OFFICER)
        intake.import_requests(session, answers, by=by, at=teller.tick())
    return sum(bool(answer.refused) for answer in answers)


def _decide(teller: Teller, say: Say) -> None:
    """Let the chairs decide all but the last requests; a few are returned, a few refused."""
    waiting = _waiting(State.SUBMITTED)
    officer = teller.person(Role.OFFICER)
    for position, (request_id, code, number) in enumerate(waiting):
        _progress(say, "Deciding", position, len(waiting))
        chair = teller.person(Role.CHAIR, code)
        match number % 20:
            case 19 | 18:
                continue
            case 17:
                _decline(teller, reject_request, request_id, HELPED_ALREADY, by=chair)
            case 16:
                _decline(teller, return_request, request_id, PAPER_MISSING, by=chair)
            case 15 if _acts(request_id) == 1:
                _decline(teller, return_request, request_id, PAPER_MISSING, by=chair)
                _take(teller, submit_request, request_id, by=officer)
                _approve(teller, request_id, chair)
            case _:
                _approve(teller, request_id, chair)


def _waiting(state: State) -> list[tuple[int, str, int]]:
    with Session(db.engine) as session:
        rows = session.execute(
            select(FundRequest.id, FundRequest.subcommittee_code, FundRequest.reference)
            .where(FundRequest.state == state)
            .order_by(FundRequest.id)
        )
        return [(row.id, row.subcommittee_code, int(row.reference[-6:])) for row in rows]


def _acts(request_id: int) -> int:
    with Session(db.engine) as session:
        count = session.scalar(
            select(func.count())
            .select_from(RequestAct)
            .where(RequestAct.fund_request_id == request_id)
        )
    return count or 0


def _version(session: Session, request_id: int) -> int:
    return session.scalars(select(FundRequest.version).where(FundRequest.id == request_id)).one()


def _approve(teller: Teller, request_id: int, chair: Actor) -> None:
    """Let everybody sign whose signature is due."""
    while True:
        with teller.act() as session:
            row = session.execute(
                select(FundRequest.state, FundRequest.waits_for, FundRequest.version).where(
                    FundRequest.id == request_id
                )
            ).one()
            if row.state is not State.SUBMITTED:
                return
            signer = chair if row.waits_for is Role.CHAIR else teller.person(row.waits_for)
            version = _declare(teller, session, request_id, by=signer)
            approve_request(
                session, request_id, note="", seen_version=version, by=signer, at=teller.tick()
            )


def _declare(teller: Teller, session: Session, request_id: int, *, by: Actor) -> int:
    """Let who is to decide say that they are not related; return the version that it led to."""
    return declare_interest(
        session,
        request_id,
        is_related=False,
        how="",
        seen_version=_version(session, request_id),
        by=by,
        at=teller.tick(),
    ).version


def _decline(
    teller: Teller, act: Callable[..., object], request_id: int, grounds: Grounds, *, by: Actor
) -> None:
    with teller.act() as session:
        version = _declare(teller, session, request_id, by=by)
        act(session, request_id, grounds, seen_version=version, by=by, at=teller.tick())


def _take(teller: Teller, act: Callable[..., object], request_id: int, *, by: Actor) -> None:
    with teller.act() as session:
        version = _version(session, request_id)
        act(session, request_id, seen_version=version, by=by, at=teller.tick())


def _pay(teller: Teller, say: Say) -> None:
    """Let the treasurers pay most of what is approved, and leave something at every step."""
    approved = _waiting(State.APPROVED)
    first, second, third = (teller.person(Role.TREASURER, number=n) for n in range(3))
    for position, (request_id, _code, number) in enumerate(approved):
        _progress(say, "Paying", position, len(approved))
        steps_left_out = {14: 4, 13: 3, 12: 2, 11: 1}.get(number % 20, 0)
        _pay_one(teller, request_id, (first, second, first, third)[: 4 - steps_left_out])


def _pay_one(teller: Teller, request_id: int, treasurers: tuple[Actor, ...]) -> None:
    done = {
        None: 0,
        PaymentState.PREPARED: 1,
        PaymentState.RELEASED: 2,
        PaymentState.SENT: 3,
        PaymentState.CONFIRMED: 4,
    }
    payment = _payment(request_id)
    for by in treasurers[done[payment.state if payment else None] :]:
        with teller.act() as session:
            _take_step(session, request_id, _payment(request_id), by=by, at=teller.tick())


def _payment(request_id: int) -> Payment | None:
    with Session(db.engine) as session:
        return session.scalars(
            select(Payment).where(Payment.fund_request_id == request_id)
        ).one_or_none()


def _take_step(
    session: Session, request_id: int, payment: Payment | None, *, by: Actor, at: datetime
) -> None:
    if payment is None:
        prepare_payment(
            session, request_id, channel=Channel.TRANSFER, seen_version=None, by=by, at=at
        )
    elif payment.state is PaymentState.PREPARED:
        release_payment(session, payment.id, seen_version=payment.version, by=by, at=at)
    elif payment.state is PaymentState.RELEASED:
        send_payment(session, payment.id, seen_version=payment.version, by=by, at=at)
    else:
        confirm_payment(
            session,
            payment.id,
            bank_reference=f"KTB{at:%Y%m%d}{payment.id:06}",
            seen_version=payment.version,
            by=by,
            at=at,
        )


def _remind(teller: Teller) -> None:
    """Let the last working morning of the story bring its letters."""
    morning = datetime.combine(bangkok_day(teller.ends_at), SEVEN, BANGKOK)
    for days in range(1 + STORY.days):
        at = morning - timedelta(days=days)
        if at > teller.ends_at:
            continue
        with teller.act() as session:
            if remind(session, at=at.astimezone(UTC)):
                return


def _progress(say: Say, what: str, position: int, count: int) -> None:
    if position % 50 == 0:
        say(f"{what}: {position} of {count}")


def _table(session: Session, signed: Checkpoint, refused: int) -> list[str]:
    """Return what happened, as a short table."""
    told = figures(session)
    states = dict(
        session.execute(select(FundRequest.state, func.count()).group_by(FundRequest.state)).all()
    )
    returned = session.scalar(
        select(func.count(RequestAct.fund_request_id.distinct())).where(
            RequestAct.act == "fund_request.returned"
        )
    )
    rows = {
        "requests imported": f"{told.requests:,}",
        "rows refused": f"{refused:,}",
        "requests returned": f"{returned:,}",
        "requests not approved": f"{states.get(State.REJECTED, 0):,}",
        "requests approved": f"{states.get(State.APPROVED, 0):,}",
        "requests paid": f"{told.requests_paid:,}",
        "baht received": str(told.received),
        "baht committed": str(told.committed),
        "baht disbursed": str(told.disbursed),
        "baht left": str(told.left),
        "journal entries": f"{check_books(session):,}",
        "log entries": f"{signed.size:,}",
        "checkpoint": signed.root.hex()[:16],
    }
    return ["", *(f"  {name:<24}{value:>16}" for name, value in rows.items())]


def _sign_ins(people: list[Actor]) -> list[str]:
    """Return a sign-in for each role."""
    lines = ["", f"  Sign in at /sign-in with the password  {PASSWORD}"]
    for role in Role:
        names = [person.username for person in people if role in person.roles]
        if names:
            lines.append(f"  {role:<24}{', '.join(names)}")
    return lines
