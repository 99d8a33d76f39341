"""One request after another, until there is a journal entry of every kind."""

from __future__ import annotations

from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments import confirming
from portal.payments import returning
from portal.payments.accounts import open_account
from portal.payments.returning import Back
from tests.acts.test_statement_lines import imported
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World


def everything_that_moves_money(world: World) -> None:
    """Every kind of journal entry: paid, received, bounced, given back, set free, a bank's fee."""
    world.receipted(world.confirmed())
    bounced = world.sent()
    returning.return_payment(
        world.session,
        bounced.id,
        Back(bounced.amount, "-", Money(1001)),
        seen_version=bounced.version,
        by=world.phailin,
        at=NOON,
    )
    fund_request = world.session.get_one(FundRequest, bounced.fund_request_id)
    returning.release_rest(
        world.session,
        fund_request.id,
        note="-",
        seen_version=fund_request.version,
        by=world.phailin,
        at=NOON,
    )
    given_back = world.confirmed("KTB0002")
    returning.refund_payment(
        world.session,
        given_back.id,
        Back(Money(12_345), "-"),
        seen_version=given_back.version,
        by=world.phailin,
        at=NOON,
    )
    world.prepared(world.session.get_one(FundRequest, given_back.fund_request_id))
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    (fee,) = imported(world, ("ค่าธรรมเนียม", "30", ""))
    confirming.confirm_fee(world.session, [fee], "GEN", by=world.anong, at=NOON)
