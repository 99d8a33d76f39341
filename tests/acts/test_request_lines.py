# ruff: noqa: S608 - every word of these statements is our own
"""Requests that are asked for line by line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.funds import answering
from portal.funds import lookups
from portal.funds import service
from portal.funds.answering import Revision
from portal.funds.decision_sheet import decision_sheet
from portal.funds.line_rules import Line
from portal.funds.line_rules import LineAmountError
from portal.funds.line_rules import LineNotNamedError
from portal.funds.line_rules import LineQuantityError
from portal.funds.line_rules import LinesDoNotAddUpError
from portal.funds.line_rules import LineTooLongError
from portal.funds.line_rules import TooManyLinesError
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.models import RequestLine
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.money import Money
from tests.world import ANSWER
from tests.world import LINED
from tests.world import LINES
from tests.world import NOON
from tests.world import World

FEWER = (replace(LINES[0], quantity=1, amount=Money.baht(450)),)
BROKEN = {
    TooManyLinesError: tuple(Line("x", 1, "", Money(1)) for _ in range(21)),
    LineNotNamedError: (replace(LINES[0], item=" "), LINES[1]),
    LineTooLongError: (replace(LINES[0], item="x" * 201), LINES[1]),
    LineQuantityError: (replace(LINES[0], quantity=0), LINES[1]),
    LineAmountError: (replace(LINES[0], amount=Money(0)), LINES[1]),
    LinesDoNotAddUpError: LINES[:1],
}


def revise(
    session: Session, fund_request: FundRequest, world: World, lines: tuple[Line, ...]
) -> FundRequest:
    amount = Money(sum(line.amount.satang for line in lines)) or Money.baht(700)
    return answering.revise_request(
        session,
        fund_request.id,
        Revision(amount, ANSWER.payee, "ยอดจริงต่ำกว่า", lines),
        seen_version=fund_request.version,
        by=world.malee,
        at=NOON,
    )


def returned(session: Session, world: World) -> FundRequest:
    fund_request = world.to_decide(answer=LINED)
    return service.return_request(
        session,
        fund_request.id,
        Grounds(Reason.AMOUNT, ""),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )


def seen(session: Session, fund_request: FundRequest) -> list[dict[str, object]]:
    """Return what each who decided on it saw, as it was kept."""
    kept = session.scalars(
        select(RequestAct.evidence)
        .where(RequestAct.fund_request_id == fund_request.id, RequestAct.evidence != "{}")
        .order_by(RequestAct.id)
    )
    return [json.loads(evidence) for evidence in kept]


def versions(session: Session) -> list[tuple[int, int]]:
    rows = session.scalars(select(RequestLine).order_by(RequestLine.version, RequestLine.number))
    return [(row.version, row.number) for row in rows]


def test_a_request_is_asked_for_line_by_line(session: Session, world: World) -> None:
    fund_request = world.approved(answer=LINED)
    assert lookups.lines(session, fund_request) == LINES
    assert decision_sheet(session, fund_request).lines == LINES
    assert fund_request.awarded == Money.baht(1500)


def test_a_request_without_lines_is_asked_for_as_a_whole(session: Session, world: World) -> None:
    fund_request = world.approved()
    assert (lookups.lines(session, fund_request), fund_request.lines_version) == ((), 0)
    assert seen(session, fund_request)[0]["lines"] == []


@pytest.mark.parametrize("error", BROKEN)
def test_lines_that_say_nothing_or_do_not_add_up_are_refused(
    session: Session, world: World, error: type[Exception]
) -> None:
    broken = replace(ANSWER, lines=BROKEN[error])
    with pytest.raises(error):
        world.draft(answer=broken)
    draft = world.draft(answer=LINED)
    with pytest.raises(error):
        world.amend(draft, broken)
    approved = world.approved()
    with pytest.raises(error):
        answering.revise_request(
            session,
            approved.id,
            Revision(ANSWER.amount, ANSWER.payee, "x", broken.lines),
            seen_version=approved.version,
            by=world.malee,
            at=NOON,
        )
    assert approved.state is State.APPROVED
    assert lookups.lines(session, draft) == LINES


def test_other_lines_are_another_version_and_the_same_are_not(
    session: Session, world: World
) -> None:
    draft = world.draft(answer=LINED)
    world.amend(draft, replace(LINED, reason="อีกเหตุผล"))
    assert versions(session) == [(1, 1), (1, 2)]
    world.amend(draft, replace(LINED, lines=FEWER, amount=Money.baht(450)))
    assert lookups.lines(session, draft) == FEWER
    assert versions(session) == [(1, 1), (1, 2), (2, 1)]
    world.amend(draft, ANSWER)
    assert (lookups.lines(session, draft), draft.lines_version) == ((), 3)
    world.amend(draft, LINED)
    assert lookups.lines(session, draft) == LINES
    assert draft.lines_version == 4


def test_each_decision_keeps_the_lines_it_was_about(session: Session, world: World) -> None:
    fund_request = returned(session, world)
    world.amend(fund_request, replace(LINED, lines=FEWER, amount=Money.baht(450)))
    service.submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
    )
    world.approve(fund_request, world.somchai)
    kept = [(saw["lines_version"], saw["lines"]) for saw in seen(session, fund_request)]
    assert kept == [
        (1, [{"quantity": 2, "satang": 90_000}, {"quantity": 1, "satang": 60_000}]),
        (2, [{"quantity": 1, "satang": 45_000}]),
    ]
    # Their words stand in the rows of that version, which nobody changes.
    assert versions(session) == [(1, 1), (1, 2), (2, 1)]


def test_lines_are_revised_and_taken_out_after_an_approval(session: Session, world: World) -> None:
    fund_request = world.approved(answer=LINED)
    revise(session, fund_request, world, FEWER)
    assert (lookups.lines(session, fund_request), fund_request.amount) == (FEWER, Money.baht(450))
    world.approve(fund_request, world.somchai)
    revise(session, fund_request, world, ())
    assert (lookups.lines(session, fund_request), fund_request.amount) == ((), Money.baht(700))
    world.approve(fund_request, world.somchai)
    assert fund_request.awarded == Money.baht(700)


def refusal(session: Session, statement: str) -> str:
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text(statement))
    return str(caught.value.orig).partition("\n")[0]


LINE = "INSERT INTO request_line (fund_request_id, version, number, item, quantity, unit"
LINE += ", amount_satang) VALUES ({request}, {version}, 3, '{item}', 1, '', 100)"


def test_the_database_too_takes_only_lines_that_add_up(session: Session, world: World) -> None:
    fund_request = world.draft(answer=LINED)
    session.flush()
    one = f"UPDATE fund_request SET {{}} WHERE id = {fund_request.id}"
    for version, item in ((1, "x"), (3, "x"), (2, "")):
        added = LINE.format(request=fund_request.id, version=version, item=item)
        assert "only named lines of the next version" in refusal(session, added)
    assert "add up to its amount" in refusal(session, one.format("amount_satang = 1"))
    assert "add up to its amount" in refusal(session, one.format("lines_version = 3"))
    session.execute(text(LINE.format(request=fund_request.id, version=2, item="x")))
    assert "add up to its amount" in refusal(session, one.format("lines_version = 2"))
    session.execute(text(one.format("lines_version = 2, amount_satang = 100")))


def test_the_lines_of_a_sent_request_change_only_with_an_entry(
    session: Session, world: World
) -> None:
    fund_request = world.submitted(answer=LINED)
    session.flush()
    other = f"UPDATE fund_request SET lines_version = 2 WHERE id = {fund_request.id}"
    assert "only with a log entry" in refusal(session, other)
