"""Several people at the same moment, each with a connection of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.errors import PortalError
from portal.funds import drafting
from portal.funds import filing
from portal.funds import service
from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Reason
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.money import Money
from portal.payments import service as payments
from portal.payments.rules import Channel
from portal.payments.rules import NothingToPayError
from portal.roles import Actor
from portal.youths.models import Youth
from tests.conftest import Portal
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

Act = Callable[[Session], object]


def at_once(portal: Portal, acts: Sequence[Act]) -> list[type[PortalError] | None]:
    """Start every act at the same moment; return what each was refused with, None for done."""
    engine, info, start = db.engine, portal.install.session_info(), Barrier(len(acts))

    def run(act: Act) -> type[PortalError] | None:
        start.wait()
        try:
            with writing(engine, info) as session:
                act(session)
        except PortalError as error:
            return type(error)
        return None

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def test_two_people_deciding_one_request_end_in_one_decision(portal: Portal) -> None:
    for _ in range(5):
        with writing(db.engine, portal.install.session_info()) as session:
            world = World(session)
            fund_request = world.to_decide()
            request_id, version, chair = fund_request.id, fund_request.version, world.somchai

        def approve(
            session: Session,
            request_id: int = request_id,
            version: int = version,
            chair: Actor = chair,
        ) -> None:
            service.approve_request(
                session, request_id, note="", seen_version=version, by=chair, at=NOON
            )

        def reject(
            session: Session,
            request_id: int = request_id,
            version: int = version,
            chair: Actor = chair,
        ) -> None:
            service.reject_request(
                session,
                request_id,
                service.Grounds(Reason.OTHER, ""),
                seen_version=version,
                by=chair,
                at=NOON,
            )

        outcomes = at_once(portal, [approve, reject])
        assert sorted(map(str, outcomes)) == sorted(map(str, [None, StaleRequestError]))
        with Session(db.engine) as session:
            decided = session.get_one(FundRequest, request_id)
            assert decided.state in {State.APPROVED, State.REJECTED}
            acts = session.scalars(
                select(RequestAct.act).where(RequestAct.fund_request_id == request_id)
            ).all()
            assert len(acts) == 3


def test_eight_people_approving_at_once_take_no_more_than_there_is(portal: Portal) -> None:
    tight = replace(ANSWER, fund="TENBAHT", subcommittee="SC2", category="TOOLKIT")
    account = Account("TENBAHT", "SC2", Place.AVAILABLE)
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        chair = world.other_chair
        available = held(session, account)
        amount = Money(min(available.satang // 5, Money.baht(5000).satang))
        while available > Money(amount.satang * 6):
            world.approve(world.submitted(answer=tight, amount=amount), chair)
            available = held(session, account)
        possible = available.satang // amount.satang
        waiting = [world.submitted(answer=tight, amount=amount) for _ in range(8)]
        requests = [world.declare(fund_request, chair).id for fund_request in waiting]
    assert 0 < possible < 8

    def approving(request_id: int) -> Act:
        def approve(session: Session) -> None:
            fund_request = session.get_one(FundRequest, request_id)
            service.approve_request(
                session,
                request_id,
                note="",
                seen_version=fund_request.version,
                by=chair,
                at=NOON,
            )

        return approve

    outcomes = Counter(at_once(portal, [approving(request_id) for request_id in requests]))
    assert outcomes == {None: possible, InsufficientFundsError: 8 - possible}
    with Session(db.engine) as session:
        assert held(session, account) == available - Money(amount.satang * possible)


def test_two_treasurers_preparing_one_request_make_one_payment(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        request_id, anong, prasit = world.approved().id, world.anong, world.prasit

    def preparing(by: Actor) -> Act:
        return lambda session: payments.prepare_payment(
            session, request_id, channel=Channel.TRANSFER, seen_version=None, by=by, at=NOON
        )

    outcomes = at_once(portal, [preparing(anong), preparing(prasit)])
    assert Counter(outcomes) == {None: 1, NothingToPayError: 1}


def test_numbers_have_no_gaps_when_eight_people_send_at_once(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        malee = World(session).malee

    def send(session: Session) -> None:
        fund_request = drafting.draft_request(session, ANSWER, by=malee, at=NOON)
        service.submit_request(
            session, fund_request.id, seen_version=fund_request.version, by=malee, at=NOON
        )

    def fail(session: Session) -> None:
        send(session)
        raise ActionNotAllowedError(State.DRAFT, Reason.OTHER)

    outcomes = at_once(portal, [send, fail, send, send, fail, send, send, send])
    assert outcomes.count(None) == 6
    with Session(db.engine) as session:
        references = session.scalars(
            select(FundRequest.reference).order_by(FundRequest.reference)
        ).all()
    assert references == [f"RYG-2570-{number:06}" for number in range(1, 7)]


def test_a_form_that_comes_twice_at_the_same_moment_is_one_request(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        finder = World(session).finder
        before = len(session.scalars(select(Youth)).all())
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    nobody_knows = replace(ANSWER, form_key=key, youth=replace(YOUTH, national_id=None))

    def send(session: Session) -> None:
        filing.send_form(session, nobody_knows, by=finder, at=NOON)

    assert at_once(portal, [send] * 6) == [None] * 6
    with Session(db.engine) as session:
        sent = session.scalars(select(FundRequest)).one()
        assert (sent.state, sent.reference) == (State.SUBMITTED, "RYG-2570-000001")
        assert len(session.scalars(select(Youth)).all()) == before + 1
