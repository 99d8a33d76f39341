"""A request that is sent again after a payment of it was cancelled: the public sees all of it."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.funds import answering
from portal.funds import service as requests
from portal.funds.answering import Revision
from portal.funds.models import FundRequest
from portal.funds.rules import Reason
from portal.money import Money
from portal.payments import service
from portal.publishing.models import PublishedRequest
from tests.conftest import Portal
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World


def test_a_request_returned_after_its_payment_was_cancelled_is_told_whole(
    portal: Portal,
) -> None:
    """It is sent again and prepared anew: the public sees both payments, and the log agrees."""
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        first = world.prepared()
        service.void_payment(
            session, first.id, note="x", seen_version=first.version, by=world.anong, at=NOON
        )
        asked = session.get_one(FundRequest, first.fund_request_id)
        requests.return_request(
            session,
            revise(world, asked).id,
            requests.Grounds(Reason.PAPERS, ""),
            seen_version=asked.version,
            by=world.somchai,
            at=NOON,
        )
        requests.submit_request(
            session, asked.id, seen_version=asked.version, by=world.malee, at=NOON
        )
        world.approve(asked, world.somchai)
        second = service.prepare_payment(
            session, asked.id, channel=None, seen_version=asked.version, by=world.prasit, at=NOON
        )
        names = {first.reference, second.reference}
    portal.install.publish(db.engine)
    portal.install.check_log(db.session())
    with Session(db.engine) as session:
        told = session.scalars(select(PublishedRequest.payments)).one()
        assert json.loads(told).keys() == names


def revise(world: World, asked: FundRequest) -> FundRequest:
    revision = Revision(Money.baht(900), ANSWER.payee, "เปลี่ยนจำนวน")
    return answering.revise_request(
        world.session, asked.id, revision, seen_version=asked.version, by=world.malee, at=NOON
    )
